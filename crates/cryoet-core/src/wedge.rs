/// Which frequencies a tilt series about y measured: those whose direction in the plane of x and z lies in the range of tilts.
///
/// A tilt of t degrees measures the plane of y and (z, x) = (sin t, cos t). In the box a filter works on, the wedge is cut at the
/// angle itself, and softened over `edge` degrees beyond.
///
/// ```
/// use cryoet_core::Wedge;
/// let wedge = Wedge::new(-60.0, 60.0);
/// assert_eq!(wedge.weight([0.1, 0.2, 0.1]), 1.0); // z, y, x: 45 degrees
/// assert_eq!(wedge.weight([0.2, 0.2, 0.1]), 0.0); // 63 degrees
/// assert_eq!(wedge.weight([0.0, 0.2, 0.0]), 1.0); // every tilt sees the tilt axis
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wedge {
    /// The first tilt in degrees, from -90.
    pub from: f64,
    /// The last tilt in degrees, to 90.
    pub to: f64,
    /// Degrees beyond the first and last tilt over which the weight falls from 1 to 0 as a cosine. 0: cut.
    pub edge: f64,
}

impl Wedge {
    /// A binary wedge of a range of tilts in degrees.
    pub const fn new(from: f64, to: f64) -> Self {
        Self { from, to, edge: 0.0 }
    }

    /// The weight in \[0, 1\] of a frequency z, y, x (in any unit, the same for all three).
    pub fn weight(&self, [z, _, x]: [f64; 3]) -> f64 {
        if z == 0.0 && x == 0.0 {
            return 1.0;
        }
        // The direction's angle to x, from -90 to 90: a plane has two sides.
        let angle = if x == 0.0 { 90.0 } else { (z / x).atan().to_degrees() };
        let beyond = |angle: f64| (self.from - angle).max(angle - self.to).max(0.0);
        // 90 and -90 degrees are one direction, and so are angles just beyond either.
        let degrees = beyond(angle).min(beyond(angle - 180.0)).min(beyond(angle + 180.0));
        // An angle that is the last tilt's but for rounding counts as measured.
        if degrees < 1e-9 {
            1.0
        } else if degrees < self.edge {
            0.5 + 0.5 * (std::f64::consts::PI * degrees / self.edge).cos()
        } else {
            0.0
        }
    }

    /// Whether the tilts are a range within -90 and 90 degrees, and the edge one of 0 to 90.
    pub fn is_valid(&self) -> bool {
        self.from >= -90.0 && self.to <= 90.0 && self.from < self.to && (0.0..=90.0).contains(&self.edge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_of_fourier_space_have_the_same_weight() {
        let wedge = Wedge { from: -40.0, to: 65.0, edge: 10.0 };
        for angle in -90..=90 {
            let (z, x) = f64::from(angle).to_radians().sin_cos();
            assert!((wedge.weight([z, 0.3, x]) - wedge.weight([-z, -0.3, -x])).abs() < 1e-9);
        }
        let at = |angle: f64| wedge.weight([angle.to_radians().sin(), 0.0, angle.to_radians().cos()]);
        assert_eq!([at(-51.0), at(-39.0), at(64.0), at(76.0)], [0.0, 1.0, 1.0, 0.0]);
        assert!((at(70.0) - 0.5).abs() < 1e-9 && (at(-45.0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn the_whole_range_has_no_wedge() {
        let all = Wedge::new(-90.0, 90.0);
        assert!((0..360).all(|angle| all.weight([f64::from(angle).to_radians().sin(), 0.0, f64::from(angle).to_radians().cos()]) == 1.0));
        assert!(all.is_valid() && !Wedge::new(60.0, -60.0).is_valid() && !Wedge::new(f64::NAN, 1.0).is_valid());
    }
}

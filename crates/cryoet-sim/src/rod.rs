/// A rod with round ends (a ball where both ends meet): the stuff procedural complexes are made of.
///
/// ```
/// use cryoet_sim::Rod;
/// let rod = Rod { from: [0.0, 0.0, -10.0], to: [0.0, 0.0, 10.0], radius: 5.0 };
/// assert_eq!(rod.distance([0.0, 8.0, 3.0]), 3.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rod {
    /// One end, z, y, x in Angstrom from the complex's reference point.
    pub from: [f64; 3],
    /// The other end, z, y, x in Angstrom.
    pub to: [f64; 3],
    /// The radius in Angstrom.
    pub radius: f64,
}

impl Rod {
    /// The distance in Angstrom from the rod's surface to a point (z, y, x), negative inside.
    pub fn distance(&self, point: [f64; 3]) -> f64 {
        let axis = subtract(self.to, self.from);
        let out = subtract(point, self.from);
        let length_squared = dot(axis, axis);
        let along = if length_squared > 0.0 { (dot(out, axis) / length_squared).clamp(0.0, 1.0) } else { 0.0 };
        let off = [out[0] - along * axis[0], out[1] - along * axis[1], out[2] - along * axis[2]];
        dot(off, off).sqrt() - self.radius
    }

    /// The largest distance in Angstrom of a point of the rod from the reference point.
    pub(crate) fn reach(&self) -> f64 {
        dot(self.from, self.from).max(dot(self.to, self.to)).sqrt() + self.radius
    }

    /// No point of a line (a point on it and its direction, of length 1) is nearer to the rod's surface than this.
    pub(crate) fn distance_bound(&self, point: [f64; 3], direction: [f64; 3]) -> f64 {
        let middle: [f64; 3] = std::array::from_fn(|axis| 0.5 * (self.from[axis] + self.to[axis]) - point[axis]);
        let half = subtract(self.to, self.from).map(|v| 0.5 * v);
        let along = dot(middle, direction);
        let off = subtract(middle, direction.map(|v| along * v));
        dot(off, off).sqrt() - dot(half, half).sqrt() - self.radius
    }

    pub(crate) fn is_finite(&self) -> bool {
        self.from.iter().chain(&self.to).all(|v| v.is_finite()) && self.radius.is_finite() && self.radius > 0.0
    }
}

/// The distance from the surface of a union of rods to a point, negative inside.
pub(crate) fn distance_to_union(rods: &[Rod], point: [f64; 3]) -> f64 {
    rods.iter().fold(f64::INFINITY, |nearest, rod| nearest.min(rod.distance(point)))
}

pub(crate) fn subtract(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub(crate) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

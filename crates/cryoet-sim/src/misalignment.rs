use cryoet_core::ndarray::{Array3, ArrayView2, ArrayView3, Axis};
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use crate::SimulationError;
use crate::random::{Purpose, stream};

/// How far images lie from where their alignment says: standard deviations, each drawn for each image from a stream of its own.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct Misalignment {
    /// Shift along each axis of the image, in Angstrom.
    pub shift: f64,
    /// Tilt angle, in degrees.
    pub tilt: f64,
    /// Turn of the image in its plane, in degrees.
    pub rotation: f64,
    /// Magnification, as a share.
    pub magnification: f64,
}

/// Where one image lies.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Displacement {
    /// Shift along y and u, in Angstrom.
    pub shift: [f64; 2],
    /// The true tilt less the nominal one, in degrees.
    pub tilt: f64,
    /// Turn of the image in its plane, from u towards y, in degrees.
    pub rotation: f64,
    /// The true magnification less 1.
    pub magnification: f64,
}

impl Misalignment {
    pub(crate) fn is_valid(&self) -> bool {
        let Self { shift, tilt, rotation, magnification } = *self;
        (0.0..=1e4).contains(&shift)
            && (0.0..=5.0).contains(&tilt)
            && (0.0..=90.0).contains(&rotation)
            && (0.0..=0.2).contains(&magnification)
    }

    /// Draws the displacement of each of `count` images; what is 0 here stays 0, and no draw touches another.
    ///
    /// # Errors
    /// Standard deviations out of range: shifts of 0 to a micrometre, tilts of 0 to 5 degrees, turns of 0 to 90, magnifications of 0 to 0.2.
    ///
    /// ```
    /// use cryoet_sim::Misalignment;
    /// let shifted = Misalignment { shift: 5.0, ..Misalignment::default() };
    /// let both = Misalignment { tilt: 0.5, ..shifted };
    /// let (a, b) = (shifted.draw(41, 1)?, both.draw(41, 1)?);
    /// assert!(a.iter().zip(&b).all(|(a, b)| a.shift == b.shift && a.tilt == 0.0));
    /// # Ok::<(), cryoet_sim::SimulationError>(())
    /// ```
    pub fn draw(&self, count: usize, seed: u64) -> Result<Vec<Displacement>, SimulationError> {
        if !self.is_valid() {
            return Err(SimulationError::Misalignment { misalignment: *self });
        }
        let normal = |purpose: Purpose, sigma: f64, i: usize| {
            if sigma == 0.0 { 0.0 } else { sigma * stream(seed, purpose, i).sample::<f64, _>(StandardNormal) }
        };
        let one = |i: usize| Displacement {
            shift: [normal(Purpose::ShiftY, self.shift, i), normal(Purpose::ShiftU, self.shift, i)],
            // Three deviations at most, so that no tilt leaves the range that can be projected.
            tilt: normal(Purpose::TiltAngle, self.tilt, i).clamp(-3.0 * self.tilt, 3.0 * self.tilt),
            rotation: normal(Purpose::Rotation, self.rotation, i),
            magnification: normal(Purpose::Magnification, self.magnification, i).max(-0.5),
        };
        Ok((0..count).map(one).collect())
    }
}

impl Displacement {
    fn moves_pixels(&self) -> bool {
        self.shift != [0.0; 2] || self.rotation != 0.0 || self.magnification != 0.0
    }
}

/// Images `[tilt, y, u]` as they come out of place: magnified and turned about their middle pixel `floor(N / 2)`, then shifted; cubic
/// convolution (Keys 1981), 0 beyond the borders. Tilts are not its business.
///
/// # Errors
/// A displacement for each image is needed.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_sim::{Displacement, displace};
/// let mut images = Array3::zeros((1, 9, 9));
/// images[[0, 4, 4]] = 1.0;
/// let moved = displace(images.view(), &[Displacement { shift: [20.0, -10.0], ..Displacement::default() }], 10.0)?;
/// assert_eq!(moved[[0, 6, 3]], 1.0);
/// # Ok::<(), cryoet_sim::SimulationError>(())
/// ```
pub fn displace(images: ArrayView3<'_, f32>, displacements: &[Displacement], pixel_size: f64) -> Result<Array3<f32>, SimulationError> {
    if images.len_of(Axis(0)) != displacements.len() {
        return Err(SimulationError::TiltCount { images: images.len_of(Axis(0)), tilts: displacements.len() });
    }
    let mut moved = images.to_owned();
    moved.axis_iter_mut(Axis(0)).collect::<Vec<_>>().into_par_iter().enumerate().for_each(|(t, mut out)| {
        let displacement = &displacements[t];
        if !displacement.moves_pixels() {
            return;
        }
        let image = images.index_axis(Axis(0), t);
        let [sy, su] = displacement.shift.map(|shift| shift / pixel_size);
        let (sine, cosine) = displacement.rotation.to_radians().sin_cos();
        let scale = 1.0 / (1.0 + displacement.magnification);
        let (cy, cu) = ((image.dim().0 / 2) as f64, (image.dim().1 / 2) as f64);
        for ((y, u), pixel) in out.indexed_iter_mut() {
            let (dy, du) = (y as f64 - cy - sy, u as f64 - cu - su);
            *pixel = cubic(image, cy + scale * (cosine * dy - sine * du), cu + scale * (sine * dy + cosine * du));
        }
    });
    Ok(moved)
}

fn cubic(image: ArrayView2<'_, f32>, y: f64, u: f64) -> f32 {
    let (y0, u0) = (y.floor(), u.floor());
    let (wy, wu) = (weights(y - y0), weights(u - u0));
    let (ny, nu) = (image.dim().0 as i64, image.dim().1 as i64);
    let (y0, u0) = (y0 as i64 - 1, u0 as i64 - 1);
    let mut sum = 0.0;
    for (i, wy) in wy.iter().enumerate() {
        for (j, wu) in wu.iter().enumerate() {
            let (y, u) = (y0 + i as i64, u0 + j as i64);
            if (0..ny).contains(&y) && (0..nu).contains(&u) {
                sum += wy * wu * image[[y as usize, u as usize]];
            }
        }
    }
    sum
}

/// Keys' weights of the four pixels about a place between two, a = -1/2.
fn weights(t: f64) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [0.5 * (-t + 2.0 * t2 - t3), 0.5 * (2.0 - 5.0 * t2 + 3.0 * t3), 0.5 * (t + 4.0 * t2 - 3.0 * t3), 0.5 * (t3 - t2)].map(|w| w as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn a_blob_goes_where_it_is_sent() {
        let blob = |cy: f64, cu: f64, width: f64| {
            Array3::from_shape_fn((1, 48, 64), |(_, y, u)| {
                (-((y as f64 - cy).powi(2) + (u as f64 - cu).powi(2)) / (2.0 * width * width)).exp() as f32
            })
        };
        let displacement = Displacement { shift: [13.0, -27.0], tilt: 0.0, rotation: 30.0, magnification: 0.1 };
        let moved = displace(blob(24.0, 42.0, 3.0).view(), &[displacement], 10.0).unwrap();
        // 10 pixels along u from the middle: 11, turned towards y, then shifted.
        let (sine, cosine) = 30.0_f64.to_radians().sin_cos();
        let expected = blob(24.0 + 11.0 * sine + 1.3, 32.0 + 11.0 * cosine - 2.7, 3.3);
        for (a, b) in moved.iter().zip(&expected) {
            assert_relative_eq!(a, b, epsilon = 0.01);
        }
        assert!(displace(moved.view(), &[], 10.0).is_err());
    }

    #[test]
    fn draws_have_the_spread_asked_for() {
        let asked = Misalignment { shift: 8.0, tilt: 0.3, rotation: 0.2, magnification: 0.01 };
        let drawn = asked.draw(4000, 9).unwrap();
        let spread = |value: &dyn Fn(&Displacement) -> f64| (drawn.iter().map(|d| value(d).powi(2)).sum::<f64>() / 4000.0).sqrt();
        assert_relative_eq!(spread(&|d| d.shift[0]), 8.0, max_relative = 0.05);
        assert_relative_eq!(spread(&|d| d.shift[1]), 8.0, max_relative = 0.05);
        assert_relative_eq!(spread(&|d| d.tilt), 0.3, max_relative = 0.05);
        assert_relative_eq!(spread(&|d| d.rotation), 0.2, max_relative = 0.05);
        assert_relative_eq!(spread(&|d| d.magnification), 0.01, max_relative = 0.05);
        assert!(Misalignment { tilt: f64::NAN, ..asked }.draw(1, 1).is_err());
    }
}

use cryoet_core::ndarray::Array3;
use cryoet_core::{box_centre, soft_sphere};

use crate::{AverageError, AverageParams};

/// How poses are refined.
#[derive(Debug, Clone, PartialEq)]
pub struct RefineParams {
    /// Box and symmetry.
    pub average: AverageParams,
    /// How often all particles are aligned and averaged. Default 4.
    pub iterations: u32,
    /// In how many of the first iterations particles that came without orientation are tried in all orientations. Default 2: the second
    /// has a reference of the data itself.
    pub everywhere: u32,
    /// The angular step in degrees of that search; frequencies finer than it tells apart at the mask's radius are left out. Default 15.
    pub coarse_step: f64,
    /// The first angular step in degrees around the pose at hand; poses move by it as long as the correlation rises. Default 8.
    pub step: f64,
    /// How many steps there are, each half the one before. Default 4: 8, 4, 2 and 1 degree, and a parabola through the last.
    pub levels: u32,
    /// How far a particle may move from where it was given, in voxels; besides, the second half moves as a whole to where its average lies
    /// as the first's does. Default 4, or half the box.
    pub shift: f64,
    /// The radius in voxels of the soft ball under which references and halves are compared. Default: a third of the box.
    pub radius: f64,
    /// The width in voxels of the ball's edge. Default: a tenth of the box.
    pub edge: f64,
    /// A mask in place of the ball: weights from 0 to 1, a cube of the box's size, indexed `[z, y, x]`, soft at its edge. Default: the ball.
    pub mask: Option<Array3<f32>>,
    /// The low-pass on the first reference in cycles per voxel, beyond which it falls to 0 over two bins of the box's spectrum; later references count at each frequency for as much as the halves
    /// agree, up to where their correlation falls below 0.143. Default 0.125: 80 Angstrom at voxels of 10.
    pub low_pass: f64,
    /// The seed of the random phases that correct the halves' correlation. Default 0.
    pub seed: u64,
}

impl RefineParams {
    /// The defaults for boxes of `size` voxels an edge.
    pub fn new(size: usize) -> Self {
        Self {
            average: AverageParams::new(size),
            iterations: 4,
            everywhere: 2,
            coarse_step: 15.0,
            step: 8.0,
            levels: 4,
            shift: f64::min(4.0, size as f64 / 2.0),
            radius: size as f64 / 3.0,
            edge: size as f64 / 10.0,
            mask: None,
            low_pass: 0.125,
            seed: 0,
        }
    }

    /// Checks everything that can be checked before work starts.
    ///
    /// # Errors
    /// The first parameter out of range; a mask of another size, of values that are no weights, or of zeros alone.
    ///
    /// ```
    /// use cryoet_average::RefineParams;
    /// assert!(RefineParams::new(32).check().is_ok());
    /// assert!(RefineParams { low_pass: 0.0, ..RefineParams::new(32) }.check().is_err());
    /// ```
    pub fn check(&self) -> Result<(), AverageError> {
        self.average.check()?;
        let size = self.average.size;
        let most = size as f64 / 2.0;
        let angle = |degrees: f64| (0.6..=90.0).contains(&degrees);
        let ranges = [
            ("a coarse angular step in degrees of", self.coarse_step, angle(self.coarse_step), "0.6 to 90"),
            ("an angular step in degrees of", self.step, self.step > 0.0 && self.step <= 90.0, "a number above 0, at most 90"),
            ("a number of angular steps of", f64::from(self.levels), (1..=20).contains(&self.levels), "1 to 20"),
            ("a shift in voxels of", self.shift, self.shift >= 0.0 && self.shift <= most, "0 to half the box"),
            ("a mask radius in voxels of", self.radius, self.radius >= 1.0 && self.radius <= most, "1 to half the box"),
            (
                "a mask edge in voxels of",
                self.edge,
                self.edge >= 0.0 && self.radius + self.edge <= most,
                "0 or more, and with the radius at most half the box",
            ),
            (
                "a low-pass in cycles per voxel of",
                self.low_pass,
                self.low_pass > 0.0 && self.low_pass <= 0.5,
                "a number above 0, at most 0.5",
            ),
        ];
        if let Some((name, value, _, expected)) = ranges.into_iter().find(|range| !range.2) {
            return Err(AverageError::Parameter { name, value, expected });
        }
        let Some(mask) = &self.mask else { return Ok(()) };
        let shape: [usize; 3] = mask.dim().into();
        if shape != [size; 3] {
            return Err(AverageError::Shape { what: "mask", shape, size });
        }
        if let Some(((z, y, x), &value)) = mask.indexed_iter().find(|(_, v)| !(0.0..=1.0).contains(*v)) {
            return Err(AverageError::MaskValue { index: [z, y, x], value });
        }
        if mask.iter().all(|&v| v == 0.0) { Err(AverageError::MaskEmpty) } else { Ok(()) }
    }

    /// The mask's weights, in the order z, y, x.
    pub(crate) fn weights(&self) -> Vec<f64> {
        match &self.mask {
            Some(mask) => mask.iter().map(|&v| f64::from(v)).collect(),
            None => soft_sphere(self.average.size, self.radius, self.edge).into_raw_vec_and_offset().0,
        }
    }

    /// How far in voxels the mask has nine tenths of its largest weight or more, from the box's reference point.
    pub(crate) fn mask_radius(&self) -> f64 {
        let Some(mask) = &self.mask else { return self.radius };
        let middle = box_centre(self.average.size) as f64;
        let square = |(z, y, x): (usize, usize, usize)| [z, y, x].iter().map(|&i| (i as f64 - middle).powi(2)).sum::<f64>();
        let high = 0.9 * mask.iter().fold(0.0, |most: f32, &w| most.max(w));
        mask.indexed_iter().filter(|(_, w)| **w >= high).map(|(place, _)| square(place)).fold(1.0, f64::max).sqrt()
    }

    /// The angular steps in degrees.
    pub(crate) fn steps(&self) -> Vec<f64> {
        (0..self.levels).map(|level| self.step / 2.0_f64.powi(level as i32)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_reaches_as_far_as_a_ball_of_that_radius() {
        let under = |mask| RefineParams { mask: Some(mask), ..RefineParams::new(32) };
        for largest in [1.0, 0.3] {
            let radius = under(soft_sphere(32, 7.0, 2.0).mapv(|w| largest * w as f32)).mask_radius();
            assert!((7.0..7.5).contains(&radius), "{radius}");
        }
        let mut dot = Array3::zeros((32, 32, 32));
        dot[[16, 16, 16]] = 1.0;
        assert_eq!(under(dot).mask_radius(), 1.0);
        assert_eq!(RefineParams::new(32).mask_radius(), 32.0 / 3.0);
    }

    #[test]
    fn a_ball_ends_within_its_box() {
        let ball = |radius, edge| RefineParams { radius, edge, ..RefineParams::new(32) }.check();
        assert!(ball(12.0, 4.0).is_ok());
        assert!(matches!(ball(12.0, 4.1), Err(AverageError::Parameter { name: "a mask edge in voxels of", .. })));
        assert!(matches!(ball(12.0, f64::NAN), Err(AverageError::Parameter { .. })));
        for size in 4..9 {
            assert!(RefineParams::new(size).check().is_ok(), "{size}");
        }
        assert!(matches!(ball(16.5, 0.0), Err(AverageError::Parameter { name: "a mask radius in voxels of", .. })));
    }
}

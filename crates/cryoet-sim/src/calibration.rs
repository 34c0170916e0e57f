use thiserror::Error;

use crate::{Rod, ShapeMeasure};

/// Cells along the longest side while calibrating.
const CELLS: usize = 72;
/// Thickness factors tried, from thin to thick.
const THINNEST: f64 = 0.15;
const THICKEST: f64 = 4.0;
const STEP: f64 = 1.06;
const BISECTIONS: usize = 10;

/// Why a skeleton could not be brought to a volume and an area.
#[derive(Debug, Error, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum CalibrationError {
    /// A target that is not positive and finite.
    #[error("target volume {volume} cubic Angstrom and area {area} square Angstrom: expected positive numbers")]
    Target {
        /// The volume asked for, cubic Angstrom.
        volume: f64,
        /// The area asked for, square Angstrom.
        area: f64,
    },
    /// No thickness of the rods has the sphericity asked for.
    #[error("no thickness of the rods gives sphericity {wanted:.3}: they reach from {least:.3} to {most:.3}")]
    OutOfReach {
        /// The sphericity of the target volume and area.
        wanted: f64,
        /// The least sphericity found.
        least: f64,
        /// The largest sphericity found.
        most: f64,
    },
}

/// Scales a skeleton of rods, and thickens or thins them, until the union has the volume (cubic Angstrom) and surface area
/// (square Angstrom) asked for; the result's centre of mass is its reference point.
///
/// Sphericity does not change with scale, so thickness is found first (the thinnest that serves, by bisection), then scale.
///
/// # Errors
/// A target that is not positive, or a sphericity the skeleton cannot have.
///
/// ```
/// use cryoet_sim::{Rod, ShapeMeasure, calibrate};
/// let skeleton = [
///     Rod { from: [0.0; 3], to: [0.0, 0.0, 40.0], radius: 10.0 },
///     Rod { from: [0.0; 3], to: [0.0, 40.0, 0.0], radius: 10.0 },
/// ];
/// let rods = calibrate(&skeleton, 207e3, 202.6e2)?;
/// let measure = ShapeMeasure::of_rods(&rods, 64);
/// assert!((measure.volume_nm3() / 207.0 - 1.0).abs() < 0.02);
/// assert!((measure.area_nm2() / 202.6 - 1.0).abs() < 0.02);
/// # Ok::<(), cryoet_sim::CalibrationError>(())
/// ```
pub fn calibrate(skeleton: &[Rod], volume: f64, area: f64) -> Result<Vec<Rod>, CalibrationError> {
    Ok(Fit::of(skeleton, volume, area)?.apply(skeleton))
}

/// What turns a skeleton into a calibrated shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fit {
    /// Factor on the rods' radii.
    pub(crate) thickness: f64,
    /// Factor on all lengths, after thickening.
    pub(crate) scale: f64,
    /// The thickened skeleton's centre of mass.
    pub(crate) centroid: [f64; 3],
}

impl Fit {
    pub(crate) fn of(skeleton: &[Rod], volume: f64, area: f64) -> Result<Self, CalibrationError> {
        if !(volume.is_finite() && volume > 0.0 && area.is_finite() && area > 0.0) {
            return Err(CalibrationError::Target { volume, area });
        }
        let wanted = ShapeMeasure { volume, area, centroid: [0.0; 3] }.sphericity();
        let sphericity = |thickness: f64| ShapeMeasure::of_rods(&thickened(skeleton, thickness), CELLS).sphericity();
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut thin, mut thick) = (THINNEST, THINNEST);
        while thick <= THICKEST {
            let found = sphericity(thick);
            (least, most) = (least.min(found), most.max(found));
            if least <= wanted && found >= wanted {
                break;
            }
            (thin, thick) = (thick, thick * STEP);
        }
        if least > wanted || most < wanted || thick > THICKEST {
            return Err(CalibrationError::OutOfReach { wanted, least, most });
        }
        for _ in 0..BISECTIONS {
            let middle = 0.5 * (thin + thick);
            if sphericity(middle) < wanted { thin = middle } else { thick = middle }
        }
        let thickness = 0.5 * (thin + thick);
        let measure = ShapeMeasure::of_rods(&thickened(skeleton, thickness), CELLS);
        Ok(Self { thickness, scale: (volume / measure.volume).cbrt(), centroid: measure.centroid })
    }

    pub(crate) fn apply(&self, skeleton: &[Rod]) -> Vec<Rod> {
        let place = |p: [f64; 3]| std::array::from_fn(|axis| self.scale * (p[axis] - self.centroid[axis]));
        let rod = |rod: &Rod| Rod { from: place(rod.from), to: place(rod.to), radius: self.scale * self.thickness * rod.radius };
        skeleton.iter().map(rod).collect()
    }
}

fn thickened(skeleton: &[Rod], factor: f64) -> Vec<Rod> {
    skeleton.iter().map(|rod| Rod { radius: rod.radius * factor, ..*rod }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_rod_cannot_be_rounder_than_a_ball() {
        let rod = [Rod { from: [0.0; 3], to: [0.0, 0.0, 50.0], radius: 10.0 }];
        assert!(matches!(calibrate(&rod, 100e3, 50e2), Err(CalibrationError::OutOfReach { .. })));
        assert!(matches!(calibrate(&rod, f64::NAN, 50e2), Err(CalibrationError::Target { .. })));
    }
}

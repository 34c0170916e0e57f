//! Atoms to voxels: electrostatic potential and electron density, averaged over each voxel.

use std::f64::consts::PI;

use cryoet_core::box_centre;
use cryoet_core::ndarray::Array3;

use super::{Structure, StructureError};
use crate::error_function::erf;
use crate::scattering::{ICE, POTENTIAL, element_of};

/// The largest side of a box in voxels: drawn in 64 bits and handed on in 32, it takes a GiB.
const LARGEST_BOX: f64 = 447.0;
/// Gaussians end so many standard deviations out.
const CUT_OFF: f64 = 5.0;

/// A Gaussian of some weight, about an atom.
struct Blob {
    weight: f64,
    sigma: f64,
}

impl Structure {
    /// The electrostatic potential over that of the ice it displaces, in volt, averaged over each voxel: five Gaussians an atom
    /// (Peng et al. 1996) less a Gaussian of the ice's 4.53 V over the atom's volume (Fraser et al. 1978). Atoms sit still.
    ///
    /// The box is a cube that holds the structure in every orientation; the centre of mass lies at voxel `floor(N / 2)`.
    ///
    /// # Errors
    /// A voxel size that is not positive; a box of more than 447 voxels a side, which would take more than a GiB.
    pub fn potential(&self, voxel_size: f64) -> Result<Array3<f32>, StructureError> {
        self.draw(voxel_size, |atomic_number, hydrogens| {
            let mut blobs = Vec::with_capacity(12);
            for (number, count) in [(atomic_number, 1.0), (1, hydrogens)] {
                let Some(element) = element_of(number).filter(|_| count > 0.0) else { continue };
                for (a, b) in element.a.iter().zip(element.b) {
                    blobs.push(Blob { weight: count * POTENTIAL * a, sigma: (b / (8.0 * PI * PI)).sqrt() });
                }
                // exp(-r^2 / r0^2) with r0 = (v / pi^(3/2))^(1/3) holds the volume v.
                let radius = (element.volume / PI.powf(1.5)).cbrt();
                blobs.push(Blob { weight: -count * ICE * element.volume, sigma: radius / 2.0_f64.sqrt() });
            }
            blobs
        })
    }

    /// The electrons to the cubic Angstrom, averaged over each voxel, as SHREC'19 and '20 made their maps: a Gaussian of `0.225
    /// resolution` (in Angstrom; 3 there) an atom, weighted by its protons. Box and reference point as for
    /// [`potential`](Self::potential).
    ///
    /// # Errors
    /// As for [`potential`](Self::potential); a resolution that is not positive.
    pub fn electron_density(&self, voxel_size: f64, resolution: f64) -> Result<Array3<f32>, StructureError> {
        if !(resolution.is_finite() && resolution > 0.0) {
            return Err(StructureError::Resolution { angstrom: resolution });
        }
        let sigma = 0.225 * resolution;
        self.draw(voxel_size, |atomic_number, hydrogens| vec![Blob { weight: f64::from(atomic_number) + hydrogens, sigma }])
    }

    fn draw(&self, voxel_size: f64, blobs: impl Fn(u8, f64) -> Vec<Blob>) -> Result<Array3<f32>, StructureError> {
        let centre = self.centre();
        let offset = |position: [f64; 3]| -> [f64; 3] { std::array::from_fn(|axis| position[axis] - centre[axis]) };
        let squared = |[z, y, x]: [f64; 3]| z * z + y * y + x * x;
        let reach = self.atoms().iter().map(|atom| squared(offset(atom.position))).fold(0.0, f64::max).sqrt() + 4.0;
        if !(voxel_size.is_finite() && voxel_size > 0.0) {
            return Err(StructureError::VoxelSize { angstrom: voxel_size });
        }
        let side = 2.0 * ((reach / voxel_size).ceil() + 1.0) + 1.0;
        if side > LARGEST_BOX {
            return Err(StructureError::Box { angstrom: voxel_size, reach, side, most: LARGEST_BOX });
        }
        let side = side as usize;
        let middle = box_centre(side) as f64;
        let mut volume = Array3::<f64>::zeros((side, side, side));
        for atom in self.atoms() {
            let at = offset(atom.position).map(|v| v / voxel_size + middle);
            for Blob { weight, sigma } in blobs(atom.atomic_number, atom.hydrogens) {
                let sigma = sigma / voxel_size;
                let [z, y, x] = at.map(|centre| Line::of(centre, sigma, side));
                let scale = weight / voxel_size.powi(3);
                for (i, zs) in z.shares.iter().enumerate() {
                    for (j, ys) in y.shares.iter().enumerate() {
                        let row = scale * zs * ys;
                        for (k, xs) in x.shares.iter().enumerate() {
                            volume[[z.first + i, y.first + j, x.first + k]] += row * xs;
                        }
                    }
                }
            }
        }
        Ok(volume.mapv(|v| v as f32))
    }
}

/// The shares of a one-dimensional Gaussian that fall into the voxels of a line.
struct Line {
    first: usize,
    shares: Vec<f64>,
}

impl Line {
    fn of(centre: f64, sigma: f64, side: usize) -> Self {
        let reach = CUT_OFF * sigma + 0.5;
        let first = (centre - reach).round().max(0.0) as usize;
        let last = ((centre + reach).round() as usize).min(side - 1);
        let scale = 1.0 / (sigma * 2.0_f64.sqrt());
        let below = |edge: f64| 0.5 * (1.0 + erf((edge - centre) * scale));
        let shares = (first..=last).map(|i| below(i as f64 + 0.5) - below(i as f64 - 0.5)).collect();
        Self { first, shares }
    }
}

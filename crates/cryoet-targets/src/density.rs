use cryoet_core::ndarray::{Array3, ArrayView3};
use cryoet_core::{Volume, VoxelSize};
use thiserror::Error;

/// Protein weighs 0.81 Da per cubic Angstrom (1.35 g/cm^3; Harpaz, Gerstein and Chothia 1994, and the habit of the field).
pub const DALTON_PER_CUBIC_ANGSTROM: f64 = 0.81;

/// Bins of the histogram in which Otsu's threshold is sought.
const OTSU_BINS: usize = 1024;

/// Where a density ends and its surroundings begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DensityThreshold {
    /// Voxels at or above this value.
    Value(f32),
    /// The densest voxels that together hold this mass in kDa, at [`DALTON_PER_CUBIC_ANGSTROM`], and voxels as dense as the faintest of them;
    /// needs the voxel size. A mass that only the emptiest voxels could make up is refused.
    Mass(f64),
    /// The value that parts the histogram's two classes best (Otsu 1979).
    Otsu,
}

/// How a density becomes a mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DensityMaskParams {
    /// Where the density ends. Default: Otsu's threshold, which asks for nothing.
    pub threshold: DensityThreshold,
    /// How often the mask is redrawn with the voxels that have the most of it around them, among 27; it keeps its number of
    /// voxels, and so its mass. Default: once.
    pub smoothing: usize,
    /// Whether only the largest piece (of voxels that share faces) stays, which drops dust. Default: yes.
    pub largest_component: bool,
}

impl Default for DensityMaskParams {
    fn default() -> Self {
        Self { threshold: DensityThreshold::Otsu, smoothing: 1, largest_component: true }
    }
}

/// Why a density gives no mask.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum DensityMaskError {
    /// A voxel is NaN or infinite.
    #[error("voxel {index:?} (z, y, x) of the density is {value}: expected a finite number")]
    NonFinite {
        /// The first such voxel, z, y, x.
        index: [usize; 3],
        /// Its value.
        value: f32,
    },
    /// A mass without a voxel size.
    #[error("a mask of a given mass needs the density's voxel size, which is unknown")]
    NoVoxelSize,
    /// A mass that is not positive and finite, or more than the density can hold.
    #[error("mass {kilodalton} kDa: expected a positive number of at most {most:.1} kDa, which all voxels hold that are not the emptiest")]
    Mass {
        /// The mass in kDa.
        kilodalton: f64,
        /// The mass of all voxels denser than the least dense ones.
        most: f64,
    },
    /// A density of one value, in which Otsu's threshold parts nothing.
    #[error("the density has the value {value} everywhere: no threshold parts it")]
    NoVariance {
        /// The value.
        value: f32,
    },
    /// No voxel is left.
    #[error("no voxel of the density is left in the mask, at threshold {threshold}")]
    Empty {
        /// The value at which the density was cut.
        threshold: f32,
    },
}

/// A binary mask of a density, for [`shape_targets`](crate::shape_targets).
///
/// The mask has the density's shape `[z, y, x]`. Densities must be bright (protein high).
///
/// # Errors
/// A voxel that is not finite; a constant density and no threshold; a mass without voxel size or out of range; a mask without a voxel.
///
/// ```
/// use cryoet_core::{Volume, VoxelSize, ndarray::Array3};
/// use cryoet_targets::{DensityMaskParams, DensityThreshold, density_mask, equivalent_radius};
///
/// let ball = Array3::from_shape_fn((32, 32, 32), |(z, y, x)| {
///     let square: f32 = [z, y, x].iter().map(|&i| (i as f32 - 16.0).powi(2)).sum();
///     (-square / 50.0).exp()
/// });
/// let density = Volume::new(ball).with_voxel_size(VoxelSize::isotropic(10.0)?);
/// let params = DensityMaskParams { threshold: DensityThreshold::Mass(1000.0), ..Default::default() };
/// let mask = density_mask(&density, &params)?;
/// let voxels = 1000e3 / (0.81 * 1000.0); // 1 MDa at 10 Angstrom
/// assert!((equivalent_radius(mask.view()) - (voxels * 0.75 / std::f64::consts::PI).cbrt()).abs() < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn density_mask(density: &Volume<f32>, params: &DensityMaskParams) -> Result<Array3<bool>, DensityMaskError> {
    let data = density.view();
    if let Some(((z, y, x), &value)) = data.indexed_iter().find(|(_, value)| !value.is_finite()) {
        return Err(DensityMaskError::NonFinite { index: [z, y, x], value });
    }
    let threshold = match params.threshold {
        DensityThreshold::Value(value) => value,
        DensityThreshold::Mass(kilodalton) => threshold_of_mass(data, density.voxel_size(), kilodalton)?,
        DensityThreshold::Otsu => match data.first() {
            Some(&value) if data.iter().all(|&other| other == value) => return Err(DensityMaskError::NoVariance { value }),
            _ => otsu_threshold(data),
        },
    };
    let mut mask = data.mapv(|value| value >= threshold);
    for _ in 0..params.smoothing {
        mask = smoothed(mask.view(), data);
    }
    if params.largest_component {
        mask = largest_component(mask.view());
    }
    if mask.iter().any(|&set| set) { Ok(mask) } else { Err(DensityMaskError::Empty { threshold }) }
}

/// The radius, in voxels, of the ball with as many voxels as a mask: a class's radius from its shape.
pub fn equivalent_radius(mask: ArrayView3<'_, bool>) -> f64 {
    let voxels = mask.iter().filter(|&&set| set).count() as f64;
    (voxels * 0.75 / std::f64::consts::PI).cbrt()
}

/// The value of the faintest voxel among the densest ones that together weigh the mass.
fn threshold_of_mass(data: ArrayView3<'_, f32>, voxel_size: Option<VoxelSize>, kilodalton: f64) -> Result<f32, DensityMaskError> {
    let size = voxel_size.ok_or(DensityMaskError::NoVoxelSize)?;
    let per_voxel = size.zyx().iter().product::<f64>() * DALTON_PER_CUBIC_ANGSTROM / 1000.0;
    // The emptiest voxels are surroundings: many maps are 0 there, and one of them in the mask would bring all.
    let emptiest = data.iter().copied().fold(f32::INFINITY, f32::min);
    let mut values: Vec<f32> = data.iter().copied().filter(|&value| value > emptiest).collect();
    let count = (kilodalton / per_voxel).round().max(1.0);
    if !(kilodalton > 0.0 && count <= values.len() as f64) {
        return Err(DensityMaskError::Mass { kilodalton, most: per_voxel * values.len() as f64 });
    }
    Ok(*values.select_nth_unstable_by(count as usize - 1, |a, b| b.total_cmp(a)).1)
}

/// Otsu's threshold over a histogram of 1,024 bins: between-class variance is largest; of equally good cuts the middle one.
fn otsu_threshold(data: ArrayView3<'_, f32>) -> f32 {
    let (low, high) = data.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
    if low >= high {
        return high;
    }
    let width = (f64::from(high) - f64::from(low)) / OTSU_BINS as f64;
    let mut counts = [0u64; OTSU_BINS];
    for &value in data {
        counts[(((f64::from(value) - f64::from(low)) / width) as usize).min(OTSU_BINS - 1)] += 1;
    }
    let total = data.len() as f64;
    let mean = counts.iter().enumerate().map(|(bin, &n)| bin as f64 * n as f64).sum::<f64>() / total;
    let (mut below, mut sum_below) = (0.0, 0.0);
    let (mut best, mut first, mut last) = (-1.0, 1, 1);
    for cut in 1..OTSU_BINS {
        below += counts[cut - 1] as f64;
        sum_below += (cut - 1) as f64 * counts[cut - 1] as f64;
        if below == 0.0 || below == total {
            continue;
        }
        let variance = (mean * below - sum_below).powi(2) / (below * (total - below));
        if variance > best {
            (best, first, last) = (variance, cut, cut);
        } else if variance == best {
            last = cut;
        }
    }
    (f64::from(low) + (first + last) as f64 / 2.0 * width) as f32
}

/// As many voxels as the mask has, those with the most set voxels among the 27 around them; of equals the denser, then the first.
/// A plain majority would shrink every convex mask.
fn smoothed(mask: ArrayView3<'_, bool>, data: ArrayView3<'_, f32>) -> Array3<bool> {
    let (nz, ny, nx) = mask.dim();
    let near = |i: usize, n: usize| i.saturating_sub(1)..(i + 2).min(n);
    let around = Array3::from_shape_fn((nz, ny, nx), |(z, y, x)| {
        let block = mask.slice(cryoet_core::ndarray::s![near(z, nz), near(y, ny), near(x, nx)]);
        block.iter().filter(|&&set| set).count()
    });
    let keep = mask.iter().filter(|&&set| set).count();
    let mut ranked: Vec<(usize, f32, (usize, usize, usize))> =
        around.indexed_iter().filter(|(_, count)| **count > 0).map(|(at, &count)| (count, data[at], at)).collect();
    ranked.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
    let mut smooth = Array3::from_elem((nz, ny, nx), false);
    for (_, _, at) in ranked.into_iter().take(keep) {
        smooth[at] = true;
    }
    smooth
}

/// The largest piece of voxels that share faces; of equally large ones the first in order of z, y, x.
fn largest_component(mask: ArrayView3<'_, bool>) -> Array3<bool> {
    let mut piece = Array3::<u32>::zeros(mask.dim());
    let (mut pieces, mut largest, mut most) = (0, 0, 0);
    let mut stack = Vec::new();
    for ((z, y, x), _) in mask.indexed_iter().filter(|(_, set)| **set) {
        if piece[[z, y, x]] > 0 {
            continue;
        }
        pieces += 1;
        piece[[z, y, x]] = pieces;
        stack.push([z, y, x]);
        let mut voxels = 0;
        while let Some(voxel) = stack.pop() {
            voxels += 1;
            for axis in 0..3 {
                for beside in [voxel[axis].wrapping_sub(1), voxel[axis] + 1] {
                    let mut at = voxel;
                    at[axis] = beside;
                    if mask.get(at) == Some(&true) && piece[at] == 0 {
                        piece[at] = pieces;
                        stack.push(at);
                    }
                }
            }
        }
        if voxels > most {
            (most, largest) = (voxels, pieces);
        }
    }
    piece.mapv(|id| id > 0 && id == largest)
}

#[cfg(test)]
mod tests;

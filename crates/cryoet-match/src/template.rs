use cryoet_core::ndarray::{Array3, ArrayView3};
use cryoet_core::{Volume, VoxelSize, box_centre, soft_sphere};
use thiserror::Error;

/// The largest edge of a template's box in voxels; more is no template, and its oversampled copy would not fit.
pub(crate) const LARGEST: usize = 512;

/// Where a template is compared with the tomogram.
#[derive(Debug, Clone, PartialEq)]
pub enum TemplateMask {
    /// A ball about the reference point, which no rotation changes: its terms are computed once.
    Sphere {
        /// Radius in voxels.
        radius: f64,
        /// Width in voxels of the fall from 1 to 0 outside the radius, as a cosine. 0: a hard edge.
        edge: f64,
    },
    /// Weights in \[0, 1\] of the density's shape, turned with it. Takes about three times as long.
    Shape(Array3<f32>),
}

/// Why a template cannot be used.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum TemplateError {
    /// The density is no cube, or too small or too large.
    #[error("a template of shape {shape:?} (z, y, x): expected a cube of 3 to {LARGEST} voxels")]
    Shape {
        /// The shape given, z, y, x.
        shape: [usize; 3],
    },
    /// A voxel of the density is NaN or infinite.
    #[error("voxel {index:?} (z, y, x) of the template is {value}: expected a finite number")]
    NonFinite {
        /// The first such voxel, z, y, x.
        index: [usize; 3],
        /// Its value.
        value: f32,
    },
    /// The mask's shape is not the density's.
    #[error("the mask has shape {mask:?} (z, y, x) and the template {template:?}: expected the same")]
    MaskShape {
        /// The mask's shape.
        mask: [usize; 3],
        /// The template's shape.
        template: [usize; 3],
    },
    /// A mask whose voxels are not as large as the map's.
    #[error("the mask has voxels of {:?} Angstrom (z, y, x) and the map of {:?}: expected the same within 1 %", mask.zyx(), template.zyx())]
    MaskVoxelSize {
        /// The mask's voxel size.
        mask: VoxelSize,
        /// The map's.
        template: VoxelSize,
    },
    /// A mask's weight outside \[0, 1\].
    #[error("voxel {index:?} (z, y, x) of the mask is {value}: expected a number in [0, 1]")]
    MaskValue {
        /// The first such voxel, z, y, x.
        index: [usize; 3],
        /// Its value.
        value: f32,
    },
    /// A sphere that holds no voxel's neighbours, or does not fit the box.
    #[error(
        "a spherical mask of radius {radius} and edge {edge} voxels: expected a radius from 1, and at most {most} for both in a box of {size}"
    )]
    MaskRadius {
        /// The radius given.
        radius: f64,
        /// The edge given.
        edge: f64,
        /// The most that fits.
        most: f64,
        /// The box's edge.
        size: usize,
    },
    /// The density does not vary under the mask.
    #[error("the template has the same value everywhere under its mask: there is nothing to match")]
    NoVariance,
    /// A map of which nothing is bright.
    #[error("the map's largest value is {largest}: expected a density that is bright on a ground of about 0")]
    NoDensity {
        /// The largest value.
        largest: f32,
    },
    /// A map without voxel size, where one is needed to resample it.
    #[error("the map's voxel size is unknown: expected one, to bring it to {wanted} Angstrom")]
    NoVoxelSize {
        /// The voxel size wanted.
        wanted: f64,
    },
    /// Parameters that make no box.
    #[error("resampling from {from} to {to} Angstrom with a radius of {radius} voxels makes no box of 3 to {LARGEST} voxels")]
    Resampling {
        /// The map's voxel size.
        from: f64,
        /// The voxel size wanted.
        to: f64,
        /// The radius of the mask, in voxels wanted.
        radius: f64,
    },
}

/// What is searched for: a density in a cube, and the mask under which it is compared.
///
/// Its reference point is voxel `floor(N / 2)`. The density's sign is the tomogram's: dark particles need a dark template.
///
/// ```
/// use cryoet_core::{Volume, ndarray::Array3};
/// use cryoet_match::{Template, TemplateMask};
/// let blob = Array3::from_shape_fn((9, 9, 9), |(z, y, x)| -1.0 / (1.0 + z.abs_diff(4) as f32 + y.abs_diff(4) as f32 + x.abs_diff(4) as f32));
/// let template = Template::new(Volume::new(blob), TemplateMask::Sphere { radius: 3.0, edge: 1.0 })?;
/// assert_eq!(template.size(), 9);
/// # Ok::<(), cryoet_match::TemplateError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    density: Volume<f32>,
    mask: TemplateMask,
}

impl Template {
    /// A template from a density, indexed `[z, y, x]`, and a mask.
    ///
    /// # Errors
    /// A density that is no cube or not finite; a mask of another shape, with weights outside \[0, 1\] or larger than the box; a
    /// density that is constant under the mask.
    pub fn new(density: Volume<f32>, mask: TemplateMask) -> Result<Self, TemplateError> {
        let shape = density.shape();
        let size = shape[0];
        if shape != [size; 3] || !(3..=LARGEST).contains(&size) {
            return Err(TemplateError::Shape { shape });
        }
        if let Some((index, value)) = first(density.view(), |v| !v.is_finite()) {
            return Err(TemplateError::NonFinite { index, value });
        }
        match &mask {
            &TemplateMask::Sphere { radius, edge } => {
                let most = (size - 1 - box_centre(size)) as f64 + 1.0;
                if !(radius >= 1.0 && radius < most && edge >= 0.0 && radius + edge <= most) {
                    return Err(TemplateError::MaskRadius { radius, edge, most, size });
                }
            }
            TemplateMask::Shape(weights) => {
                let mask: [usize; 3] = weights.dim().into();
                if mask != shape {
                    return Err(TemplateError::MaskShape { mask, template: shape });
                }
                check_weights(weights.view())?;
            }
        }
        let template = Self { density, mask };
        let mut weighted = template.voxels();
        if normalise(&mut weighted, &template.weights()) { Ok(template) } else { Err(TemplateError::NoVariance) }
    }

    /// The edge of the box in voxels.
    ///
    /// ```
    /// # use cryoet_core::{Volume, VoxelSize, ndarray::Array3};
    /// # use cryoet_match::{Template, TemplateMask};
    /// let rod = Array3::from_shape_fn((9, 9, 9), |(z, y, x)| if z == 4 && y == 4 { x as f32 } else { 0.0 });
    /// let density = Volume::new(rod).with_voxel_size(VoxelSize::isotropic(10.0)?);
    /// let mask = TemplateMask::Sphere { radius: 4.0, edge: 0.0 };
    /// let template = Template::new(density.clone(), mask.clone())?;
    /// assert_eq!((template.size(), template.voxel_size()), (9, density.voxel_size()));
    /// assert_eq!((template.density(), template.mask()), (&density, &mask));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn size(&self) -> usize {
        self.density.shape()[0]
    }

    /// The density.
    pub fn density(&self) -> &Volume<f32> {
        &self.density
    }

    /// The mask.
    pub fn mask(&self) -> &TemplateMask {
        &self.mask
    }

    /// The voxel size, where known.
    pub fn voxel_size(&self) -> Option<VoxelSize> {
        self.density.voxel_size()
    }

    /// The template's mirror image in x: the other hand. Which of the two scores higher tells the tomogram's handedness.
    ///
    /// In a box of even size the first plane along x has no partner, and becomes zero.
    ///
    /// ```
    /// # use cryoet_core::{Volume, ndarray::Array3};
    /// # use cryoet_match::{Template, TemplateMask};
    /// let rod = Array3::from_shape_fn((9, 9, 9), |(z, y, x)| if z == 4 && y == 4 { x as f32 } else { 0.0 });
    /// let template = Template::new(Volume::new(rod), TemplateMask::Sphere { radius: 4.0, edge: 0.0 })?;
    /// assert_eq!(template.mirrored().density().data()[[4, 4, 1]], 7.0);
    /// assert_eq!(template.mirrored().mirrored(), template);
    /// # Ok::<(), cryoet_match::TemplateError>(())
    /// ```
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let twice = 2 * box_centre(self.size());
        let flipped =
            |volume: &Array3<f32>| Array3::from_shape_fn(volume.dim(), |(z, y, x)| volume.get([z, y, twice - x]).copied().unwrap_or(0.0));
        let mask = match &self.mask {
            TemplateMask::Shape(weights) => TemplateMask::Shape(flipped(weights)),
            sphere @ TemplateMask::Sphere { .. } => sphere.clone(),
        };
        Self { density: self.density.with_data(flipped(self.density.data())), mask }
    }

    /// The density's voxels in the order z, y, x.
    pub(crate) fn voxels(&self) -> Vec<f32> {
        self.density.data().iter().copied().collect()
    }

    /// The mask's weights, unturned.
    pub(crate) fn weights(&self) -> Vec<f32> {
        match &self.mask {
            &TemplateMask::Sphere { radius, edge } => soft_sphere(self.size(), radius, edge).iter().map(|&w| w as f32).collect(),
            TemplateMask::Shape(weights) => weights.iter().copied().collect(),
        }
    }
}

/// Frees a density of its mean under the mask, scales it to a variance of 1 there, multiplies it by the mask, and divides by the sum
/// of the mask: the sum of products with a tomogram is then the covariance with it. Whether it varies at all.
pub(crate) fn normalise(density: &mut [f32], mask: &[f32]) -> bool {
    let total: f64 = mask.iter().map(|&w| f64::from(w)).sum();
    let weighted = |f: &dyn Fn(f64) -> f64| density.iter().zip(mask).map(|(&v, &w)| f64::from(w) * f(f64::from(v))).sum::<f64>() / total;
    let mean = weighted(&|v| v);
    let std = weighted(&|v| (v - mean) * (v - mean)).sqrt();
    // Rounding of a constant density.
    if !(total > 0.0 && std > 1e-6 * mean.abs() && std.is_normal()) {
        return false;
    }
    for (value, &weight) in density.iter_mut().zip(mask) {
        *value = (f64::from(weight) * (f64::from(*value) - mean) / (std * total)) as f32;
    }
    true
}

/// Refuses what is no weight in \[0, 1\].
pub(crate) fn check_weights(mask: ArrayView3<'_, f32>) -> Result<(), TemplateError> {
    first(mask, |v| !(0.0..=1.0).contains(&v)).map_or(Ok(()), |(index, value)| Err(TemplateError::MaskValue { index, value }))
}

fn first(volume: ArrayView3<'_, f32>, is_bad: impl Fn(f32) -> bool) -> Option<([usize; 3], f32)> {
    volume.indexed_iter().find(|&(_, &value)| is_bad(value)).map(|((z, y, x), &value)| ([z, y, x], value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_template() {
        let make = |shape: (usize, usize, usize), mask| {
            Template::new(Volume::new(Array3::from_shape_fn(shape, |(z, y, x)| (z * y + x) as f32)), mask)
        };
        let ball = |radius, edge| TemplateMask::Sphere { radius, edge };
        assert!(make((8, 8, 8), ball(3.0, 1.0)).is_ok());
        assert!(matches!(make((8, 8, 9), ball(2.0, 0.0)), Err(TemplateError::Shape { shape: [8, 8, 9] })));
        assert!(matches!(make((8, 8, 8), ball(4.0, 1.0)), Err(TemplateError::MaskRadius { .. })));
        assert!(matches!(make((8, 8, 8), ball(f64::NAN, 1.0)), Err(TemplateError::MaskRadius { .. })));
        let shape = |n, value| TemplateMask::Shape(Array3::from_elem((n, n, n), value));
        assert!(make((8, 8, 8), shape(8, 1.0)).is_ok());
        assert!(matches!(make((8, 8, 8), shape(7, 1.0)), Err(TemplateError::MaskShape { .. })));
        assert!(matches!(make((8, 8, 8), shape(8, 1.5)), Err(TemplateError::MaskValue { .. })));
        assert!(matches!(make((8, 8, 8), shape(8, 0.0)), Err(TemplateError::NoVariance)));
        let constant = Volume::new(Array3::from_elem((8, 8, 8), 0.1));
        assert_eq!(Template::new(constant, ball(3.0, 0.0)), Err(TemplateError::NoVariance));
        let mut hole = Array3::zeros((8, 8, 8));
        hole[[1, 2, 3]] = f32::NAN;
        assert!(matches!(Template::new(Volume::new(hole), ball(3.0, 0.0)), Err(TemplateError::NonFinite { index: [1, 2, 3], .. })));
    }
}

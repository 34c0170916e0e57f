use cryoet_core::ndarray::{Array3, ArrayView3};
use cryoet_core::{Volume, VoxelSize, box_centre};

use crate::fourier::{Fourier3, Workspace, fast_length};
use crate::template::{LARGEST, check_weights};
use crate::{LowPass, Template, TemplateError, TemplateMask};

/// A density above this share of its maximum belongs to the particle, where its extent is measured.
const PRESENT: f32 = 0.1;

/// Before sampling more coarsely, frequencies fall to 0 between these shares of the new sampling's Nyquist frequency.
const ANTI_ALIAS: [f64; 2] = [0.8, 1.0];

/// Whether particles are darker or brighter than what is around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contrast {
    /// Darker: reconstructions of cryo-electron images, unless inverted.
    Dark,
    /// Brighter: density maps, inverted tomograms.
    Bright,
}

impl Contrast {
    pub(crate) const fn sign(self) -> f32 {
        match self {
            Self::Dark => -1.0,
            Self::Bright => 1.0,
        }
    }
}

/// How a density map becomes a template.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrepareParams {
    /// The tomogram's voxel size.
    pub voxel_size: VoxelSize,
    /// The tomogram's contrast. Default dark. Maps are bright.
    pub contrast: Contrast,
    /// The mask's radius in voxels of the tomogram. Default: the distance from the reference point of the farthest voxel that has a tenth
    /// of the map's maximum, and one voxel.
    pub radius: Option<f64>,
    /// The width in voxels of the mask's soft edge. Default 2.
    pub edge: f64,
    /// The edge of the box in voxels. Default: the smallest even length that transforms fast and leaves a voxel around the mask.
    pub size: Option<usize>,
}

impl PrepareParams {
    /// The defaults for a tomogram's voxel size.
    pub const fn new(voxel_size: VoxelSize) -> Self {
        Self { voxel_size, contrast: Contrast::Dark, radius: None, edge: 2.0, size: None }
    }
}

/// A template from a density map that is bright on a ground of about 0, indexed `[z, y, x]`: resampled to the tomogram's voxel size, given
/// its contrast, under a soft spherical mask.
///
/// The map's reference point, voxel `floor(N / 2)`, becomes the template's. Coarser sampling goes after a low-pass at the new Nyquist
/// frequency; values between voxels are cubic (Catmull and Rom 1974).
///
/// # Errors
/// A map without voxel size, or that is not finite or nowhere above 0; a mask that does not fit the box; a box out of range.
///
/// ```
/// use cryoet_core::{Volume, VoxelSize, ndarray::Array3};
/// use cryoet_match::{PrepareParams, prepare_template};
/// let ball = Array3::from_shape_fn((40, 40, 40), |(z, y, x)| {
///     let square: f32 = [z, y, x].iter().map(|&i| (i as f32 - 20.0).powi(2)).sum();
///     (-square / 50.0).exp() // sigma 5 voxels of 4 Angstrom
/// });
/// let map = Volume::new(ball).with_voxel_size(VoxelSize::isotropic(4.0)?);
/// let template = prepare_template(&map, &PrepareParams::new(VoxelSize::isotropic(8.0)?))?;
/// let c = template.size() / 2;
/// assert!((template.density().data()[[c, c, c + 2]] + (-16.0_f32 / 50.0).exp()).abs() < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn prepare_template(map: &Volume<f32>, params: &PrepareParams) -> Result<Template, TemplateError> {
    let sampling = Sampling::new(map, params)?;
    let radius = match params.radius {
        Some(radius) => radius,
        None => extent(map.view(), sampling.factor).ok_or_else(|| TemplateError::NoDensity { largest: largest(map.view()) })? + 1.0,
    };
    let size = sampling.size(params, radius, params.edge)?;
    let density = sampling.sampled(anti_aliased(map.view(), sampling.factor).view(), size).mapv_into(|v| params.contrast.sign() * v);
    Template::new(Volume::new(density).with_voxel_size(params.voxel_size), TemplateMask::Sphere { radius, edge: params.edge })
}

/// A template as of [`prepare_template`], under a mask of its own that is turned with it: weights in \[0, 1\] on the map's grid.
///
/// The mask is resampled with the map, but without a low-pass, which would make its edges ring, and cut to \[0, 1\]. The default box leaves a voxel around it; the parameters' radius and edge are
/// those of a ball, and not used.
///
/// # Errors
/// As [`prepare_template`]; a mask of another shape or voxel size than the map's, or of values that are no weights.
///
/// ```
/// use cryoet_core::{Volume, VoxelSize, ndarray::Array3};
/// use cryoet_match::{PrepareParams, TemplateMask, prepare_template_under};
/// let rod = |near: usize| move |(z, y, x): (usize, usize, usize)| if z.abs_diff(16) < near && y.abs_diff(16) < near && x.abs_diff(16) < 10 { 1.0 } else { 0.0 };
/// let size = VoxelSize::isotropic(5.0)?;
/// let map = Volume::new(Array3::from_shape_fn((32, 32, 32), rod(3))).with_voxel_size(size);
/// let mask = Volume::new(Array3::from_shape_fn((32, 32, 32), rod(5)));
/// let template = prepare_template_under(&map, &mask, &PrepareParams::new(VoxelSize::isotropic(10.0)?))?;
/// let TemplateMask::Shape(weights) = template.mask() else { panic!("a ball") };
/// let c = template.size() / 2;
/// assert!(weights[[c, c, c + 4]] > 0.9 && weights[[c + 4, c, c]] < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn prepare_template_under(map: &Volume<f32>, mask: &Volume<f32>, params: &PrepareParams) -> Result<Template, TemplateError> {
    if mask.shape() != map.shape() {
        return Err(TemplateError::MaskShape { mask: mask.shape(), template: map.shape() });
    }
    if let (Some(of_mask), Some(of_map)) = (mask.voxel_size(), map.voxel_size())
        && !of_mask.agrees_with(&of_map)
    {
        return Err(TemplateError::MaskVoxelSize { mask: of_mask, template: of_map });
    }
    check_weights(mask.view())?;
    let sampling = Sampling::new(map, params)?;
    let radius = extent(mask.view(), sampling.factor).ok_or(TemplateError::NoVariance)?;
    let size = sampling.size(params, radius, 0.0)?;
    let density = sampling.sampled(anti_aliased(map.view(), sampling.factor).view(), size).mapv_into(|v| params.contrast.sign() * v);
    let weights = sampling.sampled(mask.view(), size).mapv_into(|w| w.clamp(0.0, 1.0));
    Template::new(Volume::new(density).with_voxel_size(params.voxel_size), TemplateMask::Shape(weights))
}

/// How a map's voxels become a template's.
struct Sampling {
    from: VoxelSize,
    wanted: VoxelSize,
    /// The template's voxels over the map's, z, y, x.
    factor: [f64; 3],
}

impl Sampling {
    fn new(map: &Volume<f32>, params: &PrepareParams) -> Result<Self, TemplateError> {
        let wanted = params.voxel_size;
        let from = map.voxel_size().ok_or(TemplateError::NoVoxelSize { wanted: wanted.mean() })?;
        if let Some(((z, y, x), &value)) = map.data().indexed_iter().find(|(_, v)| !v.is_finite()) {
            return Err(TemplateError::NonFinite { index: [z, y, x], value });
        }
        let shape = map.shape();
        if shape.contains(&0) {
            return Err(TemplateError::Shape { shape });
        }
        let largest = largest(map.view());
        if largest <= 0.0 {
            return Err(TemplateError::NoDensity { largest });
        }
        Ok(Self { from, wanted, factor: std::array::from_fn(|i| wanted.zyx()[i] / from.zyx()[i]) })
    }

    /// The edge of the box: as asked for, or what holds a mask of a radius and an edge in the template's voxels.
    fn size(&self, params: &PrepareParams, radius: f64, edge: f64) -> Result<usize, TemplateError> {
        let size = params.size.unwrap_or_else(|| {
            // Out of range saturates, and is refused below.
            let least = (2.0 * (radius + edge + 1.0)).ceil().clamp(4.0, 1e6) as usize;
            fast_length(least.div_ceil(2)) * 2
        });
        if !(3..=LARGEST).contains(&size) {
            return Err(TemplateError::Resampling { from: self.from.mean(), to: self.wanted.mean(), radius });
        }
        Ok(size)
    }

    /// A map of this grid at the template's voxels.
    fn sampled(&self, map: ArrayView3<'_, f32>, size: usize) -> Array3<f32> {
        let centre = <[usize; 3]>::from(map.dim()).map(|n| box_centre(n) as f64);
        let middle = box_centre(size) as f64;
        Array3::from_shape_fn((size, size, size), |(z, y, x)| {
            let steps = [z, y, x].map(|i| i as f64 - middle);
            cubic_at(map, std::array::from_fn(|i| centre[i] + steps[i] * self.factor[i]))
        })
    }
}

/// The distance of the farthest dense voxel from the reference point, in voxels `factor` times as large; none where nothing is above 0.
fn extent(map: ArrayView3<'_, f32>, factor: [f64; 3]) -> Option<f64> {
    let threshold = PRESENT * largest(map);
    let centre = <[usize; 3]>::from(map.dim()).map(|n| box_centre(n) as f64);
    let squares = map.indexed_iter().filter(|&(_, &v)| v > 0.0 && v >= threshold).map(|((z, y, x), _)| {
        let offset = [z, y, x].map(|i| i as f64);
        (0..3).map(|i| ((offset[i] - centre[i]) / factor[i]).powi(2)).sum::<f64>()
    });
    squares.reduce(f64::max).map(f64::sqrt)
}

fn largest(map: ArrayView3<'_, f32>) -> f32 {
    map.iter().fold(f32::NEG_INFINITY, |most, &v| most.max(v))
}

/// The map without what a sampling every `factor` voxels cannot show.
fn anti_aliased(map: ArrayView3<'_, f32>, factor: [f64; 3]) -> Array3<f32> {
    let shape: [usize; 3] = map.dim().into();
    if factor.iter().all(|&f| f <= 1.0) {
        return map.to_owned();
    }
    let fourier = Fourier3::new(shape);
    let mut work = Workspace::default();
    let voxels: Vec<f32> = map.iter().copied().collect();
    let mut spectrum = fourier.forward(&voxels, shape, &mut work);
    let fall = LowPass { cutoff: ANTI_ALIAS[0], edge: ANTI_ALIAS[1] - ANTI_ALIAS[0] };
    for (bin, frequency) in spectrum.iter_mut().zip(fourier.frequencies()) {
        // In units of the new Nyquist frequency, along the axes that get coarser.
        let weight: f64 = (0..3).map(|i| if factor[i] > 1.0 { fall.weight(2.0 * frequency[i].abs() * factor[i]) } else { 1.0 }).product();
        *bin *= (weight / fourier.voxels() as f64) as f32;
    }
    let mut voxels = fourier.inverse(&spectrum, &mut work).into_iter();
    Array3::from_shape_simple_fn(shape, || voxels.next().unwrap_or(0.0))
}

/// The value at a place in voxels z, y, x; zero beyond the volume.
pub(crate) fn cubic_at(volume: ArrayView3<'_, f32>, place: [f64; 3]) -> f32 {
    let shape: [usize; 3] = volume.dim().into();
    // Half a voxel beyond the last centre there is nothing more.
    if (0..3).any(|i| !(place[i] > -2.0 && place[i] < shape[i] as f64 + 1.0)) {
        return 0.0;
    }
    let whole = place.map(f64::floor);
    let weights: [[f64; 4]; 3] = std::array::from_fn(|i| catmull_rom(place[i] - whole[i]));
    let inside = |axis: usize, k: usize| {
        let index = whole[axis] as isize + k as isize - 1;
        (0..shape[axis] as isize).contains(&index).then_some(index as usize)
    };
    let mut sum = 0.0;
    for (i, wz) in weights[0].iter().enumerate() {
        for (j, wy) in weights[1].iter().enumerate() {
            for (k, wx) in weights[2].iter().enumerate() {
                if let (Some(z), Some(y), Some(x)) = (inside(0, i), inside(1, j), inside(2, k)) {
                    sum += wz * wy * wx * f64::from(volume[[z, y, x]]);
                }
            }
        }
    }
    sum as f32
}

fn catmull_rom(t: f64) -> [f64; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [0.5 * (-t + 2.0 * t2 - t3), 0.5 * (2.0 - 5.0 * t2 + 3.0 * t3), 0.5 * (t + 4.0 * t2 - 3.0 * t3), 0.5 * (t3 - t2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(shape: (usize, usize, usize), at: [f64; 3], sigma: f64) -> Array3<f32> {
        Array3::from_shape_fn(shape, |(z, y, x)| {
            let square: f64 = [z, y, x].iter().zip(at).map(|(&i, a)| (i as f64 - a).powi(2)).sum();
            (-square / (2.0 * sigma * sigma)).exp() as f32
        })
    }

    #[test]
    fn resampling_keeps_the_reference_point_finer_and_coarser() {
        for (from, to) in [(4.0, 8.0), (4.0, 9.3), (10.0, 7.0), (6.0, 6.0)] {
            // 28 Angstrom wide, 20, -12 and 8 Angstrom beside the reference point, in a box with odd and even edges.
            let voxels = |angstrom: f64| angstrom / from;
            let shape = (45, 48, 51);
            let at = [22.0 + voxels(20.0), 24.0 - voxels(12.0), 25.0 + voxels(8.0)];
            let map = Volume::new(blob(shape, at, voxels(28.0))).with_voxel_size(VoxelSize::isotropic(from).unwrap());
            let params = PrepareParams {
                size: Some(21),
                radius: Some(7.0),
                contrast: Contrast::Bright,
                ..PrepareParams::new(VoxelSize::isotropic(to).unwrap())
            };
            let template = prepare_template(&map, &params).unwrap();
            let expected = blob((21, 21, 21), [10.0 + 20.0 / to, 10.0 - 12.0 / to, 10.0 + 8.0 / to], 28.0 / to);
            let within = |((z, y, x), _): &((usize, usize, usize), &f32)| [*z, *y, *x].iter().all(|i| i.abs_diff(10) < 6);
            let worst = template
                .density()
                .data()
                .indexed_iter()
                .filter(within)
                .map(|((z, y, x), v)| (v - expected[[z, y, x]]).abs())
                .fold(0.0, f32::max);
            assert!(worst < 0.01, "{from} to {to}: {worst}");
        }
    }

    #[test]
    fn default_sizes_hold_the_density() {
        let map = Volume::new(blob((40, 40, 40), [20.0; 3], 4.0)).with_voxel_size(VoxelSize::isotropic(5.0).unwrap());
        let template = prepare_template(&map, &PrepareParams::new(VoxelSize::isotropic(10.0).unwrap())).unwrap();
        // A tenth of the maximum lies at 4 sqrt(2 ln 10) = 8.58 voxels of 5 Angstrom; the farthest voxel within is at sqrt(73).
        let TemplateMask::Sphere { radius, edge } = *template.mask() else { panic!("no sphere") };
        assert!((radius - (73.0_f64.sqrt() / 2.0 + 1.0)).abs() < 1e-9 && edge == 2.0, "{radius}");
        assert_eq!(template.size(), 18);
    }

    #[test]
    fn refuses_maps_without_voxel_size_and_boxes_out_of_range() {
        let bare = Volume::new(blob((9, 9, 9), [4.0; 3], 2.0));
        let to = |angstrom| PrepareParams::new(VoxelSize::isotropic(angstrom).unwrap());
        assert!(matches!(prepare_template(&bare, &to(10.0)), Err(TemplateError::NoVoxelSize { .. })));
        let map = bare.with_voxel_size(VoxelSize::isotropic(10.0).unwrap());
        assert!(matches!(prepare_template(&map, &to(1e-3)), Err(TemplateError::Resampling { .. })));
        let dark = map.with_data(map.data().mapv(|v| -v));
        for radius in [None, Some(3.0)] {
            let params = PrepareParams { radius, ..to(10.0) };
            assert!(matches!(prepare_template(&dark, &params), Err(TemplateError::NoDensity { largest }) if largest <= 0.0));
        }
        let small = PrepareParams { size: Some(8), radius: Some(5.0), ..to(10.0) };
        assert!(matches!(prepare_template(&map, &small), Err(TemplateError::MaskRadius { .. })));
    }

    #[test]
    fn a_mask_is_resampled_with_its_map() {
        let map = Volume::new(blob((40, 41, 42), [20.0, 20.0, 24.0], 4.0)).with_voxel_size(VoxelSize::isotropic(5.0).unwrap());
        let half = map.with_data(blob((40, 41, 42), [20.0, 20.0, 24.0], 5.0));
        let params = PrepareParams { contrast: Contrast::Bright, ..PrepareParams::new(VoxelSize::isotropic(10.0).unwrap()) };
        let template = prepare_template_under(&map, &half, &params).unwrap();
        let TemplateMask::Shape(weights) = template.mask() else { panic!("a ball") };
        // The blob lies 3 voxels of 5 Angstrom beside the reference point 21 along x: 1.5 of 10.
        let n = template.size();
        let c = box_centre(n) as f64;
        let expected = blob((n, n, n), [c, c, c + 1.5], 2.5);
        let worst = weights.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 0.02, "{worst}");
    }

    #[test]
    fn refuses_masks_that_are_none() {
        let voxels = |angstrom| VoxelSize::isotropic(angstrom).unwrap();
        let map = Volume::new(blob((12, 12, 12), [6.0; 3], 2.0)).with_voxel_size(voxels(10.0));
        let under = |mask: Volume<f32>| prepare_template_under(&map, &mask, &PrepareParams::new(voxels(10.0))).map(|_| ());
        assert_eq!(under(Volume::new(Array3::from_elem((12, 12, 12), 1.0))), Ok(()));
        let other = Volume::new(Array3::from_elem((12, 12, 11), 1.0));
        assert!(matches!(under(other), Err(TemplateError::MaskShape { mask: [12, 12, 11], .. })));
        let coarse = Volume::new(Array3::from_elem((12, 12, 12), 1.0)).with_voxel_size(voxels(11.0));
        assert!(matches!(under(coarse), Err(TemplateError::MaskVoxelSize { .. })));
        assert!(matches!(under(Volume::new(Array3::from_elem((12, 12, 12), 2.0))), Err(TemplateError::MaskValue { .. })));
        assert!(matches!(under(Volume::new(Array3::from_elem((12, 12, 12), f32::NAN))), Err(TemplateError::MaskValue { .. })));
    }
}

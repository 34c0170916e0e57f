use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use cryoet_core::ndarray::Array3;
use cryoet_core::{ClassLabel, Particle};

use crate::mask::Mask;
use crate::paint::{Object, Scene};
use crate::shape::{mask_of, prepare};
use crate::solid::Solid;
use crate::sphere::{check_radii, radius_of};
use crate::turned_mask::TurnedMask;
use crate::{Overlap, TargetError, TargetParams, Targets};

/// Spheres as DeepFinder 0.2.1's `TargetBuilder` draws them, for labels that must equal its own.
///
/// `shape` is the volume's extent z, y, x; `radii` are in voxels (the original takes whole ones only). The balls are masks to it, inside a
/// box of 2 R voxels, R the largest radius given (cut to a whole number), from -R to R - 1, so that the largest class loses the voxel at +R
/// on each axis; and they are turned by the particles' orientations like any mask, which roughens them. The rest is as for
/// [`deepfinder_shape_targets`].
///
/// # Errors
/// As for [`sphere_targets`](crate::sphere_targets); a largest radius below 1, which leaves no ball, and one that exceeds the volume's longest
/// side, whose box would take more memory than anything it could show.
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_targets::deepfinder_sphere_targets;
///
/// let class = ClassLabel::new(1);
/// let particle = Particle::new(class, Position::new(5.7, 5.0, 5.0)?); // z counts as 5
/// let labels = deepfinder_sphere_targets([11, 11, 11], &[particle], &BTreeMap::from([(class, 3.0)]))?.labels;
/// assert_eq!((labels[[2, 5, 5]], labels[[8, 5, 5]]), (1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn deepfinder_sphere_targets(
    shape: [usize; 3],
    particles: &[Particle],
    radii: &BTreeMap<ClassLabel, f64>,
) -> Result<Targets, TargetError> {
    check_radii(radii)?;
    for (index, particle) in particles.iter().enumerate() {
        radius_of(radii, index, particle)?;
    }
    let Some((&class, &radius)) = radii.iter().max_by(|a, b| a.1.total_cmp(b.1)) else {
        return deepfinder_shape_targets(shape, particles, &BTreeMap::new());
    };
    if radius < 1.0 {
        return Err(TargetError::SmallBall { class, radius });
    }
    if radius > shape.into_iter().fold(1, usize::max) as f64 {
        return Err(TargetError::LargeBall { class, radius, shape });
    }
    let largest = radius as usize;
    let shape_of_mask = [2 * largest; 3];
    let ball = |radius: f64| {
        let from = |i: usize| (i as f64 - largest as f64).powi(2);
        Array3::from_shape_fn(shape_of_mask, |(z, y, x)| (from(z) + from(y) + from(x)) / radius.powi(2) <= 1.0)
    };
    let occurring: BTreeSet<ClassLabel> = particles.iter().map(|particle| particle.class).collect();
    let masks = radii.iter().filter(|(class, _)| occurring.contains(class)).map(|(&class, &radius)| (class, ball(radius))).collect();
    deepfinder_shape_targets(shape, particles, &masks)
}

/// Shapes as DeepFinder 0.2.1's `TargetBuilder` draws them, for labels that must equal its own.
///
/// `shape` is the volume's extent z, y, x; masks are `[z, y, x]`. Differs from [`shape_targets`](crate::shape_targets):
/// coordinates are cut to whole voxels towards zero; the mask turns about N / 2, half a voxel off its reference voxel where N is odd; what
/// turns out of the mask's own box is lost; nothing lies beyond the outermost voxel centres; an interpolated value of exactly a half
/// is outside. The last object wins.
///
/// # Errors
/// As for [`shape_targets`](crate::shape_targets).
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::ndarray::Array3;
/// use cryoet_core::{ClassLabel, Orientation, Particle, Position};
/// use cryoet_targets::{TargetParams, deepfinder_shape_targets, shape_targets};
///
/// let class = ClassLabel::new(1);
/// let long = Array3::from_shape_fn((4, 4, 12), |_| true);
/// let upright = Orientation::from_zxz(90.0, 0.0, 0.0)?; // its length turns from x to y
/// let particles = [Particle::new(class, Position::new(8.0, 8.0, 8.0)?).with_orientation(upright)];
/// let masks = BTreeMap::from([(class, long)]);
/// let cut = deepfinder_shape_targets([16, 16, 16], &particles, &masks)?.labels;
/// let whole = shape_targets([16, 16, 16], &particles, &masks, &TargetParams::default())?.labels;
/// assert_eq!(whole[[8, 12, 8]], 1);
/// assert_eq!(cut[[8, 12, 8]], 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn deepfinder_shape_targets(
    shape: [usize; 3],
    particles: &[Particle],
    masks: &BTreeMap<ClassLabel, Array3<bool>>,
) -> Result<Targets, TargetError> {
    let prepared = prepare(masks, |mask| {
        let (z, y, x) = mask.dim();
        Mask::about(mask, [z, y, x].map(|n| n as f64 / 2.0))
    })?;
    let mut objects = Vec::with_capacity(particles.len());
    for (index, particle) in particles.iter().enumerate() {
        let mask = mask_of(&prepared, index, particle)?;
        let size = mask.extent().map(|n| n as f64);
        let place = particle.position.zyx();
        let start: [f64; 3] = std::array::from_fn(|axis| place[axis].trunc() - (size[axis] / 2.0).floor());
        let centre = std::array::from_fn(|axis| start[axis] + size[axis] / 2.0);
        let solid = InBox { solid: Strict(TurnedMask::new(mask, particle, centre)), start, size };
        objects.push(Object::new(solid, index, particle, &TargetParams::default()));
    }
    Scene::new(objects, particles.len(), Overlap::Last).targets(shape)
}

/// What of a solid lies in a box of voxels, which starts at a whole voxel.
struct InBox<S> {
    solid: S,
    start: [f64; 3],
    size: [f64; 3],
}

impl<S: Solid> Solid for InBox<S> {
    fn centre(&self) -> [f64; 3] {
        self.solid.centre()
    }

    fn size(&self) -> f64 {
        self.solid.size()
    }

    fn row(&self, z: usize, y: usize, x: Range<usize>, run: &mut impl FnMut(Range<usize>)) {
        self.solid.row(z, y, x, run);
    }

    fn span(&self, axis: usize, len: usize) -> Range<usize> {
        let whole = self.solid.span(axis, len);
        let last = self.start[axis] + self.size[axis];
        // Casts saturate: a box that starts before the volume starts at 0.
        whole.start.max(self.start[axis] as usize)..whole.end.min(last as usize)
    }
}

/// A turned mask under DeepFinder's rule of interpolation.
struct Strict<'a>(TurnedMask<'a>);

impl Solid for Strict<'_> {
    fn centre(&self) -> [f64; 3] {
        self.0.centre()
    }

    fn size(&self) -> f64 {
        self.0.size()
    }

    fn span(&self, axis: usize, len: usize) -> Range<usize> {
        self.0.span(axis, len)
    }

    fn row(&self, z: usize, y: usize, x: Range<usize>, run: &mut impl FnMut(Range<usize>)) {
        self.0.row_where(z, y, x, |at| self.0.mask.covers_strictly(at), run);
    }
}

#[cfg(test)]
mod tests;

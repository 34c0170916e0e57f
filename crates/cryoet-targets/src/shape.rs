use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use cryoet_core::ndarray::Array3;
use cryoet_core::{ClassLabel, Particle, Progress, VolumeSink, VolumeSource};

use crate::mask::Mask;
use crate::paint::{Object, Scene};
use crate::turned_mask::TurnedMask;
use crate::{TargetError, TargetParams, Targets};

/// Draws every particle as its class's mask, turned by the particle's orientation about the mask's reference voxel.
///
/// `shape` is the volume's extent z, y, x; masks are `[z, y, x]`, of any extent, at the volume's voxel size. The reference
/// point, voxel floor(N / 2) of the mask on each axis, comes to lie on the particle's position, which is not rounded. A
/// voxel belongs to the object when the mask, interpolated linearly at the place that the rotation brings there, is a half
/// or more. Particles without orientation are drawn as the mask stands. Voxels outside the volume are left out; particles
/// that cover none of its voxels are listed in [`Targets::skipped`].
///
/// The result is the same at any number of threads.
///
/// # Errors
/// A particle whose class has no mask; a mask without a voxel; class 0 or 255; a volume too large to address.
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::ndarray::Array3;
/// use cryoet_core::{ClassLabel, Orientation, Particle, Position};
/// use cryoet_targets::{TargetParams, shape_targets};
///
/// let rod = Array3::from_shape_fn((9, 9, 9), |(z, y, x)| z == 4 && y == 4 && x >= 4); // along +x
/// let class = ClassLabel::new(1);
/// let quarter = Orientation::from_zxz(90.0, 0.0, 0.0)?; // about z: x becomes y
/// let particle = Particle::new(class, Position::new(8.0, 8.0, 8.0)?).with_orientation(quarter);
/// let targets = shape_targets([16, 16, 16], &[particle], &BTreeMap::from([(class, rod)]), &TargetParams::default())?;
/// assert_eq!(targets.labels[[8, 12, 8]], 1);
/// assert_eq!(targets.labels.iter().filter(|&&label| label == 1).count(), 5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn shape_targets(
    shape: [usize; 3],
    particles: &[Particle],
    masks: &BTreeMap<ClassLabel, Array3<bool>>,
    params: &TargetParams,
) -> Result<Targets, TargetError> {
    Masks::new(masks, particles, params)?.scene(particles, params)?.targets(shape)
}

/// Draws turned masks over a label volume, which stays as it is elsewhere: membranes, say, or an annotation begun by hand.
///
/// Returns the particles that cover no voxel. The rest is as for [`shape_targets`].
///
/// # Errors
/// As for [`shape_targets`].
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::ndarray::Array3;
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_targets::{TargetParams, draw_shapes};
///
/// let rod = Array3::from_shape_fn((9, 9, 9), |(z, y, x)| z == 4 && y == 4 && x >= 4); // along +x
/// let class = ClassLabel::new(1);
/// let masks = BTreeMap::from([(class, rod)]);
/// let mut labels = Array3::<u8>::from_elem((8, 8, 8), 7);
/// draw_shapes(&mut labels, &[Particle::new(class, Position::new(4.0, 4.0, 2.0)?)], &masks, &TargetParams::default())?;
/// assert_eq!((labels[[4, 4, 6]], labels[[4, 4, 1]], labels[[4, 5, 6]]), (1, 7, 7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn draw_shapes(
    labels: &mut Array3<u8>,
    particles: &[Particle],
    masks: &BTreeMap<ClassLabel, Array3<bool>>,
    params: &TargetParams,
) -> Result<Vec<usize>, TargetError> {
    Ok(Masks::new(masks, particles, params)?.scene(particles, params)?.draw(labels))
}

/// Sets the voxels of turned masks to background: takes objects out of a label volume. Returns the particles that cover no voxel.
///
/// # Errors
/// As for [`shape_targets`].
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::ndarray::Array3;
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_targets::erase_shapes;
///
/// let rod = Array3::from_shape_fn((9, 9, 9), |(z, y, x)| z == 4 && y == 4 && x >= 4); // along +x
/// let class = ClassLabel::new(1);
/// let masks = BTreeMap::from([(class, rod)]);
/// let mut labels = Array3::<u8>::from_elem((8, 8, 8), 7);
/// erase_shapes(&mut labels, &[Particle::new(class, Position::new(4.0, 4.0, 2.0)?)], &masks)?;
/// assert_eq!((labels[[4, 4, 6]], labels.iter().filter(|&&label| label == 0).count()), (0, 5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn erase_shapes(
    labels: &mut Array3<u8>,
    particles: &[Particle],
    masks: &BTreeMap<ClassLabel, Array3<bool>>,
) -> Result<Vec<usize>, TargetError> {
    let params = TargetParams::default();
    Ok(Masks::new(masks, particles, &params)?.scene(particles, &params)?.erasing().draw(labels))
}

/// Draws turned masks into a sink, 64 planes at a time, for volumes larger than memory; voxel for voxel what [`shape_targets`] gives.
///
/// Returns the particles that cover no voxel. Reports planes done.
///
/// # Errors
/// As for [`shape_targets`], and when the sink fails or the work is cancelled.
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::ndarray::Array3;
/// use cryoet_core::{ClassLabel, Particle, Position, Volume};
/// use cryoet_targets::{TargetParams, write_shapes};
///
/// let rod = Array3::from_shape_fn((9, 9, 9), |(z, y, x)| z == 4 && y == 4 && x >= 4); // along +x
/// let class = ClassLabel::new(1);
/// let masks = BTreeMap::from([(class, rod)]);
/// let mut sink = Volume::new(Array3::<u8>::zeros((100, 8, 8)));
/// write_shapes(&mut sink, &[Particle::new(class, Position::new(70.0, 4.0, 2.0)?)], &masks, &TargetParams::default(), &())?;
/// assert_eq!((sink.data()[[70, 4, 6]], sink.data()[[71, 4, 6]]), (1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_shapes(
    sink: &mut dyn VolumeSink<u8>,
    particles: &[Particle],
    masks: &BTreeMap<ClassLabel, Array3<bool>>,
    params: &TargetParams,
    progress: &dyn Progress,
) -> Result<Vec<usize>, TargetError> {
    Masks::new(masks, particles, params)?.scene(particles, params)?.write(None, sink, progress)
}

/// The same over the labels of a volume that is read alongside; voxel for voxel what [`draw_shapes`] gives.
///
/// # Errors
/// As for [`write_shapes`], and when the labels underneath cannot be read or are of another shape than the sink.
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::ndarray::Array3;
/// use cryoet_core::{ClassLabel, Particle, Position, Volume};
/// use cryoet_targets::{TargetParams, write_shapes_over};
///
/// let rod = Array3::from_shape_fn((9, 9, 9), |(z, y, x)| z == 4 && y == 4 && x >= 4); // along +x
/// let class = ClassLabel::new(1);
/// let masks = BTreeMap::from([(class, rod)]);
/// let membrane = Volume::new(Array3::<u8>::from_elem((8, 8, 8), 7));
/// let mut sink = Volume::new(Array3::<u8>::zeros((8, 8, 8)));
/// let particles = [Particle::new(class, Position::new(4.0, 4.0, 2.0)?)];
/// write_shapes_over(&membrane, &mut sink, &particles, &masks, &TargetParams::default(), &())?;
/// assert_eq!((sink.data()[[4, 4, 6]], sink.data()[[0, 0, 0]]), (1, 7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_shapes_over(
    base: &dyn VolumeSource<u8>,
    sink: &mut dyn VolumeSink<u8>,
    particles: &[Particle],
    masks: &BTreeMap<ClassLabel, Array3<bool>>,
    params: &TargetParams,
    progress: &dyn Progress,
) -> Result<Vec<usize>, TargetError> {
    Masks::new(masks, particles, params)?.scene(particles, params)?.write(Some(base), sink, progress)
}

/// The masks of certain particles and, where they differ, of uncertain ones.
struct Masks {
    certain: BTreeMap<ClassLabel, Mask>,
    grown: BTreeMap<ClassLabel, Mask>,
}

impl Masks {
    fn new(masks: &BTreeMap<ClassLabel, Array3<bool>>, particles: &[Particle], params: &TargetParams) -> Result<Self, TargetError> {
        params.check()?;
        let certain = prepare(masks, Mask::new)?;
        let mut grown = BTreeMap::new();
        if params.uncertain_margin > 0.0 {
            for class in particles.iter().filter(|particle| params.is_uncertain(particle)).map(|particle| particle.class) {
                if let (Entry::Vacant(entry), Some(mask)) = (grown.entry(class), masks.get(&class))
                    && let Some(mask) = Mask::grown(mask, params.uncertain_margin)
                {
                    entry.insert(mask);
                }
            }
        }
        Ok(Self { certain, grown })
    }

    fn scene(&self, particles: &[Particle], params: &TargetParams) -> Result<Scene<TurnedMask<'_>>, TargetError> {
        let mut objects = Vec::with_capacity(particles.len());
        for (index, particle) in particles.iter().enumerate() {
            let mask = mask_of(&self.certain, index, particle)?;
            let grown = self.grown.get(&particle.class).filter(|_| params.is_uncertain(particle));
            let solid = TurnedMask::new(grown.unwrap_or(mask), particle, particle.position.zyx());
            objects.push(Object::new(solid, index, particle, params));
        }
        Ok(Scene::new(objects, particles.len(), params.overlap))
    }
}

/// The masks made ready for being turned.
pub(crate) fn prepare(
    masks: &BTreeMap<ClassLabel, Array3<bool>>,
    make: impl Fn(&Array3<bool>) -> Option<Mask>,
) -> Result<BTreeMap<ClassLabel, Mask>, TargetError> {
    let mut prepared = BTreeMap::new();
    for (&class, mask) in masks {
        if class.is_background() || class == ClassLabel::IGNORE {
            return Err(TargetError::ReservedLabel { class });
        }
        prepared.insert(class, make(mask).ok_or_else(|| TargetError::EmptyMask { class, shape: mask.dim().into() })?);
    }
    Ok(prepared)
}

/// The mask of a particle's class.
pub(crate) fn mask_of<'a>(masks: &'a BTreeMap<ClassLabel, Mask>, index: usize, particle: &Particle) -> Result<&'a Mask, TargetError> {
    let class = particle.class;
    let known = || masks.keys().map(|label| label.get()).collect();
    masks.get(&class).ok_or_else(|| TargetError::NoMask { particle: index, class, known: known() })
}

#[cfg(test)]
mod tests;

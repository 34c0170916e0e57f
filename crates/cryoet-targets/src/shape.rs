use std::collections::BTreeMap;
use std::ops::Range;

use cryoet_core::ndarray::Array3;
use cryoet_core::{ClassLabel, Particle, Progress, VolumeSink};

use crate::mask::Mask;
use crate::paint::{Object, Scene};
use crate::solid::{Solid, indices_within};
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
    let prepared = prepare(masks, Mask::new)?;
    scene(&prepared, particles, params)?.targets(shape)
}

/// Draws turned masks over a label volume, which stays as it is elsewhere: membranes, say, or an annotation begun by hand.
///
/// Returns the particles that cover no voxel. The rest is as for [`shape_targets`].
///
/// # Errors
/// As for [`shape_targets`].
pub fn draw_shapes(
    labels: &mut Array3<u8>,
    particles: &[Particle],
    masks: &BTreeMap<ClassLabel, Array3<bool>>,
    params: &TargetParams,
) -> Result<Vec<usize>, TargetError> {
    let prepared = prepare(masks, Mask::new)?;
    Ok(scene(&prepared, particles, params)?.draw(labels))
}

/// Sets the voxels of turned masks to background: takes objects out of a label volume. Returns the particles that cover no voxel.
///
/// # Errors
/// As for [`shape_targets`].
pub fn erase_shapes(
    labels: &mut Array3<u8>,
    particles: &[Particle],
    masks: &BTreeMap<ClassLabel, Array3<bool>>,
) -> Result<Vec<usize>, TargetError> {
    let prepared = prepare(masks, Mask::new)?;
    Ok(scene(&prepared, particles, &TargetParams::default())?.erasing().draw(labels))
}

/// Draws turned masks into a sink, 64 planes at a time, for volumes larger than memory; voxel for voxel what [`shape_targets`] gives.
///
/// Returns the particles that cover no voxel. Reports planes done.
///
/// # Errors
/// As for [`shape_targets`], and when the sink fails or the work is cancelled.
pub fn write_shapes(
    sink: &mut dyn VolumeSink<u8>,
    particles: &[Particle],
    masks: &BTreeMap<ClassLabel, Array3<bool>>,
    params: &TargetParams,
    progress: &dyn Progress,
) -> Result<Vec<usize>, TargetError> {
    let prepared = prepare(masks, Mask::new)?;
    scene(&prepared, particles, params)?.write(sink, progress)
}

fn scene<'a>(
    masks: &'a BTreeMap<ClassLabel, Mask>,
    particles: &[Particle],
    params: &TargetParams,
) -> Result<Scene<TurnedMask<'a>>, TargetError> {
    let mut objects = Vec::with_capacity(particles.len());
    for (index, particle) in particles.iter().enumerate() {
        let solid = TurnedMask::new(mask_of(masks, index, particle)?, particle, particle.position.zyx());
        objects.push(Object::new(solid, index, particle, params));
    }
    Ok(Scene::new(objects, particles.len(), params.overlap))
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

/// A mask, turned and put in its place.
pub(crate) struct TurnedMask<'a> {
    pub(crate) mask: &'a Mask,
    centre: [f64; 3],
    /// Where the volume's unit steps along z, y, x lead in the mask, each z, y, x.
    steps: [[f64; 3]; 3],
}

impl<'a> TurnedMask<'a> {
    /// A mask turned by a particle's orientation about its reference point, which lies at `centre` (z, y, x).
    pub(crate) fn new(mask: &'a Mask, particle: &Particle, centre: [f64; 3]) -> Self {
        let unit = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let steps = particle.orientation.map_or(unit, |turn| unit.map(|axis| turn.inverse().rotate_zyx(axis)));
        Self { mask, centre, steps }
    }

    /// Calls `run` with each run of voxels x of the row (z, y) whose place in the mask's cells is covered.
    pub(crate) fn row_where(
        &self,
        z: usize,
        y: usize,
        x: Range<usize>,
        covered: impl Fn([f64; 3]) -> bool,
        run: &mut impl FnMut(Range<usize>),
    ) {
        let [dz, dy] = [z as f64 - self.centre[0], y as f64 - self.centre[1]];
        let room = self.mask.reach.powi(2) - dz * dz - dy * dy;
        if room < 0.0 {
            return;
        }
        let [along_z, along_y, along_x] = self.steps;
        let beside: [f64; 3] = std::array::from_fn(|axis| self.mask.reference[axis] + dz * along_z[axis] + dy * along_y[axis]);
        let (first, last) = self.mask.clip(beside, along_x);
        let clipped = indices_within(self.centre[2] + first, self.centre[2] + last, x.end);
        let x = clipped.start.max(x.start)..clipped.end;
        let mut start = None;
        for x in x.clone() {
            let dx = x as f64 - self.centre[2];
            match (covered(std::array::from_fn(|axis| beside[axis] + dx * along_x[axis])), start) {
                (true, None) => start = Some(x),
                (false, Some(first)) => {
                    run(first..x);
                    start = None;
                }
                _ => {}
            }
        }
        if let Some(first) = start {
            run(first..x.end);
        }
    }
}

impl Solid for TurnedMask<'_> {
    fn centre(&self) -> [f64; 3] {
        self.centre
    }

    fn reach(&self) -> f64 {
        self.mask.reach
    }

    fn size(&self) -> f64 {
        self.mask.voxels as f64
    }

    fn row(&self, z: usize, y: usize, x: Range<usize>, run: &mut impl FnMut(Range<usize>)) {
        self.row_where(z, y, x, |at| self.mask.covers(at), run);
    }
}

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use cryoet_core::ndarray::Array3;
use cryoet_core::{ClassLabel, Particle, Progress, VolumeSink, VolumeSource};

use crate::coverage::{DEEP, LEAST_BENT, SHALLOW, half_covered};
use crate::paint::{Object, Scene};
use crate::solid::{Solid, indices_within};
use crate::{TargetError, TargetParams, Targets};

/// Draws every particle as a ball of its class's radius.
///
/// `shape` is the volume's extent z, y, x; `radii` are in voxels. Centres are used as they are, not rounded, and a voxel
/// belongs to a ball when half of it or more lies inside (in closed form). Of a voxel whose centre lies on the
/// surface less than half does, the surface being curved: a ball of radius R has about 1.3 R voxels fewer than if their centres decided, and a
/// ball of radius 0.49 or less has none. Voxels outside the volume are left out; particles that cover none of its voxels are listed in
/// [`Targets::skipped`].
///
/// The result is the same at any number of threads.
///
/// # Errors
/// A particle whose class has no radius; a radius that is not positive and finite; class 0 or 255; a volume too large to address.
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_targets::{TargetParams, sphere_targets};
///
/// let class = ClassLabel::new(2);
/// let inside = Particle::new(class, Position::new(4.0, 4.0, 4.0)?);
/// let outside = Particle::new(class, Position::new(4.0, 4.0, 40.0)?);
/// let targets = sphere_targets([9, 9, 9], &[inside, outside], &BTreeMap::from([(class, 1.5)]), &TargetParams::default())?;
/// assert_eq!(targets.labels.iter().filter(|&&label| label == 2).count(), 19);
/// assert_eq!(targets.skipped, [1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sphere_targets(
    shape: [usize; 3],
    particles: &[Particle],
    radii: &BTreeMap<ClassLabel, f64>,
    params: &TargetParams,
) -> Result<Targets, TargetError> {
    scene(particles, radii, params)?.targets(shape)
}

/// Draws balls over a label volume, which stays as it is elsewhere: membranes, say, or an annotation begun by hand.
///
/// Returns the particles that cover no voxel. The rest is as for [`sphere_targets`].
///
/// # Errors
/// As for [`sphere_targets`].
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::ndarray::Array3;
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_targets::{TargetParams, draw_spheres};
///
/// let mut labels = Array3::from_shape_fn((8, 8, 8), |(z, _, _)| if z < 4 { 7 } else { 0 }); // class 7 below
/// let class = ClassLabel::new(1);
/// let particle = Particle::new(class, Position::new(4.0, 4.0, 4.0)?);
/// draw_spheres(&mut labels, &[particle], &BTreeMap::from([(class, 2.5)]), &TargetParams::default())?;
/// assert_eq!((labels[[3, 4, 4]], labels[[3, 0, 0]], labels[[6, 4, 4]]), (1, 7, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn draw_spheres(
    labels: &mut Array3<u8>,
    particles: &[Particle],
    radii: &BTreeMap<ClassLabel, f64>,
    params: &TargetParams,
) -> Result<Vec<usize>, TargetError> {
    Ok(scene(particles, radii, params)?.draw(labels))
}

/// Sets the voxels of balls to background: takes objects out of a label volume. Returns the particles that cover no voxel.
///
/// # Errors
/// As for [`sphere_targets`].
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::ndarray::Array3;
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_targets::erase_spheres;
///
/// let mut labels = Array3::<u8>::from_elem((8, 8, 8), 3);
/// let class = ClassLabel::new(3);
/// let particle = Particle::new(class, Position::new(4.0, 4.0, 4.0)?);
/// erase_spheres(&mut labels, &[particle], &BTreeMap::from([(class, 1.5)]))?;
/// assert_eq!((labels[[4, 4, 4]], labels.iter().filter(|&&label| label == 0).count()), (0, 19));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn erase_spheres(
    labels: &mut Array3<u8>,
    particles: &[Particle],
    radii: &BTreeMap<ClassLabel, f64>,
) -> Result<Vec<usize>, TargetError> {
    Ok(scene(particles, radii, &TargetParams::default())?.erasing().draw(labels))
}

/// Draws balls into a sink, 64 planes at a time, for volumes larger than memory; voxel for voxel what [`sphere_targets`] gives.
///
/// Returns the particles that cover no voxel. Reports planes done.
///
/// # Errors
/// As for [`sphere_targets`], and when the sink fails or the work is cancelled.
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::ndarray::Array3;
/// use cryoet_core::{ClassLabel, Particle, Position, Volume};
/// use cryoet_targets::{TargetParams, write_spheres};
///
/// let mut sink = Volume::new(Array3::<u8>::zeros((100, 8, 8)));
/// let class = ClassLabel::new(1);
/// let particles = [Particle::new(class, Position::new(63.5, 4.0, 4.0)?)];
/// write_spheres(&mut sink, &particles, &BTreeMap::from([(class, 2.0)]), &TargetParams::default(), &())?;
/// assert_eq!((sink.data()[[63, 4, 4]], sink.data()[[64, 4, 4]]), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_spheres(
    sink: &mut dyn VolumeSink<u8>,
    particles: &[Particle],
    radii: &BTreeMap<ClassLabel, f64>,
    params: &TargetParams,
    progress: &dyn Progress,
) -> Result<Vec<usize>, TargetError> {
    scene(particles, radii, params)?.write(None, sink, progress)
}

/// The same over the labels of a volume that is read alongside: membranes, say, of a volume larger than memory. Voxel for voxel what
/// [`draw_spheres`] gives.
///
/// # Errors
/// As for [`write_spheres`], and when the labels underneath cannot be read or are of another shape than the sink.
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::ndarray::Array3;
/// use cryoet_core::{ClassLabel, Particle, Position, Volume};
/// use cryoet_targets::{TargetParams, write_spheres_over};
///
/// let membrane = Volume::new(Array3::from_shape_fn((8, 8, 8), |(z, _, _)| if z < 4 { 7u8 } else { 0 }));
/// let mut sink = Volume::new(Array3::<u8>::zeros((8, 8, 8)));
/// let class = ClassLabel::new(1);
/// let particles = [Particle::new(class, Position::new(4.0, 4.0, 4.0)?)];
/// write_spheres_over(&membrane, &mut sink, &particles, &BTreeMap::from([(class, 2.5)]), &TargetParams::default(), &())?;
/// assert_eq!((sink.data()[[3, 4, 4]], sink.data()[[3, 0, 0]], sink.data()[[6, 4, 4]]), (1, 7, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_spheres_over(
    base: &dyn VolumeSource<u8>,
    sink: &mut dyn VolumeSink<u8>,
    particles: &[Particle],
    radii: &BTreeMap<ClassLabel, f64>,
    params: &TargetParams,
    progress: &dyn Progress,
) -> Result<Vec<usize>, TargetError> {
    scene(particles, radii, params)?.write(Some(base), sink, progress)
}

fn scene(particles: &[Particle], radii: &BTreeMap<ClassLabel, f64>, params: &TargetParams) -> Result<Scene<Ball>, TargetError> {
    check_radii(radii)?;
    params.check()?;
    let mut objects = Vec::with_capacity(particles.len());
    for (index, particle) in particles.iter().enumerate() {
        let margin = if params.is_uncertain(particle) { params.uncertain_margin } else { 0.0 };
        let ball = Ball::new(particle.position.zyx(), radius_of(radii, index, particle)? + margin);
        objects.push(Object::new(ball, index, particle, params));
    }
    Ok(Scene::new(objects, particles.len(), params.overlap))
}

pub(crate) fn check_radii(radii: &BTreeMap<ClassLabel, f64>) -> Result<(), TargetError> {
    for (&class, &radius) in radii {
        if class.is_background() || class == ClassLabel::IGNORE {
            return Err(TargetError::ReservedLabel { class });
        }
        if !(radius.is_finite() && radius > 0.0) {
            return Err(TargetError::Radius { class, radius });
        }
    }
    Ok(())
}

/// The radius of a particle's class.
pub(crate) fn radius_of(radii: &BTreeMap<ClassLabel, f64>, index: usize, particle: &Particle) -> Result<f64, TargetError> {
    let class = particle.class;
    let known = || radii.keys().map(|label| label.get()).collect();
    radii.get(&class).copied().ok_or_else(|| TargetError::NoRadius { particle: index, class, known: known() })
}

/// A ball at a place z, y, x: the voxels of which half or more lies inside.
struct Ball {
    centre: [f64; 3],
    radius: f64,
    /// Beyond this distance no voxel's centre lies; negative where the ball is too small for any.
    reach: f64,
    /// Up to this squared distance every voxel is covered; negative where nothing is so sure.
    core: f64,
}

impl Ball {
    fn new(centre: [f64; 3], radius: f64) -> Self {
        let core = if radius < LEAST_BENT { -1.0 } else { (radius - DEEP / radius).powi(2) };
        Self { centre, radius, reach: radius - SHALLOW / radius, core }
    }
}

impl Solid for Ball {
    fn centre(&self) -> [f64; 3] {
        self.centre
    }

    fn size(&self) -> f64 {
        self.radius
    }

    fn span(&self, axis: usize, len: usize) -> Range<usize> {
        indices_within(self.centre[axis] - self.reach, self.centre[axis] + self.reach, len)
    }

    fn row(&self, z: usize, y: usize, x: Range<usize>, run: &mut impl FnMut(Range<usize>)) {
        let [cz, cy, cx] = self.centre;
        let [dz, dy] = [z as f64 - cz, y as f64 - cy];
        let beside = dz * dz + dy * dy;
        let room = self.reach * self.reach - beside;
        if room < 0.0 || self.reach < 0.0 {
            return;
        }
        let half = room.sqrt();
        let Range { mut start, mut end } = indices_within(cx - half, cx + half, x.end);
        // Along a row coverage falls to both sides.
        let covered = |x: usize| {
            let dx = x as f64 - cx;
            beside + dx * dx <= self.core || half_covered(self.radius, [dz, dy, dx])
        };
        while start < end && !covered(start) {
            start += 1;
        }
        while start < end && !covered(end - 1) {
            end -= 1;
        }
        let start = start.max(x.start);
        if start < end {
            run(start..end);
        }
    }
}

#[cfg(test)]
mod tests;

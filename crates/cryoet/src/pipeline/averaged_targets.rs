use std::collections::BTreeMap;

use cryoet_average::{AverageError, RefineParams, Refinement, TomogramParticles, refine};
use cryoet_core::ndarray::Array3;
use cryoet_core::{ClassLabel, Particle, Progress, Volume};
use cryoet_targets::{DensityMaskError, DensityMaskParams, TargetError, TargetParams, Targets, density_mask, shape_targets};
use thiserror::Error;

/// How the particles of a class become a shape.
#[derive(Debug, Clone, PartialEq)]
pub struct AveragedClass {
    /// How they are averaged.
    pub refine: RefineParams,
    /// A map to start from, in the tomograms' contrast. None: the particles' own average.
    pub reference: Option<Volume<f32>>,
    /// Where the average ends and its surroundings begin.
    pub mask: DensityMaskParams,
    /// Whether particles are brighter than their surroundings. Default: darker, as in tomograms as they are reconstructed.
    pub bright: bool,
}

impl AveragedClass {
    /// The defaults for boxes of `size` voxels an edge.
    pub fn new(size: usize) -> Self {
        Self { refine: RefineParams::new(size), reference: None, mask: DensityMaskParams::default(), bright: false }
    }
}

/// The average of a class and its shape.
#[derive(Debug, Clone, PartialEq)]
pub struct AveragedShape {
    /// Average, halves, resolution and refined poses.
    pub refinement: Refinement,
    /// The average's mask, a cube whose reference point is where the particles' positions lie, indexed `[z, y, x]`.
    pub mask: Array3<bool>,
}

/// Training labels from positions.
#[derive(Debug, Clone, PartialEq)]
pub struct AveragedTargets {
    /// For each class its average and shape.
    pub classes: BTreeMap<ClassLabel, AveragedShape>,
    /// For each tomogram the labels.
    pub targets: Vec<Targets>,
    /// For each tomogram its particles with refined poses, class after class; [`Targets::skipped`] counts in this order.
    pub particles: Vec<Vec<Particle>>,
}

/// Why positions gave no targets.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AveragedTargetsError {
    /// A class of the list without parameters, or parameters of a class without particles.
    #[error("class {class}: expected both particles and parameters, found {found}")]
    Class {
        /// The class.
        class: ClassLabel,
        /// Which of the two there is.
        found: &'static str,
    },
    /// The particles of a class could not be averaged.
    #[error("class {class} cannot be averaged")]
    Average {
        /// The class.
        class: ClassLabel,
        /// What went wrong.
        source: AverageError,
    },
    /// The average of a class has no shape.
    #[error("the average of class {class} gives no mask")]
    Mask {
        /// The class.
        class: ClassLabel,
        /// What went wrong.
        source: DensityMaskError,
    },
    /// The labels could not be drawn.
    #[error(transparent)]
    Targets(#[from] TargetError),
}

/// Averages the particles of one class, and takes the shape of the average: positions to a mask and orientations.
///
/// What lies outside the mask under which the average was refined counts as background.
///
/// # Errors
/// As [`averaged_targets`]; `class` is only named in them.
pub fn averaged_shape(
    sets: &[TomogramParticles<'_>],
    class: ClassLabel,
    params: &AveragedClass,
    progress: &dyn Progress,
) -> Result<AveragedShape, AveragedTargetsError> {
    let of_average = |source| AveragedTargetsError::Average { class, source };
    let refinement = refine(sets, params.reference.as_ref(), &params.refine, progress).map_err(of_average)?;
    let mask = averaged_mask(&refinement.average, class, params)?;
    Ok(AveragedShape { refinement, mask })
}

/// The shape of an average that was refined before, indexed `[z, y, x]`; what lies outside the mask under which it was refined counts as
/// background.
///
/// # Errors
/// An average that is no cube of the size of the parameters' box, or of their mask; one that gives no mask. `class` is only named in it.
pub fn averaged_mask(average: &Volume<f32>, class: ClassLabel, params: &AveragedClass) -> Result<Array3<bool>, AveragedTargetsError> {
    let size = params.refine.mask.as_ref().map_or(params.refine.average.size, |mask| mask.dim().0);
    let misfits = params.refine.mask.as_ref().is_some_and(|mask| mask.dim() != (size, size, size));
    if misfits || average.shape() != [size; 3] {
        let source = AverageError::Shape { what: "average", shape: average.shape(), size };
        return Err(AveragedTargetsError::Average { class, source });
    }
    density_mask(&density(average, params), &params.mask).map_err(|source| AveragedTargetsError::Mask { class, source })
}

/// The average bright on its ground, whose mean fills the box outside the mask.
fn density(average: &Volume<f32>, params: &AveragedClass) -> Volume<f32> {
    let sign = if params.bright { 1.0 } else { -1.0 };
    let RefineParams { radius, edge, mask, .. } = &params.refine;
    let inside = |(z, y, x): (usize, usize, usize)| match mask {
        Some(mask) => mask[[z, y, x]] > 0.0,
        None => {
            let square = |i: usize, n: usize| (i as f64 - cryoet_core::box_centre(n) as f64).powi(2);
            let [nz, ny, nx] = average.shape();
            square(z, nz) + square(y, ny) + square(x, nx) <= (radius + edge).powi(2)
        }
    };
    let (mut sum, mut count) = (0.0, 0.0);
    for (_, &value) in average.data().indexed_iter().filter(|(place, _)| !inside(*place)) {
        sum += f64::from(value);
        count += 1.0;
    }
    let ground = if count > 0.0 { (sum / count) as f32 } else { 0.0 };
    let value = |place| sign * if inside(place) { average.data()[place] } else { ground };
    average.with_data(Array3::from_shape_fn(average.data().dim(), value))
}

/// Strategy 1 of DeepFinder's paper: annotated positions become averages, averages masks and orientations, and these the labels that a
/// network learns from.
///
/// Each class of the particles is refined with its parameters over all tomograms; its average's mask is then drawn at each of its particles,
/// turned by the refined orientation. Labels have their tomogram's shape, indexed `[z, y, x]`. Progress counts class after class.
///
/// # Errors
/// A class with particles but without parameters, or the other way round; whatever averages, masks or targets refuse.
///
/// ```
/// use cryoet::average::{RefineParams, TomogramParticles};
/// use cryoet::pipeline::{AveragedClass, averaged_targets};
/// use cryoet::targets::TargetParams;
/// use cryoet::{ClassLabel, Particle, Position, Volume, ndarray::Array3};
///
/// let rod = |z: usize, y: usize, x: usize| z.abs_diff(10) < 2 && (y % 16).abs_diff(8) < 2 && (x % 16).abs_diff(8) < 5;
/// let tomogram = Volume::new(Array3::from_shape_fn((20, 32, 32), |(z, y, x)| if rod(z, y, x) { -1.0 } else { 0.0 }));
/// let at = |y, x| Position::new(10.0, y, x).map(|place| Particle::new(ClassLabel::new(1), place));
/// let particles = [at(8.0, 8.0)?, at(8.0, 24.0)?, at(24.0, 8.0)?, at(24.0, 24.0)?];
/// let refine = RefineParams { iterations: 1, everywhere: 0, low_pass: 0.3, radius: 6.0, edge: 1.0, ..RefineParams::new(14) };
/// let classes = [(ClassLabel::new(1), AveragedClass { refine, ..AveragedClass::new(14) })].into();
/// let sets = [TomogramParticles::new(&tomogram, &particles)];
/// let made = averaged_targets(&sets, &classes, &TargetParams::default(), &())?;
/// let labels = &made.targets[0].labels;
/// assert_eq!((labels[[10, 8, 11]], labels[[10, 11, 8]], labels[[3, 8, 8]]), (1, 0, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn averaged_targets(
    sets: &[TomogramParticles<'_>],
    classes: &BTreeMap<ClassLabel, AveragedClass>,
    params: &TargetParams,
    progress: &dyn Progress,
) -> Result<AveragedTargets, AveragedTargetsError> {
    let listed = || sets.iter().flat_map(|set| set.particles).map(|particle| particle.class);
    if let Some(class) = listed().find(|class| !classes.contains_key(class)) {
        return Err(AveragedTargetsError::Class { class, found: "particles only" });
    }
    if let Some(&class) = classes.keys().find(|&&class| listed().all(|other| other != class)) {
        return Err(AveragedTargetsError::Class { class, found: "parameters only" });
    }
    let mut shapes = BTreeMap::new();
    let mut refined: Vec<Vec<Particle>> = vec![Vec::new(); sets.len()];
    for (&class, of_class) in classes {
        let some = |set: &TomogramParticles<'_>| -> Vec<Particle> { set.particles.iter().filter(|p| p.class == class).cloned().collect() };
        let lists: Vec<Vec<Particle>> = sets.iter().map(some).collect();
        let of_sets: Vec<_> = sets.iter().zip(&lists).map(|(set, particles)| TomogramParticles { particles, ..*set }).collect();
        let shape = averaged_shape(&of_sets, class, of_class, progress)?;
        refined.iter_mut().zip(&shape.refinement.particles).for_each(|(list, some)| list.extend_from_slice(some));
        shapes.insert(class, shape);
    }
    let masks: BTreeMap<ClassLabel, Array3<bool>> = shapes.iter().map(|(&class, shape)| (class, shape.mask.clone())).collect();
    let draw = |(set, list): (&TomogramParticles<'_>, &Vec<Particle>)| shape_targets(set.tomogram.shape(), list, &masks, params);
    let targets = sets.iter().zip(&refined).map(draw).collect::<Result<_, _>>()?;
    Ok(AveragedTargets { classes: shapes, targets, particles: refined })
}

#[cfg(test)]
mod tests;

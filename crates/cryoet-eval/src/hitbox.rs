use cryoet_core::ndarray::ArrayView3;
use cryoet_core::{ClassLabel, Particle, Position};

use crate::localisation::Counts;
use crate::{Confusion, EvaluateError, Evaluation, Localisation};

/// What becomes of picks outside the hitbox volume. They are counted as outside either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutsidePicks {
    /// They are moved to the nearest voxel of the volume and may hit a particle there: the SHREC challenges' rule.
    Clamp,
    /// They find nothing.
    Miss,
}

/// The details in which rules of hitbox evaluation differ.
///
/// ```
/// use cryoet_eval::{HitboxProtocol, OutsidePicks};
/// assert_eq!(HitboxProtocol::default(), HitboxProtocol::shrec());
/// let strict = HitboxProtocol { outside: OutsidePicks::Miss, strays_count: true };
/// assert_ne!(strict, HitboxProtocol::default());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HitboxProtocol {
    /// Picks outside the volume.
    pub outside: OutsidePicks,
    /// Whether picks that find nothing, and further picks on a particle already found, lower the precision of the class
    /// they name. In the SHREC tables they do not: a class's precision there is over the particles that were found.
    pub strays_count: bool,
}

impl HitboxProtocol {
    /// The rule behind the published tables of SHREC'19 and SHREC'20: picks outside are clamped, stray picks do not enter
    /// the confusion matrix.
    pub const fn shrec() -> Self {
        Self { outside: OutsidePicks::Clamp, strays_count: false }
    }
}

/// The published rule, so that figures can be compared with the papers'.
impl Default for HitboxProtocol {
    fn default() -> Self {
        Self::shrec()
    }
}

/// Scores picks by the hitboxes they fall into, as the SHREC challenges do.
///
/// `hitboxes` is `[z, y, x]` and holds the particle that owns each voxel: particle `i` of `truth` has id `i + 1`, 0 is
/// nobody's. A pick is rounded to the nearest voxel, ties to the even one, and hits the particle whose id stands there.
///
/// - TP counts particles hit at least once, MH those hit more than once, FP the picks that hit nothing; precision is TP
///   over all picks, so further hits on one particle lower it without counting as FP.
/// - AD averages over all hits the distance from the pick as reported (neither rounded nor clamped) to the true centre.
/// - A particle takes the class of the first pick in the list that hits it.
///
/// # Errors
/// A hitbox id beyond the truth.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_eval::{HitboxProtocol, evaluate_hitboxes};
///
/// let at = |class, x| Position::new(2.0, 2.0, x).map(|position| Particle::new(ClassLabel::new(class), position));
/// let truth = [at(1, 2.0)?, at(2, 7.0)?];
/// let hitboxes = Array3::from_shape_fn((5, 5, 10), |(_, _, x)| if x < 5 { 1 } else { 2 });
/// let evaluation = evaluate_hitboxes(&truth, &[at(1, 3.0)?, at(1, 1.0)?], hitboxes.view(), &HitboxProtocol::shrec())?;
/// let found = evaluation.localisation;
/// assert_eq!((found.tp, found.fp, found.fn_, found.multiple_hits), (1, 0, 1, 1));
/// assert_eq!((found.recall, found.precision, found.mean_distance), (0.5, 0.5, 1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evaluate_hitboxes(
    truth: &[Particle],
    picks: &[Particle],
    hitboxes: ArrayView3<'_, u32>,
    protocol: &HitboxProtocol,
) -> Result<Evaluation, EvaluateError> {
    check_ids(truth.len(), hitboxes)?;
    let shape: [usize; 3] = hitboxes.dim().into();
    let mut counts = Counts { truth: truth.len() as u64, reported: picks.len() as u64, ..Counts::default() };
    let mut hits = vec![0u32; truth.len()];
    let mut matches = vec![None; truth.len()];
    let mut strays = Vec::new();
    for (index, pick) in picks.iter().enumerate() {
        let (voxel, outside) = nearest_voxel(pick.position, shape);
        counts.outside += u64::from(outside);
        let missed = outside && protocol.outside == OutsidePicks::Miss;
        let id = voxel.filter(|_| !missed).map_or(0, |voxel| hitboxes[voxel]) as usize;
        let Some(hit) = id.checked_sub(1) else {
            counts.fp += 1;
            strays.push((ClassLabel::BACKGROUND, pick.class));
            continue;
        };
        counts.hits += 1;
        counts.distance_sum += pick.position.distance(&truth[hit].position);
        match matches[hit] {
            None => matches[hit] = Some(index),
            Some(_) => strays.push((ClassLabel::BACKGROUND, pick.class)),
        }
        hits[hit] += 1;
    }
    counts.tp = hits.iter().filter(|&&n| n > 0).count() as u64;
    counts.multiple_hits = hits.iter().filter(|&&n| n > 1).count() as u64;
    let named = |found: &Option<usize>| found.map_or(ClassLabel::BACKGROUND, |pick| picks[pick].class);
    let mut pairs: Vec<_> = truth.iter().zip(&matches).map(|(particle, found)| (particle.class, named(found))).collect();
    if protocol.strays_count {
        pairs.append(&mut strays);
    }
    Ok(Evaluation::new(Localisation::new(counts), Confusion::of(&pairs), matches))
}

fn check_ids(truth: usize, hitboxes: ArrayView3<'_, u32>) -> Result<(), EvaluateError> {
    match hitboxes.indexed_iter().find(|&(_, &id)| id as usize > truth) {
        Some(((z, y, x), &id)) => Err(EvaluateError::UnknownParticle { voxel: [z, y, x], id, truth }),
        None => Ok(()),
    }
}

/// The voxel nearest to a position, clamped into the shape, and whether it had to be; none in a volume without voxels.
fn nearest_voxel(position: Position, shape: [usize; 3]) -> (Option<[usize; 3]>, bool) {
    let mut voxel = [0; 3];
    let mut outside = false;
    for axis in 0..3 {
        let Some(last) = shape[axis].checked_sub(1) else { return (None, true) };
        let rounded = position.zyx()[axis].round_ties_even();
        let clamped = rounded.clamp(0.0, last as f64);
        outside |= clamped != rounded;
        voxel[axis] = clamped as usize;
    }
    (Some(voxel), outside)
}

#[cfg(test)]
mod tests;

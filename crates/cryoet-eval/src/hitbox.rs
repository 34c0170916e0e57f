use cryoet_core::ndarray::ArrayView3;
use cryoet_core::{ClassLabel, Particle, Position};

use crate::distance::stray;
use crate::evaluation::Outcome;
use crate::hitbox_protocol::{HitboxProtocol, MeanDistance, OutsidePicks};
use crate::localisation::Counts;
use crate::{EvaluateError, Evaluation};

/// Scores picks by the hitboxes they fall into, as the SHREC challenges do.
///
/// `hitboxes` is `[z, y, x]` and holds the particle that owns each voxel: particle `i` of `truth` has id `i + 1`, 0 is
/// nobody's. A pick is rounded to the nearest voxel, ties to the even one, and hits the particle whose id stands there.
///
/// - TP counts particles hit at least once, MH those hit more than once, FP the picks that hit nothing; precision is TP
///   over all picks, so further hits on one particle lower it without counting as FP.
/// - A particle takes the class of the first pick in the list that hits it.
/// - What the challenges do differently from each other is in the [`HitboxProtocol`].
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
/// let evaluation = evaluate_hitboxes(&truth, &[at(1, 3.0)?, at(1, 1.0)?], hitboxes.view(), &HitboxProtocol::shrec_2019())?;
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
    let excluded = |particle: &Particle| protocol.excluded.contains(&particle.class);
    let named = |pick: &Particle| if excluded(pick) { ClassLabel::BACKGROUND } else { pick.class };
    let mut counts = Counts { reported: picks.len() as u64, ..Counts::default() };
    let mut hits = vec![0u32; truth.len()];
    let mut matches = vec![None; truth.len()];
    let (mut strays, mut aside) = (Vec::new(), Vec::new());
    for (index, pick) in picks.iter().enumerate() {
        let (voxel, outside) = nearest_voxel(pick.position, shape);
        counts.outside += u64::from(outside);
        let voxel = voxel.filter(|_| !(outside && protocol.outside == OutsidePicks::Miss));
        let id = voxel.map_or(0, |voxel| if protocol.dilated { dilated(hitboxes, voxel) } else { hitboxes[voxel] });
        let (Some(voxel), Some(hit)) = (voxel, (id as usize).checked_sub(1)) else {
            counts.fp += 1;
            strays.push(stray(index, named(pick)));
            continue;
        };
        if excluded(&truth[hit]) {
            aside.push(stray(index, named(pick)));
            continue;
        }
        hits[hit] += 1;
        if matches[hit].is_none() {
            matches[hit] = Some(index);
        } else {
            strays.push(stray(index, named(pick)));
            if protocol.mean_distance == MeanDistance::FirstHits {
                continue;
            }
        }
        counts.hits += 1;
        counts.distance_sum += match protocol.mean_distance {
            MeanDistance::AllHitsUnrounded => pick.position.distance(&truth[hit].position),
            MeanDistance::AllHits | MeanDistance::FirstHits => Position::from_index(voxel).distance(&truth[hit].position),
        };
    }
    counts.tp = hits.iter().filter(|&&n| n > 0).count() as u64;
    counts.multiple_hits = hits.iter().filter(|&&n| n > 1).count() as u64;
    let mut outcomes = Vec::with_capacity(truth.len() + strays.len());
    for (index, (particle, &found)) in truth.iter().zip(&matches).enumerate() {
        if excluded(particle) {
            if protocol.in_recall.contains(&particle.class) {
                counts.unsought += 1;
                let nobody = ClassLabel::BACKGROUND;
                aside.push(Outcome { tomogram: 0, truth: Some(index), pick: None, truth_class: particle.class, pick_class: nobody });
            }
            continue;
        }
        counts.truth += 1;
        let pick_class = found.map_or(ClassLabel::BACKGROUND, |pick| named(&picks[pick]));
        outcomes.push(Outcome { tomogram: 0, truth: Some(index), pick: found, truth_class: particle.class, pick_class });
    }
    outcomes.append(&mut strays);
    Ok(Evaluation::new(counts, outcomes, aside, matches, protocol.strays_count))
}

fn check_ids(truth: usize, hitboxes: ArrayView3<'_, u32>) -> Result<(), EvaluateError> {
    if hitboxes.iter().all(|&id| id as usize <= truth) {
        return Ok(());
    }
    match hitboxes.indexed_iter().find(|&(_, &id)| id as usize > truth) {
        Some(((z, y, x), &id)) => Err(EvaluateError::UnknownParticle { voxel: [z, y, x], id, truth }),
        None => Ok(()),
    }
}

/// The largest id among a voxel and its six neighbours: what a grey-value dilation by a cross leaves there.
fn dilated(hitboxes: ArrayView3<'_, u32>, voxel: [usize; 3]) -> u32 {
    let mut largest = hitboxes[voxel];
    for axis in 0..3 {
        for beside in [voxel[axis].wrapping_sub(1), voxel[axis] + 1] {
            let mut at = voxel;
            at[axis] = beside;
            largest = largest.max(hitboxes.get(at).copied().unwrap_or(0));
        }
    }
    largest
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

use cryoet_core::Particle;
use thiserror::Error;

/// What was found of one class.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidates {
    /// The particles, in any order; those without a score come last.
    pub particles: Vec<Particle>,
    /// The class's radius in voxels: of two classes the larger goes first, and particles nearer than the sum of their radii overlap.
    pub radius: f64,
}

/// Why candidates could not be merged.
#[derive(Debug, Error, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum SelectionError {
    /// A radius that is negative or not finite.
    #[error("candidate list {list} has a radius of {radius} voxels: expected a finite number, 0 or more")]
    Radius {
        /// The list's place, from 0.
        list: usize,
        /// The radius given.
        radius: f64,
    },
}

/// The best `most` candidates of each class, from the largest class down: TM-T of SHREC'20 (section 3.7), which took 217 of each.
///
/// Within a class the best come first. Classes of equal radius keep their order.
///
/// # Errors
/// A radius that is negative or not finite.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position, Score};
/// use cryoet_match::{Candidates, top_per_class, top_without_overlap};
/// let at = |class, x, score| Ok::<_, Box<dyn std::error::Error>>(
///     Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, x)?).with_score(Score::new(score)?));
/// let small = Candidates { particles: vec![at(1, 11.0, 0.9)?, at(1, 40.0, 0.5)?], radius: 3.0 };
/// let large = Candidates { particles: vec![at(2, 10.0, 0.4)?], radius: 8.0 };
/// assert_eq!(top_per_class(&[small.clone(), large.clone()], 1)?.len(), 2);
/// // The small one at 11 lies in the large one, which goes first.
/// let found = top_without_overlap(&[small, large], 1)?;
/// assert_eq!([found[0].position.x(), found[1].position.x()], [10.0, 40.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn top_per_class(classes: &[Candidates], most: usize) -> Result<Vec<Particle>, SelectionError> {
    Ok(from_the_largest(classes)?.into_iter().flat_map(|class| ranked(class).into_iter().take(most)).cloned().collect())
}

/// As [`top_per_class`], without candidates that overlap one already taken: TM-F of SHREC'20 (section 3.7).
///
/// Two particles overlap where their distance is smaller than the sum of their radii, of the same class or not. Overlapping
/// candidates do not count towards `most`: the benchmark's TM-F reports as many particles as its TM-T.
///
/// # Errors
/// A radius that is negative or not finite.
pub fn top_without_overlap(classes: &[Candidates], most: usize) -> Result<Vec<Particle>, SelectionError> {
    let mut taken: Vec<(&Particle, f64)> = Vec::new();
    for class in from_the_largest(classes)? {
        let mut of_class = 0;
        for candidate in ranked(class) {
            if of_class == most {
                break;
            }
            let overlaps = |&(other, radius): &(&Particle, f64)| {
                other.position.distance_squared(&candidate.position) < (radius + class.radius).powi(2)
            };
            if !taken.iter().any(overlaps) {
                taken.push((candidate, class.radius));
                of_class += 1;
            }
        }
    }
    Ok(taken.into_iter().map(|(particle, _)| particle.clone()).collect())
}

fn from_the_largest(classes: &[Candidates]) -> Result<Vec<&Candidates>, SelectionError> {
    let bad = |class: &Candidates| !(class.radius >= 0.0 && class.radius.is_finite());
    if let Some(list) = classes.iter().position(bad) {
        return Err(SelectionError::Radius { list, radius: classes[list].radius });
    }
    let mut sorted: Vec<&Candidates> = classes.iter().collect();
    sorted.sort_by(|a, b| b.radius.total_cmp(&a.radius));
    Ok(sorted)
}

fn ranked(class: &Candidates) -> Vec<&Particle> {
    let score = |particle: &Particle| particle.score.map_or(f64::NEG_INFINITY, |score| score.get());
    let mut sorted: Vec<&Particle> = class.particles.iter().collect();
    sorted.sort_by(|a, b| score(b).total_cmp(&score(a)));
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::{ClassLabel, Position, Score};

    fn particles(class: u8, places: &[(f64, f64)]) -> Vec<Particle> {
        let particle = |&(x, score): &(f64, f64)| {
            Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, x).unwrap()).with_score(Score::new(score).unwrap())
        };
        places.iter().map(particle).collect()
    }

    fn places(found: &[Particle]) -> Vec<(u8, f64)> {
        found.iter().map(|particle| (particle.class.get(), particle.position.x())).collect()
    }

    #[test]
    fn overlap_goes_on_down_the_list_until_there_are_enough() {
        let large = Candidates { particles: particles(1, &[(0.0, 0.3), (9.0, 0.9), (30.0, 0.1)]), radius: 5.0 };
        let small = Candidates { particles: particles(2, &[(33.0, 0.9), (16.0, 0.5), (14.9, 0.4), (60.0, 0.2)]), radius: 2.0 };
        let classes = [small, large];
        assert_eq!(places(&top_per_class(&classes, 2).unwrap()), [(1, 9.0), (1, 0.0), (2, 33.0), (2, 16.0)]);
        // 0 overlaps 9 (9 < 10); 33 overlaps 30; 16 touches 9 (7 is not under 7); 14.9 overlaps.
        assert_eq!(places(&top_without_overlap(&classes, 2).unwrap()), [(1, 9.0), (1, 30.0), (2, 16.0), (2, 60.0)]);
    }

    #[test]
    fn refuses_a_radius_that_is_none() {
        let bad = Candidates { particles: Vec::new(), radius: f64::NAN };
        assert!(matches!(top_per_class(&[bad], 1), Err(SelectionError::Radius { list: 0, .. })));
        assert!(top_without_overlap(&[], 5).unwrap().is_empty());
    }
}

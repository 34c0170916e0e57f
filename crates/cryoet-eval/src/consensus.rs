use cryoet_core::Particle;

use crate::assignment::assign;
use crate::distance::near_pairs;
use crate::{DistanceParams, EvaluateError};

/// Which of two lists a particle of their union comes from: how far it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Agreement {
    /// Both lists have it: very likely true.
    Both,
    /// Only the first has it.
    FirstOnly,
    /// Only the second has it.
    SecondOnly,
}

/// What two lists have in common, by indices.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Consensus {
    /// Pairs (first list, second list) by rising first index.
    pub both: Vec<(usize, usize)>,
    /// What only the first list has.
    pub first_only: Vec<usize>,
    /// What only the second list has.
    pub second_only: Vec<usize>,
}

/// Compares two lists of picks, of an expert and a program say (S_E and S_DF of the DeepFinder paper), without calling either the truth.
///
/// Particles are paired one to one within the radius, whatever their classes, as in
/// [`evaluate_distance`](crate::evaluate_distance); class radii are those of the first list's classes.
///
/// # Errors
/// As for [`evaluate_distance`](crate::evaluate_distance).
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_eval::{Agreement, DistanceParams, consensus};
///
/// let at = |x| Position::new(0.0, 0.0, x).map(|position| Particle::new(ClassLabel::new(1), position));
/// let (expert, program) = ([at(0.0)?, at(20.0)?], [at(21.0)?, at(50.0)?]);
/// let shared = consensus(&expert, &program, &DistanceParams::new(3.0))?;
/// assert_eq!((&shared.both[..], &shared.first_only[..], &shared.second_only[..]), (&[(1, 0)][..], &[0][..], &[1][..]));
/// let union = shared.union(&expert, &program);
/// assert_eq!(union.iter().map(|(_, agreement)| *agreement).collect::<Vec<_>>(), [Agreement::Both, Agreement::FirstOnly, Agreement::SecondOnly]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn consensus(first: &[Particle], second: &[Particle], params: &DistanceParams) -> Result<Consensus, EvaluateError> {
    let near = near_pairs(first, second, params)?;
    let matches = assign(&near, params.largest());
    let mut paired = vec![false; second.len()];
    let (mut both, mut first_only) = (Vec::new(), Vec::new());
    for (index, found) in matches.into_iter().enumerate() {
        match found {
            Some(other) => {
                paired[other] = true;
                both.push((index, other));
            }
            None => first_only.push(index),
        }
    }
    Ok(Consensus { both, first_only, second_only: (0..second.len()).filter(|&index| !paired[index]).collect() })
}

impl Consensus {
    /// All particles of either list, each once: what both have (as the first list has it), then what only one has.
    /// Indices beyond the lists, which the consensus of these lists has none of, are left out.
    pub fn union<'a>(&self, first: &'a [Particle], second: &'a [Particle]) -> Vec<(&'a Particle, Agreement)> {
        let of = |list: &'a [Particle], index: usize, agreement| list.get(index).map(|particle| (particle, agreement));
        let both = self.both.iter().filter_map(|&(index, _)| of(first, index, Agreement::Both));
        let first_only = self.first_only.iter().filter_map(|&index| of(first, index, Agreement::FirstOnly));
        let second_only = self.second_only.iter().filter_map(|&index| of(second, index, Agreement::SecondOnly));
        both.chain(first_only).chain(second_only).collect()
    }
}

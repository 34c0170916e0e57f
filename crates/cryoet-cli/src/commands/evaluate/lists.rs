//! Lists of particles, tomogram by tomogram.

use std::collections::BTreeMap;

use cryoet::Particle;
use cryoet::io::ParticleList;

use crate::failure::Failure;
use crate::output;

/// For each tomogram the particles of every list; without pooling the lists are of one tomogram each. Differing names are warned of.
pub(super) fn by_tomogram(lists: &[ParticleList], pool: bool) -> Result<Vec<Vec<Vec<Particle>>>, Failure> {
    if !pool {
        for list in &lists[1..] {
            if let (Some(of_truth), Some(of_picks)) = (tomogram_of(&lists[0]), tomogram_of(list))
                && of_truth != of_picks
            {
                output::warn(format!("the truth is of tomogram {of_truth:?}, the picks are of {of_picks:?}"));
            }
        }
        return Ok(vec![lists.iter().map(|list| list.particles.clone()).collect()]);
    }
    let mut tomograms: BTreeMap<&str, Vec<Vec<Particle>>> = BTreeMap::new();
    for (place, list) in lists.iter().enumerate() {
        for (index, particle) in list.particles.iter().enumerate() {
            let name = list
                .tomogram_of(particle)
                .ok_or_else(|| Failure::new(format!("particle {index} of list {} names no tomogram, by which --pool goes", place + 1)))?;
            tomograms.entry(name).or_insert_with(|| vec![Vec::new(); lists.len()])[place].push(particle.clone());
        }
    }
    let strange: Vec<_> = tomograms.iter().filter(|(_, lists)| lists[0].is_empty()).map(|(name, _)| *name).collect();
    if !strange.is_empty() {
        output::warn(format!("picks lie in tomograms of which the truth has no particle: {}", strange.join(", ")));
    }
    if tomograms.is_empty() {
        return Ok(vec![vec![Vec::new(); lists.len()]]);
    }
    Ok(tomograms.into_values().collect())
}

/// The name of a list's tomogram.
fn tomogram_of(list: &ParticleList) -> Option<&str> {
    list.particles.first().map_or(list.tomogram.as_deref(), |particle| list.tomogram_of(particle))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet::{ClassLabel, Position};

    fn list(names: &[&str]) -> ParticleList {
        let at = |name: &&str| Particle::new(ClassLabel::new(1), Position::new(0.0, 0.0, 0.0).unwrap()).with_tomogram(*name);
        ParticleList::new(names.iter().map(at).collect())
    }

    #[test]
    fn every_list_has_every_tomogram() {
        let tomograms = by_tomogram(&[list(&["b", "a", "b"]), list(&["b"])], true).unwrap();
        let counts: Vec<Vec<usize>> = tomograms.iter().map(|lists| lists.iter().map(Vec::len).collect()).collect();
        assert_eq!(counts, [[1, 0], [2, 1]]);
        assert_eq!(by_tomogram(&[list(&[]), list(&[])], true).unwrap(), vec![vec![Vec::new(); 2]]);
        let nameless = ParticleList::new(vec![Particle::new(ClassLabel::new(1), Position::new(0.0, 0.0, 0.0).unwrap())]);
        assert!(by_tomogram(&[nameless, list(&["b"])], true).is_err());
    }
}

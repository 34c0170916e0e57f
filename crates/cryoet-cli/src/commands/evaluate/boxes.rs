//! The volume of particle ids that hitbox rules look into.

use std::path::PathBuf;

use cryoet::eval::{HitboxProtocol, truth_hitboxes};
use cryoet::io::{inspect_volume, read_ids};
use cryoet::ndarray::Array3;
use cryoet::{ClassTable, Particle};

use super::rule::RuleOptions;
use crate::failure::Failure;
use crate::masks::read_masks;
use crate::output;

/// The volume, read or made of masks; warns of particles that no pick can find.
pub(super) fn boxes(
    options: &RuleOptions,
    protocol: &HitboxProtocol,
    truth: &[Particle],
    masks: &[PathBuf],
    classes: &ClassTable,
) -> Result<Array3<u32>, Failure> {
    let ids = match (&options.hitboxes, &options.like) {
        (Some(path), _) => read_ids(path)?.into_data(),
        (None, Some(like)) => truth_hitboxes(inspect_volume(like)?.shape, truth, &read_masks(masks, classes)?)?,
        (None, None) => return Err(Failure::usage("give --hitboxes, or --masks and --like")),
    };
    let (without, counted) = without_voxel(&ids, truth, protocol);
    if without > 0 {
        output::warn(format!("{without} of {counted} particles that count own no voxel of the boxes' volume: no pick can find them"));
    }
    Ok(ids)
}

/// How many of the particles that count own no voxel, and how many count.
fn without_voxel(ids: &Array3<u32>, truth: &[Particle], protocol: &HitboxProtocol) -> (usize, usize) {
    let mut owns = vec![false; truth.len()];
    for &id in ids {
        if let Some(owns) = (id as usize).checked_sub(1).and_then(|index| owns.get_mut(index)) {
            *owns = true;
        }
    }
    let counts = |particle: &Particle| !protocol.excluded.contains(&particle.class);
    let counted = truth.iter().filter(|particle| counts(particle)).count();
    (truth.iter().zip(owns).filter(|(particle, owns)| counts(particle) && !owns).count(), counted)
}

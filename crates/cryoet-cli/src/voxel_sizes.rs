//! Voxel sizes of files that belong together.

use std::path::Path;

use cryoet::VoxelSize;

use crate::failure::Failure;

/// By how much sizes of one thing may differ: headers round.
const TOLERANCE: f64 = 0.01;

/// Refuses files whose voxel sizes are known and differ. Exactly 1 Angstrom is what programs write that do not know better, and counts as unknown.
pub(crate) fn check_voxel_sizes<'a>(files: impl IntoIterator<Item = (&'a Path, Option<VoxelSize>)>) -> Result<(), Failure> {
    let mut known = files.into_iter().filter_map(|(path, size)| Some((path, size?))).filter(|(_, size)| size.zyx() != [1.0; 3]);
    let Some((first, size)) = known.next() else { return Ok(()) };
    match known.find(|(_, other)| other.relative_difference(&size) > TOLERANCE) {
        Some((path, other)) => Err(Failure::new(format!(
            "voxel sizes differ: {} has {} Angstrom, {} has {}",
            first.display(),
            shown(size),
            path.display(),
            shown(other)
        ))),
        None => Ok(()),
    }
}

fn shown(size: VoxelSize) -> String {
    let [z, y, x] = size.zyx();
    if z == y && y == x { z.to_string() } else { format!("{z},{y},{x} (z, y, x)") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sizes_must_agree() {
        let check = |sizes: &[f64]| {
            let size = |&size: &f64| (Path::new("a"), VoxelSize::isotropic(size).ok());
            check_voxel_sizes(sizes.iter().map(size)).map_err(|failure| failure.to_string())
        };
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[0.0, 10.0, 1.0, 10.05]), Ok(()));
        assert_eq!(check(&[10.0, 0.0, 13.48]), Err("voxel sizes differ: a has 10 Angstrom, a has 13.48".to_owned()));
    }
}

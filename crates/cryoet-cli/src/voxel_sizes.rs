//! Voxel sizes of files that belong together.

use std::path::Path;

use cryoet::VoxelSize;

use crate::failure::Failure;
#[cfg(feature = "net")]
use crate::numbers;
use crate::output;

/// Whether a voxel size is what programs write that do not know it: exactly 1 Angstrom.
pub(crate) fn is_placeholder(size: VoxelSize) -> bool {
    size.zyx() == [1.0; 3]
}

/// One voxel size for all axes, or three z, y, x, in Angstrom.
#[cfg(feature = "net")]
pub(crate) fn parse(text: &str) -> Result<VoxelSize, String> {
    let [z, y, x] = numbers::triple_or_one(text)?;
    VoxelSize::new(z, y, x).map_err(|error| error.to_string())
}

/// Refuses files whose voxel sizes are known and differ; a placeholder is unknown.
pub(crate) fn check_voxel_sizes<'a>(files: impl IntoIterator<Item = (&'a Path, Option<VoxelSize>)>) -> Result<(), Failure> {
    let mut known = files.into_iter().filter_map(|(path, size)| Some((path, size?))).filter(|(_, size)| !is_placeholder(*size));
    let Some((first, size)) = known.next() else { return Ok(()) };
    match known.find(|(_, other)| !other.agrees_with(&size)) {
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

/// The voxel sizes of a tomogram and of a map to be brought to it; where one of them is unknown it is taken for the other's, which is said.
pub(crate) fn voxel_sizes_of(map: &Path, of_map: Option<VoxelSize>, of_tomogram: Option<VoxelSize>) -> Result<[VoxelSize; 2], Failure> {
    let taken = |unknown: &str, size: VoxelSize| {
        output::warn(format!("{}: the {unknown}'s voxel size is unknown, and taken to be {} Angstrom", map.display(), shown(size)));
        [size; 2]
    };
    match (of_tomogram, of_map) {
        (Some(of_tomogram), Some(of_map)) => Ok([of_tomogram, of_map]),
        (Some(of_tomogram), None) => Ok(taken("map", of_tomogram)),
        (None, Some(of_map)) => Ok(taken("tomogram", of_map)),
        (None, None) => Err(Failure::new("neither the map nor the tomogram knows its voxel size")),
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
    fn an_unknown_size_is_the_others() {
        let sizes = |of_map: f64, of_tomogram: f64| {
            let size = |angstrom| VoxelSize::isotropic(angstrom).ok();
            voxel_sizes_of(Path::new("m"), size(of_map), size(of_tomogram)).map(|sizes| sizes.map(|size| size.mean().round())).ok()
        };
        assert_eq!(sizes(4.0, 10.0), Some([10.0, 4.0]));
        assert_eq!(sizes(0.0, 10.0), Some([10.0; 2]));
        assert_eq!(sizes(4.0, 0.0), Some([4.0; 2]));
        assert_eq!(sizes(0.0, 0.0), None);
    }

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

//! Tomograms that networks learn from and look at.

use std::path::Path;

use cryoet::io::open_volume;
use cryoet::ndarray::Array3;
use cryoet::{Region, SourceError, Statistics, VolumeSource, VoxelSize};

use crate::failure::Failure;
use crate::voxel_sizes::is_placeholder;

/// A tomogram that is read region by region, with the voxel size that the user states, or else its own.
pub(crate) fn open_tomogram(path: &Path, stated: Option<VoxelSize>) -> Result<Box<dyn VolumeSource<f32> + Send>, Failure> {
    let volume = open_volume(path)?;
    let size = voxel_size(path, volume.voxel_size(), stated)?;
    Ok(if stated.is_some() { Box::new(Stated { volume, size }) } else { volume })
}

/// The voxel size of a tomogram; unknown where its file says nothing. A file that says exactly 1 Angstrom must be helped: a network that
/// believed it would see particles ten times too large.
pub(crate) fn voxel_size(path: &Path, found: Option<VoxelSize>, stated: Option<VoxelSize>) -> Result<Option<VoxelSize>, Failure> {
    match stated.or(found) {
        Some(size) if stated.is_none() && is_placeholder(size) => Err(Failure::new(format!(
            "{}: the voxel size is exactly 1 Angstrom, which programs write that do not know it (--voxel-size states it)",
            path.display()
        ))),
        size => Ok(size),
    }
}

/// A volume under a voxel size that its file does not tell.
struct Stated {
    volume: Box<dyn VolumeSource<f32> + Send>,
    size: Option<VoxelSize>,
}

impl VolumeSource<f32> for Stated {
    fn shape(&self) -> [usize; 3] {
        self.volume.shape()
    }

    fn voxel_size(&self) -> Option<VoxelSize> {
        self.size
    }

    fn origin(&self) -> [f64; 3] {
        self.volume.origin()
    }

    fn noted_statistics(&self) -> Option<Statistics> {
        self.volume.noted_statistics()
    }

    fn read_region(&self, region: Region) -> Result<Array3<f32>, SourceError> {
        self.volume.read_region(region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stated_goes_before_what_is_found() {
        let size = |angstrom: f64| VoxelSize::isotropic(angstrom).ok();
        let known =
            |found: f64, stated: f64| voxel_size(Path::new("t.mrc"), size(found), size(stated)).map_err(|failure| failure.to_string());
        assert_eq!(known(10.0, 0.0), Ok(size(10.0)));
        assert_eq!(known(0.0, 0.0), Ok(None));
        assert_eq!(known(1.0, 13.0), Ok(size(13.0)));
        assert_eq!(known(10.0, 1.0), Ok(size(1.0)));
        let refused = known(1.0, 0.0).unwrap_err();
        assert!(refused.starts_with("t.mrc: the voxel size is exactly 1 Angstrom") && refused.contains("--voxel-size"), "{refused}");
    }
}

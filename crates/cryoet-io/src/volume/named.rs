use std::path::Path;

use cryoet_core::{Volume, ndarray::ArrayView3};
use half::f16;

use super::{NpyVoxel, VolumeFormat, WriteVolumeError, hdf5_writer, npy_sink::sealed, npz_writer, write::extension};

/// The longest name of a volume in a file, in bytes.
const LONGEST_NAME: usize = 255;

/// Writes several volumes into one file, each under its name: `.h5` (data sets of the root group) or `.npz` (NumPy's archive, not packed).
/// [`open_named_volume`](crate::open_named_volume) reads them.
///
/// # Errors
/// An extension of neither format; names that are empty, used twice, longer than 255 bytes, or hold `/` or a control character; a file
/// that cannot be written.
///
/// ```
/// use cryoet_core::{Region, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("scores.h5");
/// let (even, odd) = (Array3::<f32>::zeros((2, 3, 4)), Array3::<f32>::ones((2, 3, 4)));
/// cryoet_io::write_named_volumes(&path, &[("even", even.view()), ("odd", odd.view())])?;
/// assert_eq!(cryoet_io::volume_names(&path)?, ["odd", "even"]);
/// assert_eq!(cryoet_io::open_named_volume(&path, "odd")?.read_region(Region::whole([2, 3, 4]))?, odd);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_named_volumes<T: NpyVoxel>(path: impl AsRef<Path>, volumes: &[(&str, ArrayView3<'_, T>)]) -> Result<(), WriteVolumeError> {
    let path = path.as_ref();
    for (place, (name, _)) in volumes.iter().enumerate() {
        let fail = |reason| WriteVolumeError::Name { path: path.to_path_buf(), name: (*name).into(), reason };
        if name.is_empty() || *name == "." || name.len() > LONGEST_NAME || name.contains(|c: char| c == '/' || c.is_control()) {
            return Err(fail("expected 1 to 255 bytes without / and control characters"));
        }
        if volumes[..place].iter().any(|(other, _)| other == name) {
            return Err(fail("two volumes have it"));
        }
    }
    match VolumeFormat::of_extension(path) {
        Some(VolumeFormat::Hdf5) => hdf5_writer::write(path, volumes),
        Some(VolumeFormat::Npz) => npz_writer::write(path, volumes),
        _ => Err(extension(path)),
    }
}

/// Writes score maps as DeepFinder has them: HDF5, `class0` of the background, `class1` and so on, 16-bit floats.
///
/// Scores of 0 to 1 are so kept to 2.5e-4; what 16 bits cannot hold becomes infinite. Region by region:
/// [`create_score_maps_sink`](crate::create_score_maps_sink).
///
/// # Errors
/// An extension that is not HDF5's, a file that cannot be written.
///
/// ```
/// use cryoet_core::{Region, Volume, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("scores.h5");
/// let map = |score: f32| Volume::new(Array3::from_elem((2, 3, 4), score));
/// cryoet_io::write_score_maps(&path, &[map(0.75), map(0.25)])?;
/// let of_class_1 = cryoet_io::open_named_volume(&path, "class1")?;
/// assert_eq!(of_class_1.read_region(Region::new([0; 3], [1; 3]))?[[0, 0, 0]], 0.25);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_score_maps(path: impl AsRef<Path>, maps: &[Volume<f32>]) -> Result<(), WriteVolumeError> {
    let path = path.as_ref();
    if VolumeFormat::of_extension(path) != Some(VolumeFormat::Hdf5) {
        return Err(extension(path));
    }
    let names = score_map_names(maps.len());
    let halves: Vec<_> = maps.iter().map(|map| map.data().mapv(|score| Half(f16::from_f32(score)))).collect();
    let volumes: Vec<_> = names.iter().zip(&halves).map(|(name, map)| (name.as_str(), map.view())).collect();
    write_named_volumes(path, &volumes)
}

/// DeepFinder's names of the score maps of background and classes.
pub(super) fn score_map_names(count: usize) -> Vec<String> {
    (0..count).map(|class| format!("class{class}")).collect()
}

/// A 16-bit float.
#[derive(Debug, Clone, Copy)]
pub(super) struct Half(pub(super) f16);

impl sealed::Sealed for Half {}

impl NpyVoxel for Half {
    const DESCR: &'static str = "<f2";

    fn put(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.0.to_le_bytes());
    }
}

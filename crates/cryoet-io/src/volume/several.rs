use std::path::Path;

use super::ReadVolumeError;

/// The place of the volume that is wanted among those a file holds by name.
pub(crate) fn choose(path: &Path, names: &[String], wanted: Option<&str>) -> Result<usize, ReadVolumeError> {
    let (path, found) = (path.to_path_buf(), names.to_vec());
    match (wanted, names) {
        (Some(name), _) => {
            names.iter().position(|n| n == name).ok_or_else(|| ReadVolumeError::NoSuchVolume { path, name: name.into(), found })
        }
        (None, [_]) => Ok(0),
        (None, _) => Err(ReadVolumeError::Several { path, found }),
    }
}

/// Refuses a name for a file that holds one volume without a name.
pub(crate) fn none_wanted(path: &Path, wanted: Option<&str>) -> Result<(), ReadVolumeError> {
    match wanted {
        Some(name) => Err(ReadVolumeError::NoSuchVolume { path: path.to_path_buf(), name: name.into(), found: Vec::new() }),
        None => Ok(()),
    }
}

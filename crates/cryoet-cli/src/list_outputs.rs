//! Outputs that commands which find particles themselves can write.

use std::path::PathBuf;

use cryoet::VoxelSize;
use cryoet::io::ParticleFormat;

use crate::failure::Failure;
use crate::options::check_list_outputs;

/// Refuses lists that need what such a command has no options for, or that hold one class alone where there are several.
pub(crate) fn check_found_outputs(outputs: &[PathBuf], classes: usize) -> Result<(), Failure> {
    check_list_outputs(outputs)?;
    for output in outputs {
        let need = match ParticleFormat::of_extension(output) {
            Some(ParticleFormat::Shrec) => "SHREC text leaves the order of coordinates open",
            Some(ParticleFormat::Text) => "text without a header leaves the columns open",
            Some(ParticleFormat::Copick) if classes > 1 => "a file of copick holds the picks of one class",
            _ => continue,
        };
        return Err(Failure::usage(format!("{}: {need}: write a .csv, which `cryoet convert` makes such files of", output.display())));
    }
    Ok(())
}

/// Refuses lists that count in Angstrom where the voxel size is unknown.
pub(crate) fn check_outputs_in(outputs: &[PathBuf], voxel_size: Option<VoxelSize>) -> Result<(), Failure> {
    let in_angstrom =
        |path: &&PathBuf| matches!(ParticleFormat::of_extension(path), Some(ParticleFormat::Relion5 | ParticleFormat::Copick));
    match outputs.iter().find(in_angstrom) {
        Some(path) if voxel_size.is_none() => {
            Err(Failure::new(format!("{}: this format counts in Angstrom, and the tomogram's voxel size is unknown", path.display())))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_need_more_are_refused_before_the_work() {
        let code = |name: &str, classes| check_found_outputs(&[name.into()], classes).map_err(|failure| failure.code());
        for name in ["a.txt", "a.coords", "a.xyz", "a.none"] {
            assert_eq!(code(name, 1), Err(2), "{name}");
        }
        assert_eq!([code("a.csv", 2), code("a.star", 2), code("a.json", 1), code("a.json", 2)], [Ok(()), Ok(()), Ok(()), Err(2)]);
        let counts = |name: &str, angstrom| check_outputs_in(&[name.into()], VoxelSize::isotropic(angstrom).ok()).is_ok();
        assert_eq!([counts("a.star", 0.0), counts("a.star", 10.0), counts("a.csv", 0.0)], [false, true, true]);
    }
}

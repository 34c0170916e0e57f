//! Complexes whose shapes lie in files.

use std::path::{Path, PathBuf};

use cryoet::io::read_volume;
use cryoet::sim::{Complex, Structure};

use crate::failure::Failure;

/// Where shapes come from.
pub(crate) struct Shapes<'a> {
    /// A folder of NAME.mrc, NAME.cif and NAME.pdb.
    pub(crate) folder: Option<&'a Path>,
    /// The tomogram's voxels in Angstrom.
    pub(crate) voxel_size: f64,
}

impl Shapes<'_> {
    /// A complex by its name: from the folder, or built in.
    pub(crate) fn named(&self, name: &str) -> Result<Complex, Failure> {
        match Complex::builtin(name) {
            Ok(complex) => self.shaped(&complex),
            Err(error) => match self.structure(name)? {
                Some(complex) => Ok(complex),
                None if self.file(name, "mrc").is_some() => {
                    Err(Failure::usage(format!("{name}: the mass of a map is known for built-in names alone; give its atoms")))
                }
                None => Err(Failure::of_arguments(error)),
            },
        }
    }

    /// The same complex with the shape that the folder has for it, if it has one.
    pub(crate) fn shaped(&self, complex: &Complex) -> Result<Complex, Failure> {
        let Some(path) = self.file(complex.name(), "mrc") else {
            return Ok(self.structure(complex.name())?.unwrap_or_else(|| complex.clone()));
        };
        let about = Failure::about(&path);
        let map = read_volume(&path)?;
        let size = map.voxel_size().ok_or_else(|| about(Failure::new("the map has no voxel size")))?;
        complex.with_map(map.view(), size.mean()).map_err(Failure::from).map_err(&about)
    }

    /// A complex from its atoms' first biological assembly, drawn on voxels half as large as the tomogram's.
    fn structure(&self, name: &str) -> Result<Option<Complex>, Failure> {
        let found = ["cif", "pdb"].into_iter().find_map(|extension| Some((self.file(name, extension)?, extension)));
        let Some((path, extension)) = found else { return Ok(None) };
        let text = std::fs::read_to_string(&path).map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
        let complex = || -> Result<Complex, Failure> {
            let structure = if extension == "cif" { Structure::from_mmcif(&text)? } else { Structure::from_pdb(&text)? };
            Ok(Complex::from_structure(name, &structure.first_assembly()?, 0.5 * self.voxel_size)?)
        };
        complex().map(Some).map_err(Failure::about(&path))
    }

    fn file(&self, name: &str, extension: &str) -> Option<PathBuf> {
        self.folder.map(|folder| folder.join(format!("{name}.{extension}"))).filter(|path| path.is_file())
    }
}

//! Complexes whose shapes lie in files.

use std::path::{Path, PathBuf};

use cryoet::io::read_volume;
use cryoet::sim::Complex;

use crate::density_file::read_structure;
use crate::failure::Failure;
use crate::output;

/// Where shapes come from.
pub(super) struct Shapes<'a> {
    /// A folder of NAME.mrc, NAME.cif and NAME.pdb.
    folder: Option<&'a Path>,
    /// The tomogram's voxels in Angstrom.
    voxel_size: f64,
    /// The files that were read.
    files: Vec<PathBuf>,
    /// The complexes that had no file.
    without: Vec<String>,
}

impl<'a> Shapes<'a> {
    /// Shapes for a tomogram's voxels in Angstrom, from a folder where one is given.
    pub(super) fn new(folder: Option<&'a Path>, voxel_size: f64) -> Result<Self, Failure> {
        if let Some(folder) = folder
            && !folder.is_dir()
        {
            let what = if folder.exists() { "it is no folder" } else { "there is no such folder" };
            return Err(Failure::usage(format!("{}: cannot take densities from here: {what}", folder.display())));
        }
        Ok(Self { folder, voxel_size, files: Vec::new(), without: Vec::new() })
    }

    /// A complex by its name: from the folder, or built in.
    pub(super) fn named(&mut self, name: &str) -> Result<Complex, Failure> {
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
    pub(super) fn shaped(&mut self, complex: &Complex) -> Result<Complex, Failure> {
        let Some(path) = self.file(complex.name(), "mrc") else {
            let structure = self.structure(complex.name())?;
            if structure.is_none() {
                self.without.push(complex.name().to_owned());
            }
            return Ok(structure.unwrap_or_else(|| complex.clone()));
        };
        let about = |failure| Failure::about(&path)(failure);
        let map = read_volume(&path)?;
        let size = map.voxel_size().ok_or_else(|| about(Failure::new("the map has no voxel size")))?;
        let shaped = complex.with_map(map.view(), size.mean()).map_err(Failure::from).map_err(about)?;
        self.files.push(path);
        Ok(shaped)
    }

    /// The files that were read. Complexes for which a folder was given and had none are named in a warning.
    pub(super) fn into_files(self) -> Vec<PathBuf> {
        if let Some(folder) = self.folder.filter(|_| !self.without.is_empty()) {
            let names = self.without.join(", ");
            output::warn(format!("{}: no density and no atoms of {names}: built-in shapes stand for them", folder.display()));
        }
        self.files
    }

    /// A complex from its atoms' first biological assembly, drawn on voxels half as large as the tomogram's.
    fn structure(&mut self, name: &str) -> Result<Option<Complex>, Failure> {
        let Some(path) = ["cif", "pdb"].into_iter().find_map(|extension| self.file(name, extension)) else { return Ok(None) };
        let Some(structure) = read_structure(&path)? else { return Ok(None) };
        let complex =
            || -> Result<Complex, Failure> { Ok(Complex::from_structure(name, &structure.first_assembly()?, 0.5 * self.voxel_size)?) };
        let complex = complex().map_err(Failure::about(&path))?;
        self.files.push(path);
        Ok(Some(complex))
    }

    fn file(&self, name: &str, extension: &str) -> Option<PathBuf> {
        self.folder.map(|folder| folder.join(format!("{name}.{extension}"))).filter(|path| path.is_file())
    }
}

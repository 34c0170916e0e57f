//! Densities of particles in files: maps, or atoms that are drawn.

use std::path::Path;

use cryoet::io::read_volume;
use cryoet::sim::Structure;
use cryoet::{Volume, VoxelSize};

use crate::failure::Failure;

/// Atoms are drawn on voxels of this share of those in which they are wanted.
const FINER: f64 = 0.5;

/// The density of a file, bright on a ground of about 0: a map as it is, or the first biological assembly of atoms (.cif, .pdb) as their
/// potential over ice, for voxels of a tomogram.
pub(crate) fn read_density(path: &Path, tomogram: Option<VoxelSize>) -> Result<Volume<f32>, Failure> {
    let Some(structure) = read_structure(path)? else { return Ok(read_volume(path)?) };
    let about = Failure::about(path);
    let Some(size) = tomogram else {
        return Err(about(Failure::new("atoms are drawn for a tomogram whose voxel size is known, and this one's is not")));
    };
    let voxel = FINER * size.mean();
    let drawn = || -> Result<Volume<f32>, Failure> {
        Ok(Volume::new(structure.first_assembly()?.potential(voxel)?).with_voxel_size(VoxelSize::isotropic(voxel)?))
    };
    drawn().map_err(about)
}

/// The atoms of a file; none where its name is that of a volume.
pub(crate) fn read_structure(path: &Path) -> Result<Option<Structure>, Failure> {
    let is = |extension: &str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(extension));
    let of_text = match (is("cif") || is("mmcif"), is("pdb")) {
        (true, _) => Structure::from_mmcif,
        (_, true) => Structure::from_pdb,
        _ => return Ok(None),
    };
    let text = std::fs::read_to_string(path).map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
    of_text(&text).map(Some).map_err(Failure::from).map_err(Failure::about(path))
}

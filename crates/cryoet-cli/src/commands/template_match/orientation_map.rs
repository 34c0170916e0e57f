//! Which orientation scored best at each voxel, as files.

use std::io::Write;
use std::path::{Path, PathBuf};

use cryoet::io::{write_volume, write_whole};
use cryoet::matching::{Matches, NOT_SEARCHED, RotationGrid};

use crate::failure::Failure;

/// The table that goes with a volume of indices: `NAME.csv` beside it.
pub(super) fn table_of(volume: &Path) -> PathBuf {
    let mut name = volume.as_os_str().to_owned();
    name.push(".csv");
    name.into()
}

/// Refuses grids of so many orientations that their indices, as floats, would be rounded.
pub(super) fn check(grid: &RotationGrid) -> Result<(), Failure> {
    if grid.len() > 1 << 24 {
        return Err(Failure::usage(format!("--orientations: {} orientations are more than a volume of floats can tell apart", grid.len())));
    }
    Ok(())
}

/// Writes the indices, -1 where nothing was compared, and the angles of each.
pub(super) fn write(path: &Path, matches: &Matches, grid: &RotationGrid) -> Result<(), Failure> {
    let index = |&i: &u32| if i == NOT_SEARCHED { -1.0 } else { i as f32 };
    write_volume(path, &matches.scores.with_data(matches.rotations.map(index)))?;
    let mut table = String::from("index,rot,tilt,psi\n");
    for (i, orientation) in grid.orientations().iter().enumerate() {
        let (rot, tilt, psi) = orientation.to_relion();
        table += &format!("{i},{rot:.4},{tilt:.4},{psi:.4}\n");
    }
    Ok(write_whole(table_of(path), |file| file.write_all(table.as_bytes()))?)
}

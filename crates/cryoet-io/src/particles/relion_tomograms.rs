use std::{collections::BTreeMap, path::Path};

use cryoet_core::VoxelSize;

use super::{ReadParticlesError, TomogramFrame, read::Place, star::parse};

/// Reads the frames of RELION 5's tomogram set (`tomograms.star`): for each tomogram the shape of its reconstruction, which
/// is the unbinned size over the binning, rounded, and its voxel size, which is the tilt series' pixel size times the binning.
///
/// # Errors
/// A file that cannot be read, or is no tomogram set.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("tomograms.star");
/// std::fs::write(&path, "data_global\nloop_\n_rlnTomoName\n_rlnTomoTiltSeriesPixelSize\n_rlnTomoTomogramBinning\n\
///     _rlnTomoSizeX\n_rlnTomoSizeY\n_rlnTomoSizeZ\nTS_01 1.5 8 4096 4096 1200\n")?;
/// let frame = cryoet_io::read_relion_tomograms(&path)?["TS_01"];
/// assert_eq!((frame.shape, frame.voxel_size.zyx()), ([150, 512, 512], [12.0; 3]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_relion_tomograms(path: impl AsRef<Path>) -> Result<BTreeMap<String, TomogramFrame>, ReadParticlesError> {
    let path = path.as_ref();
    let text = std::fs::read_to_string(path).map_err(|source| ReadParticlesError::Io { path: path.to_path_buf(), source })?;
    let place = Place::new(path);
    let blocks = parse(place, text.strip_prefix('\u{feff}').unwrap_or(&text))?;
    let Some(block) = blocks.iter().find(|block| block.column("rlnTomoSizeX").is_some()) else {
        return Err(place.syntax(1, "no column rlnTomoSizeX: this is no tomogram set"));
    };
    let must = |name: &str| block.column(name).ok_or_else(|| place.syntax(1, format!("no column {name} in the tomogram set")));
    let (name, pixel) = (must("rlnTomoName")?, must("rlnTomoTiltSeriesPixelSize")?);
    let sizes = [must("rlnTomoSizeZ")?, must("rlnTomoSizeY")?, must("rlnTomoSizeX")?];
    let binning = block.column("rlnTomoTomogramBinning");
    let mut frames = BTreeMap::new();
    block.each_row(place, |line, cells| {
        let positive = |column: usize| {
            let number = place.number(line, block.columns[column], cells[column])?;
            if number > 0.0 && number < 1e9 {
                Ok(number)
            } else {
                Err(place.field(line, block.columns[column], cells[column], "a positive number"))
            }
        };
        let binning = binning.map_or(Ok(1.0), positive)?;
        let (mut shape, mut unbinned) = ([0; 3], [0; 3]);
        for (axis, column) in sizes.into_iter().enumerate() {
            let extent = positive(column)?;
            (shape[axis], unbinned[axis]) = ((extent / binning).round() as usize, extent.round() as usize);
        }
        let voxel_size = VoxelSize::isotropic(positive(pixel)? * binning).map_err(|error| place.syntax(line, error.to_string()))?;
        let frame = TomogramFrame::new(shape, voxel_size).with_unbinned(unbinned, binning);
        frames.insert(cells[name].to_string(), frame);
        Ok(())
    })?;
    Ok(frames)
}

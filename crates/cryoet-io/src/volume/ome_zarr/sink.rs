use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use cryoet_core::{
    Region, SinkError, VolumeSink, VoxelSize,
    ndarray::{Array3, ArrayView3},
};
use serde_json::{Value, json};
use zarrs::{
    array::{Array, ArrayMetadata, Element},
    array_subset::ArraySubset,
    filesystem::FilesystemStore,
};

use super::{super::WriteVolumeError, OmeZarrVoxel};
use crate::{WriteWholeError, write_whole::WholeFolder};

/// The version of OME-Zarr that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OmeZarrVersion {
    /// 0.4 on Zarr 2, as the cryoET Data Portal and copick write it.
    #[default]
    V04,
    /// 0.5 on Zarr 3.
    V05,
}

/// How an OME-Zarr is laid out.
///
/// ```
/// use cryoet_io::{OmeZarrParams, OmeZarrVersion};
/// let params = OmeZarrParams { version: OmeZarrVersion::V05, ..OmeZarrParams::default() };
/// assert_eq!((params.chunk, params.levels), ([64, 64, 64], 3));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OmeZarrParams {
    /// The version; default 0.4.
    pub version: OmeZarrVersion,
    /// The shape of chunks, z, y, x; default 64^3: a megabyte of `f32`. 0 counts as 1.
    pub chunk: [usize; 3],
    /// How many levels, each of half the extent of the one before; default 3, as the Data Portal has. Levels end where an axis would
    /// have no voxel left. A level is the mean over 2^3 voxels; of integers, which are labels, the first of the eight.
    pub levels: usize,
}

impl Default for OmeZarrParams {
    fn default() -> Self {
        Self { version: OmeZarrVersion::default(), chunk: [64; 3], levels: 3 }
    }
}

/// An OME-Zarr that is written region by region, in any order; voxels never written are 0. Regions that end where chunks end are
/// written fastest: every other one makes its chunks be read and packed again.
///
/// [`create_ome_zarr_sink`](crate::create_ome_zarr_sink) has an example.
///
/// Nothing stands under the folder's name until [`finish`](Self::finish); a sink dropped before leaves nothing behind.
pub struct OmeZarrSink<T> {
    path: PathBuf,
    folder: WholeFolder,
    store: Arc<FilesystemStore>,
    finest: Array<FilesystemStore>,
    shape: [usize; 3],
    voxel_size: Option<VoxelSize>,
    origin: [f64; 3],
    params: OmeZarrParams,
    voxel: std::marker::PhantomData<T>,
}

/// Starts an OME-Zarr of a shape (z, y, x), with its voxel size and its origin (Angstrom; z, y, x).
///
/// # Errors
/// A folder that cannot be written.
///
/// ```
/// use cryoet_core::{VolumeSink, VoxelSize, ndarray::Array3};
/// use cryoet_io::OmeZarrParams;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("scores.zarr");
/// let size = VoxelSize::isotropic(13.48)?;
/// let mut sink = cryoet_io::create_ome_zarr_sink::<f32>(&path, [4, 8, 8], Some(size), [0.0; 3], OmeZarrParams::default())?;
/// sink.write_region([0, 0, 0], Array3::from_elem((4, 8, 8), 0.5).view())?;
/// sink.finish()?;
/// let volume = cryoet_io::read_volume(&path)?;
/// assert_eq!((volume.data()[[3, 7, 0]], volume.voxel_size()), (0.5, Some(size)));
/// assert_eq!(cryoet_io::volume_names(&path)?, ["0", "1", "2"]);
/// assert_eq!(cryoet_io::open_named_volume(&path, "1")?.origin(), [6.74; 3]); // the mean over 2^3 voxels lies half a voxel off
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn create_ome_zarr_sink<T: OmeZarrVoxel>(
    path: impl AsRef<Path>,
    shape: [usize; 3],
    voxel_size: Option<VoxelSize>,
    origin: [f64; 3],
    params: OmeZarrParams,
) -> Result<OmeZarrSink<T>, WriteVolumeError> {
    let path = path.as_ref().to_path_buf();
    let fail = |source: io::Error| WriteWholeError { path: path.clone(), source };
    let folder = WholeFolder::create(&path).map_err(fail)?;
    let store = Arc::new(FilesystemStore::new(folder.aside()).map_err(|error| fail(io::Error::other(error)))?);
    let params = OmeZarrParams { chunk: params.chunk.map(|n| n.max(1)), levels: params.levels.max(1), ..params };
    let finest = create_level::<T>(&folder, &store, &params, 0, shape).map_err(fail)?;
    Ok(OmeZarrSink { path, folder, store, finest, shape, voxel_size, origin, params, voxel: std::marker::PhantomData })
}

impl<T: OmeZarrVoxel> OmeZarrSink<T> {
    /// Makes the coarser levels, writes the metadata and gives the folder its name.
    ///
    /// # Errors
    /// Whatever the system reports; then what stood under the name before still stands there.
    pub fn finish(self) -> Result<(), WriteVolumeError> {
        let path = self.path.clone();
        self.whole().map_err(|source| WriteWholeError { path, source }.into())
    }

    fn whole(self) -> io::Result<()> {
        let mut levels = 1;
        let (mut fine, mut shape) = (self.finest, self.shape);
        let mut step = 1.0;
        let mut frames = vec![(step, 0.0)];
        let mut shift = 0.0;
        while levels < self.params.levels && shape.iter().all(|&n| n >= 2) {
            let half = shape.map(|n| n / 2);
            let coarse = create_level::<T>(&self.folder, &self.store, &self.params, levels, half)?;
            halve::<T>(&fine, &coarse, half, self.params.chunk)?;
            (shift, step) = (shift + T::SHIFT * step, step * 2.0);
            frames.push((step, shift));
            (fine, shape, levels) = (coarse, half, levels + 1);
        }
        write_group(self.folder.aside(), self.params.version, self.voxel_size, self.origin, &frames)?;
        self.folder.finish()
    }
}

impl<T: OmeZarrVoxel> VolumeSink<T> for OmeZarrSink<T> {
    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn write_region(&mut self, start: [usize; 3], voxels: ArrayView3<'_, T>) -> Result<(), SinkError> {
        let region = Region::new(start, voxels.dim().into());
        region.check_inside(self.shape)?;
        let stored: Vec<T::Stored> = voxels.iter().map(|voxel| voxel.stored()).collect();
        store(&self.finest, region, &stored).map_err(|source| SinkError::Write {
            start,
            size: region.size,
            source: Box::new(WriteWholeError { path: self.path.clone(), source }),
        })
    }
}

fn store<N: Element>(array: &Array<FilesystemStore>, region: Region, numbers: &[N]) -> io::Result<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    array.store_array_subset_elements(&subset(region), numbers).map_err(|error| io::Error::other(error.to_string()))
}

fn subset(region: Region) -> ArraySubset {
    let ranges: [std::ops::Range<u64>; 3] = std::array::from_fn(|axis| region.start[axis] as u64..region.end()[axis] as u64);
    ArraySubset::new_with_ranges(&ranges)
}

/// Fills a level with every 2^3 voxels of the finer one, chunk by chunk.
fn halve<T: OmeZarrVoxel>(
    fine: &Array<FilesystemStore>,
    coarse: &Array<FilesystemStore>,
    shape: [usize; 3],
    chunk: [usize; 3],
) -> io::Result<()> {
    let starts = |axis: usize| (0..shape[axis]).step_by(chunk[axis]);
    for z in starts(0) {
        for y in starts(1) {
            for x in starts(2) {
                let start = [z, y, x];
                let size: [usize; 3] = std::array::from_fn(|axis| chunk[axis].min(shape[axis] - start[axis]));
                let from = Region::new(start.map(|i| 2 * i), size.map(|n| 2 * n));
                let numbers = fine.retrieve_array_subset_elements::<T::Stored>(&subset(from));
                let numbers = numbers.map_err(|error| io::Error::other(error.to_string()))?;
                let block = Array3::from_shape_vec(from.size, numbers).map_err(io::Error::other)?;
                let mut halved = Vec::with_capacity(size.iter().product());
                for eight in block.exact_chunks((2, 2, 2)) {
                    halved.push(T::halved(std::array::from_fn(|i| eight[[i >> 2, i >> 1 & 1, i & 1]])));
                }
                store(coarse, Region::new(start, size), &halved)?;
            }
        }
    }
    Ok(())
}

/// An empty array of a level, its metadata written.
fn create_level<T: OmeZarrVoxel>(
    folder: &WholeFolder,
    store: &Arc<FilesystemStore>,
    params: &OmeZarrParams,
    level: usize,
    shape: [usize; 3],
) -> io::Result<Array<FilesystemStore>> {
    let bytes = size_of::<T>();
    let (name, metadata) = match params.version {
        OmeZarrVersion::V04 => (
            ".zarray",
            json!({"zarr_format": 2, "shape": shape, "chunks": params.chunk, "dtype": T::V2, "fill_value": 0, "order": "C", "filters": null,
                "dimension_separator": "/",
                "compressor": {"id": "blosc", "cname": "zstd", "clevel": 5, "shuffle": 1, "blocksize": 0}}),
        ),
        OmeZarrVersion::V05 => (
            "zarr.json",
            json!({"zarr_format": 3, "node_type": "array", "shape": shape, "data_type": T::V3, "fill_value": 0, "attributes": {},
                "dimension_names": ["z", "y", "x"],
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": params.chunk}},
                "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
                "codecs": [{"name": "bytes", "configuration": {"endian": "little"}},
                    {"name": "blosc", "configuration": {"cname": "zstd", "clevel": 5, "shuffle": "shuffle", "typesize": bytes, "blocksize": 0}}]}),
        ),
    };
    let path = folder.aside().join(level.to_string());
    fs::create_dir_all(&path)?;
    fs::write(path.join(name), serde_json::to_vec_pretty(&metadata)?)?;
    let metadata: ArrayMetadata = serde_json::from_value(metadata)?;
    Array::new_with_metadata(store.clone(), &format!("/{level}"), metadata).map_err(|error| io::Error::other(error.to_string()))
}

/// Writes the group's metadata; `frames` has for each level its step in voxels of the finest and the place of its first voxel.
fn write_group(
    folder: &Path,
    version: OmeZarrVersion,
    voxel_size: Option<VoxelSize>,
    origin: [f64; 3],
    frames: &[(f64, f64)],
) -> io::Result<()> {
    let size = voxel_size.map_or([1.0; 3], |size| size.zyx());
    // Without a voxel size there is no unit either, so that no reader takes voxels for Angstrom.
    let axis = |name: &str| match voxel_size {
        Some(_) => json!({"name": name, "type": "space", "unit": "angstrom"}),
        None => json!({"name": name, "type": "space"}),
    };
    let datasets: Vec<Value> = frames
        .iter()
        .enumerate()
        .map(|(level, &(step, shift))| {
            let scale = size.map(|s| s * step);
            let translation: [f64; 3] = std::array::from_fn(|axis| origin[axis] + size[axis] * shift);
            let mut transformations = vec![json!({"type": "scale", "scale": scale})];
            if translation != [0.0; 3] {
                transformations.push(json!({"type": "translation", "translation": translation}));
            }
            json!({"path": level.to_string(), "coordinateTransformations": transformations})
        })
        .collect();
    let mut multiscale = json!({"name": "/", "axes": [axis("z"), axis("y"), axis("x")], "datasets": datasets});
    match version {
        OmeZarrVersion::V04 => {
            multiscale["version"] = "0.4".into();
            fs::write(folder.join(".zgroup"), serde_json::to_vec_pretty(&json!({"zarr_format": 2}))?)?;
            fs::write(folder.join(".zattrs"), serde_json::to_vec_pretty(&json!({"multiscales": [multiscale]}))?)
        }
        OmeZarrVersion::V05 => {
            let ome = json!({"version": "0.5", "multiscales": [multiscale]});
            let group = json!({"zarr_format": 3, "node_type": "group", "attributes": {"ome": ome}});
            fs::write(folder.join("zarr.json"), serde_json::to_vec_pretty(&group)?)
        }
    }
}

use std::{
    collections::{BTreeSet, VecDeque},
    path::{Path, PathBuf},
};

use cryoet_core::{
    Region,
    ndarray::{Array3, Ix3},
};
use half::f16;
use hdf5_reader::{Dataset, Datatype, FilterRegistry, H5Type, Hdf5File, OpenOptions, SliceInfo, SliceInfoElem, group::Group};

use super::{ReadVolumeError, Voxel, element::Number, lzf, several::choose};

/// The data set that DeepFinder reads and writes.
pub(super) const DATASET: &str = "dataset";

/// More voxels than this are a broken file, and their bytes would not fit 64 bits.
const MOST_VOXELS: u64 = 1 << 60;

/// Voxels of one byte that deflate can squeeze into a byte.
const DENSEST: u64 = 1032;

/// The number under which h5py's LZF is registered.
const LZF: u16 = 32000;

/// A volume in an HDF5 file, read chunk by chunk.
pub(super) struct Hdf5Volume {
    path: PathBuf,
    dataset: Dataset,
    pub(super) shape: [usize; 3],
    /// More than these cannot lie in the file, however it is compressed; asked for all the same, it promises what it does not have.
    most_voxels: u64,
}

/// The data sets of a file with their paths, those of the root first. A group that cannot be read keeps nobody from the others.
fn members(path: &Path) -> Result<(Vec<Dataset>, Vec<String>), ReadVolumeError> {
    let hdf5 = |source: hdf5_reader::error::Error| ReadVolumeError::Hdf5 { path: path.to_path_buf(), source: Box::new(source) };
    let options = OpenOptions::default().with_filter_registry(filters());
    let root = Hdf5File::open_with_options(path, options).and_then(|file| file.root_group()).map_err(hdf5)?;
    // Links may lead back to a group.
    let mut seen = BTreeSet::from([root.address()]);
    let (groups, mut datasets) = root.members().map_err(hdf5)?;
    let mut names: Vec<String> = datasets.iter().map(|dataset| last(dataset.name()).to_string()).collect();
    let mut waiting: VecDeque<(String, Group)> = groups.into_iter().map(|group| (last(group.name()).to_string(), group)).collect();
    while let Some((place, group)) = waiting.pop_front() {
        if !seen.insert(group.address()) {
            continue;
        }
        let Ok((groups, inside)) = group.members() else { continue };
        names.extend(inside.iter().map(|dataset| format!("{place}/{}", last(dataset.name()))));
        datasets.extend(inside);
        waiting.extend(groups.into_iter().map(|group| (format!("{place}/{}", last(group.name())), group)));
    }
    Ok((datasets, names))
}

/// The last part of a path.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What packs chunks: HDF5's own filters, and LZF.
fn filters() -> FilterRegistry {
    let mut filters = FilterRegistry::new();
    filters.register(
        LZF,
        Box::new(|filter, packed, _| {
            // The third number is the chunk's length.
            let most = filter.client_data.get(2).copied().unwrap_or(u32::MAX);
            lzf::unpack(packed, most as usize)
                .ok_or_else(|| hdf5_reader::error::Error::FilterError("a chunk that LZF cannot unpack".into()))
        }),
    );
    filters
}

/// The names of the data sets of three axes, sorted so that `class2` comes before `class10`.
pub(super) fn names(path: &Path) -> Result<Vec<String>, ReadVolumeError> {
    let (datasets, names) = members(path)?;
    let volumes = datasets.iter().zip(names).filter(|(dataset, _)| dataset.shape().len() == 3);
    let mut names: Vec<String> = volumes.map(|(_, name)| name).collect();
    names.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    Ok(names)
}

impl Hdf5Volume {
    pub(super) fn open(path: &Path, name: Option<&str>) -> Result<Self, ReadVolumeError> {
        let (mut datasets, names) = members(path)?;
        // A volume that is alone may have any name; one in the root goes before those in groups.
        let volumes: Vec<&str> =
            datasets.iter().zip(&names).filter(|(dataset, _)| dataset.shape().len() == 3).map(|(_, name)| name.as_str()).collect();
        let of_root: Vec<&str> = volumes.iter().copied().filter(|name| !name.contains('/')).collect();
        let name = name.map(|name| name.trim_start_matches('/')).unwrap_or(match (of_root.as_slice(), volumes.as_slice()) {
            ([only], _) | ([], [only]) => only,
            _ => DATASET,
        });
        let dataset = datasets.swap_remove(choose(path, &names, Some(name))?);
        let header = |field: &str, found: String, expected: &str| ReadVolumeError::Header {
            path: path.to_path_buf(),
            field: format!("the {field} of data set {name:?}"),
            found,
            expected: expected.into(),
        };
        let shape: [u64; 3] =
            dataset.shape().try_into().map_err(|_| header("shape", format!("{:?}", dataset.shape()), "three axes (z, y, x)"))?;
        // An extent of 0 hides what the others promise.
        let others = shape.iter().filter(|&&n| n > 0).try_fold(1_u64, |product, &n| product.checked_mul(n));
        if others.is_none_or(|voxels| voxels > MOST_VOXELS) {
            return Err(header("shape", format!("{shape:?}"), "at most 2^60 voxels"));
        }
        if !matches!(
            number(dataset.dtype()),
            Datatype::FixedPoint { size: 1 | 2 | 4 | 8, .. } | Datatype::FloatingPoint { size: 2 | 4 | 8, .. }
        ) {
            return Err(header("type", format!("{:?}", dataset.dtype()), "an integer or a float"));
        }
        let most_voxels = std::fs::metadata(path).map_or(u64::MAX, |file| file.len().saturating_mul(DENSEST).saturating_add(1 << 20));
        Ok(Self { path: path.to_path_buf(), dataset, shape: shape.map(|n| n as usize), most_voxels })
    }

    pub(super) fn element_name(&self) -> String {
        match number(self.dataset.dtype()) {
            Datatype::FixedPoint { size, signed, .. } => format!("{}int{}", if *signed { "" } else { "u" }, 8 * u32::from(*size)),
            Datatype::FloatingPoint { size, .. } => format!("float{}", 8 * u32::from(*size)),
            other => format!("{other:?}"),
        }
    }

    pub(super) fn read<V: Voxel>(&self, region: Region) -> Result<Array3<V>, ReadVolumeError> {
        if region.voxels() == 0 {
            return Ok(Array3::from_shape_simple_fn(region.size, || V::nearest(0u8)));
        }
        if region.voxels() as u64 > self.most_voxels {
            let (shape, voxels) = (region.size, region.voxels());
            let reason = "a file of this size cannot hold them: read it region by region";
            return Err(ReadVolumeError::TooLarge { path: self.path.clone(), shape, voxels, reason });
        }
        match self.dataset.dtype() {
            Datatype::FloatingPoint { size: 2, .. } => self.numbers::<Half, V>(region),
            Datatype::FloatingPoint { size: 4, .. } => self.numbers::<f32, V>(region),
            Datatype::FloatingPoint { .. } => self.numbers::<f64, V>(region),
            Datatype::FixedPoint { size: 1, signed: true, .. } => self.numbers::<i8, V>(region),
            Datatype::FixedPoint { size: 1, .. } => self.numbers::<u8, V>(region),
            Datatype::FixedPoint { size: 2, signed: true, .. } => self.numbers::<i16, V>(region),
            Datatype::FixedPoint { size: 2, .. } => self.numbers::<u16, V>(region),
            Datatype::FixedPoint { size: 4, signed: true, .. } => self.numbers::<i32, V>(region),
            Datatype::FixedPoint { size: 4, .. } => self.numbers::<u32, V>(region),
            Datatype::FixedPoint { signed: true, .. } => self.numbers::<i64, V>(region),
            Datatype::FixedPoint { .. } => self.numbers::<u64, V>(region),
            _ => self.numbers::<Named, V>(region),
        }
    }

    /// The region, read as the numbers that the file holds.
    fn numbers<S: H5Type + Number, V: Voxel>(&self, region: Region) -> Result<Array3<V>, ReadVolumeError> {
        let hdf5 = |source: Box<dyn std::error::Error + Send + Sync>| ReadVolumeError::Hdf5 { path: self.path.clone(), source };
        let axis = |axis: usize| SliceInfoElem::Slice { start: region.start[axis] as u64, end: region.end()[axis] as u64, step: 1 };
        let selection = SliceInfo { selections: vec![axis(0), axis(1), axis(2)] };
        let stored = self.dataset.read_slice::<S>(&selection).map_err(|e| hdf5(Box::new(e)))?;
        let stored = stored.into_dimensionality::<Ix3>().map_err(|e| hdf5(Box::new(e)))?;
        let unfit = if V::HOLDS_ALL { None } else { stored.indexed_iter().find(|(_, value)| V::exact(**value).is_none()) };
        if let Some((place, value)) = unfit {
            let inside: [usize; 3] = place.into();
            let voxel = std::array::from_fn(|axis| region.start[axis] + inside[axis]);
            return Err(ReadVolumeError::Voxel { path: self.path.clone(), voxel, value: value.to_f64(), expected: V::EXPECTED });
        }
        Ok(stored.mapv(V::nearest))
    }
}

/// The numbers that a type is of: those of an enumeration, as h5py writes truth values, have names besides.
fn number(dtype: &Datatype) -> &Datatype {
    match dtype {
        Datatype::Enum { base, .. } => base,
        other => other,
    }
}

/// A float of 16 bits.
#[derive(Debug, Clone, Copy)]
struct Half(f16);

impl Number for Half {
    fn to_f32(self) -> f32 {
        self.0.to_f32()
    }

    fn to_f64(self) -> f64 {
        self.0.to_f64()
    }
}

impl H5Type for Half {
    fn hdf5_type() -> Datatype {
        f32::hdf5_type()
    }

    fn from_bytes(bytes: &[u8], dtype: &Datatype) -> hdf5_reader::error::Result<Self> {
        let raw: [u8; 2] = bytes.try_into().map_err(|_| hdf5_reader::error::Error::InvalidData("float16 of other than 2 bytes".into()))?;
        let big = matches!(dtype, Datatype::FloatingPoint { byte_order: hdf5_reader::ByteOrder::BigEndian, .. });
        Ok(Self(if big { f16::from_be_bytes(raw) } else { f16::from_le_bytes(raw) }))
    }

    fn element_size(_: &Datatype) -> usize {
        size_of::<f16>()
    }
}

/// A number of an enumeration.
#[derive(Debug, Clone, Copy)]
struct Named(i64);

impl Number for Named {
    fn to_f32(self) -> f32 {
        self.0 as f32
    }

    fn to_f64(self) -> f64 {
        self.0 as f64
    }
}

impl H5Type for Named {
    fn hdf5_type() -> Datatype {
        i64::hdf5_type()
    }

    fn from_bytes(bytes: &[u8], dtype: &Datatype) -> hdf5_reader::error::Result<Self> {
        let dtype = number(dtype);
        Ok(Self(match dtype {
            Datatype::FixedPoint { size: 1, signed: true, .. } => i8::from_bytes(bytes, dtype)?.into(),
            Datatype::FixedPoint { size: 1, .. } => u8::from_bytes(bytes, dtype)?.into(),
            Datatype::FixedPoint { size: 2, signed: true, .. } => i16::from_bytes(bytes, dtype)?.into(),
            Datatype::FixedPoint { size: 2, .. } => u16::from_bytes(bytes, dtype)?.into(),
            Datatype::FixedPoint { size: 4, signed: true, .. } => i32::from_bytes(bytes, dtype)?.into(),
            Datatype::FixedPoint { size: 4, .. } => u32::from_bytes(bytes, dtype)?.into(),
            _ => i64::from_bytes(bytes, dtype)?,
        }))
    }

    fn element_size(dtype: &Datatype) -> usize {
        match number(dtype) {
            Datatype::FixedPoint { size, .. } => usize::from(*size),
            _ => size_of::<i64>(),
        }
    }
}

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use cryoet_core::{
    Region, VoxelSize,
    ndarray::{Array3, ArrayD},
};
use zarrs::{
    array::{Array, DataType},
    array_subset::ArraySubset,
    filesystem::FilesystemStore,
};

use super::{
    super::{Element, ReadVolumeError, Voxel, element::Unfit, none_wanted},
    multiscale::{Multiscale, zarr},
    promises,
};

/// A level of an OME-Zarr, or a bare Zarr array, read chunk by chunk.
pub(in super::super) struct ZarrVolume {
    path: PathBuf,
    array: Array<FilesystemStore>,
    /// Which axes of the array are z, y, x; further ones have one entry.
    axes: [usize; 3],
    pub(in super::super) shape: [usize; 3],
    pub(in super::super) element: Element,
    pub(in super::super) voxel_size: Option<VoxelSize>,
    pub(in super::super) origin: [f64; 3],
}

impl ZarrVolume {
    pub(in super::super) fn open(path: &Path, name: Option<&str>) -> Result<Self, ReadVolumeError> {
        let store = Arc::new(FilesystemStore::new(path).map_err(|error| zarr(path, error))?);
        let (node, axes, frame) = match Multiscale::read(path)? {
            Some(multiscale) => {
                let level = multiscale.level(path, name)?;
                let node = format!("/{}", multiscale.levels[level].path.trim_matches('/'));
                (node, Some(multiscale.axes), Some(multiscale.frame(level)))
            }
            None => {
                none_wanted(path, name)?;
                ("/".to_string(), None, None)
            }
        };
        promises::check(path, &node)?;
        let array = Array::open(store, &node).map_err(|error| zarr(path, format!("array {node}: {error}")))?;
        let extents = array.shape().to_vec();
        let axes = axes.unwrap_or([0, 1, 2]);
        let others_are_single = extents.iter().enumerate().all(|(axis, &n)| axes.contains(&axis) || n == 1);
        if axes.iter().any(|&axis| axis >= extents.len()) || !others_are_single {
            let message = format!("array {node} has shape {extents:?}, expected z, y, x at {axes:?} and 1 along any other axis");
            return Err(zarr(path, message));
        }
        let element = match array.data_type() {
            DataType::Bool | DataType::UInt8 => Element::U8,
            DataType::Int8 => Element::I8,
            DataType::Int16 => Element::I16,
            DataType::UInt16 => Element::U16,
            DataType::Int32 => Element::I32,
            DataType::UInt32 => Element::U32,
            DataType::Int64 => Element::I64,
            DataType::UInt64 => Element::U64,
            DataType::Float16 => Element::F16,
            DataType::Float32 => Element::F32,
            DataType::Float64 => Element::F64,
            other => return Err(zarr(path, format!("array {node} is of type {other}, expected an integer or a float"))),
        };
        let shape = axes.map(|axis| extents[axis] as usize);
        let (voxel_size, origin) = frame.map_or((None, [0.0; 3]), |frame| (frame.voxel_size, frame.origin));
        Ok(Self { path: path.to_path_buf(), array, axes, shape, element, voxel_size, origin })
    }

    /// The region's voxels; the caller has checked that it lies inside.
    pub(in super::super) fn read<V: Voxel>(&self, region: Region) -> Result<Array3<V>, ReadVolumeError> {
        let dimensions = self.array.shape().len();
        let (mut start, mut size) = (vec![0; dimensions], vec![1; dimensions]);
        for (axis, &place) in self.axes.iter().enumerate() {
            (start[place], size[place]) = (region.start[axis] as u64, region.size[axis] as u64);
        }
        let room = region.voxels().checked_mul(self.element.bytes().max(size_of::<V>())).is_some_and(|bytes| {
            // What is asked for may be all fill value, and take no room in the file: only memory bounds it.
            Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
        });
        if !room {
            let (shape, voxels) = (region.size, region.voxels());
            return Err(ReadVolumeError::TooLarge { path: self.path.clone(), shape, voxels, reason: "there is no memory for them" });
        }
        let extents: Vec<usize> = size.iter().map(|&n| n as usize).collect();
        let subset = ArraySubset::new_with_start_shape(start, size).map_err(|error| zarr(&self.path, error))?;
        self.check_chunks(&subset)?;
        let bytes = self.array.retrieve_array_subset(&subset).map_err(|error| zarr(&self.path, error.to_string()))?;
        let bytes = bytes.into_fixed().map_err(|error| zarr(&self.path, error.to_string()))?;
        let mut voxels = Vec::new();
        let decoded = self.element.decode::<V>(cfg!(target_endian = "big"), &bytes, &mut voxels);
        let mut order: Vec<usize> = self.axes.to_vec();
        order.extend((0..dimensions).filter(|axis| !self.axes.contains(axis)));
        if let Err(Unfit { index, value }) = decoded {
            let mut left = index;
            let mut at = vec![0; dimensions];
            for axis in (0..dimensions).rev() {
                (at[axis], left) = (left % extents[axis], left / extents[axis]);
            }
            let voxel = std::array::from_fn(|axis| region.start[axis] + at[self.axes[axis]]);
            return Err(ReadVolumeError::Voxel { path: self.path.clone(), voxel, value, expected: V::EXPECTED });
        }
        // Bring z, y, x to the front; the other axes have one entry and vanish.
        let array = ArrayD::from_shape_vec(extents, voxels).map_err(|error| zarr(&self.path, error))?.permuted_axes(order);
        let array = array.to_shape(region.size).map_err(|error| zarr(&self.path, error))?;
        Ok(array.into_owned())
    }
    /// Looks at the headers of the chunks that hold voxels of the subset, where blosc alone has packed them.
    fn check_chunks(&self, subset: &ArraySubset) -> Result<(), ReadVolumeError> {
        let codecs = self.array.codecs();
        let [packing] = codecs.bytes_to_bytes_codecs() else { return Ok(()) };
        if !packing.name().contains("blosc") || codecs.array_to_bytes_codec().name() != "bytes" {
            return Ok(());
        }
        let Ok(Some(chunks)) = self.array.chunks_in_array_subset(subset) else { return Ok(()) };
        for indices in &chunks.indices() {
            let Ok(shape) = self.array.chunk_shape(&indices) else { continue };
            let bytes = shape.iter().try_fold(self.element.bytes() as u64, |product, n| product.checked_mul(n.get()));
            let Some(bytes) = bytes else { continue };
            promises::check_blosc(&self.path, self.array.chunk_key(&indices).as_str(), bytes)?;
        }
        Ok(())
    }
}

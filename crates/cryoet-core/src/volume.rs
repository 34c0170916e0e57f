use ndarray::{Array3, ArrayView3};

use crate::VoxelSize;

/// A 3D image in memory, indexed `[z, y, x]`, with its voxel size and origin where known.
///
/// ```
/// use cryoet_core::{Volume, VoxelSize, ndarray::Array3};
/// let tomogram = Volume::new(Array3::<f32>::zeros((20, 30, 40))).with_voxel_size(VoxelSize::isotropic(13.48)?);
/// assert_eq!(tomogram.shape(), [20, 30, 40]);
/// # Ok::<(), cryoet_core::VoxelSizeError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Volume<T> {
    data: Array3<T>,
    voxel_size: Option<VoxelSize>,
    origin: [f64; 3],
}

impl<T> Volume<T> {
    /// A volume of unknown voxel size, its origin at zero.
    pub fn new(data: Array3<T>) -> Self {
        Self { data, voxel_size: None, origin: [0.0; 3] }
    }

    /// The same volume with a voxel size.
    #[must_use]
    pub fn with_voxel_size(mut self, voxel_size: impl Into<Option<VoxelSize>>) -> Self {
        self.voxel_size = voxel_size.into();
        self
    }

    /// The same volume with an origin: the place of the first voxel's centre in Angstrom, z, y, x. Kept from file to
    /// file, never applied to particles.
    #[must_use]
    pub fn with_origin(mut self, angstrom: [f64; 3]) -> Self {
        self.origin = angstrom;
        self
    }

    /// The extent z, y, x.
    pub fn shape(&self) -> [usize; 3] {
        self.data.dim().into()
    }

    /// The voxels.
    pub fn data(&self) -> &Array3<T> {
        &self.data
    }

    /// The voxels, to change.
    pub fn data_mut(&mut self) -> &mut Array3<T> {
        &mut self.data
    }

    /// The voxels as a view.
    pub fn view(&self) -> ArrayView3<'_, T> {
        self.data.view()
    }

    /// The voxels alone.
    pub fn into_data(self) -> Array3<T> {
        self.data
    }

    /// The voxel size, where known.
    pub fn voxel_size(&self) -> Option<VoxelSize> {
        self.voxel_size
    }

    /// The origin in Angstrom, z, y, x.
    pub fn origin(&self) -> [f64; 3] {
        self.origin
    }

    /// New voxels under the same voxel size and origin.
    #[must_use]
    pub fn with_data<U>(&self, data: Array3<U>) -> Volume<U> {
        Volume { data, voxel_size: self.voxel_size, origin: self.origin }
    }
}

impl<T> From<Array3<T>> for Volume<T> {
    fn from(data: Array3<T>) -> Self {
        Self::new(data)
    }
}

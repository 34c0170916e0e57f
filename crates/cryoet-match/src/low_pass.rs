use cryoet_core::VoxelSize;

/// A low-pass filter: 1 up to the cut-off, and a cosine to 0 over the edge beyond.
///
/// ```
/// use cryoet_core::VoxelSize;
/// use cryoet_match::LowPass;
/// let filter = LowPass::at_resolution(40.0, VoxelSize::isotropic(10.0)?);
/// assert_eq!(filter.cutoff, 0.25);
/// assert_eq!((filter.weight(0.2), filter.weight(0.4)), (1.0, 0.0));
/// # Ok::<(), cryoet_core::VoxelSizeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LowPass {
    /// Where the fall begins, in cycles per voxel (0.5 is Nyquist's frequency).
    pub cutoff: f64,
    /// Width of the fall, in cycles per voxel.
    pub edge: f64,
}

impl LowPass {
    /// A filter that lets pass what is coarser than a resolution in Angstrom; its edge is 0.05 cycles per voxel wide.
    pub fn at_resolution(angstrom: f64, voxel_size: VoxelSize) -> Self {
        Self { cutoff: voxel_size.mean() / angstrom, edge: 0.05 }
    }

    /// The weight in \[0, 1\] of a frequency in cycles per voxel.
    pub fn weight(&self, frequency: f64) -> f64 {
        let beyond = frequency - self.cutoff;
        if beyond <= 0.0 {
            1.0
        } else if beyond < self.edge {
            0.5 + 0.5 * (std::f64::consts::PI * beyond / self.edge).cos()
        } else {
            0.0
        }
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.cutoff > 0.0 && self.cutoff.is_finite() && self.edge >= 0.0 && self.edge.is_finite()
    }
}

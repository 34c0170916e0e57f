use cryoet_core::ndarray::Array3;

/// A label volume and what became of the particles.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Targets {
    /// Class labels `[z, y, x]`: 0 is background, 255 is to be ignored.
    pub labels: Array3<u8>,
    /// Indices, rising, of the particles that cover no voxel of the volume: those outside it, and balls so small that
    /// they fill half of none.
    pub skipped: Vec<usize>,
}

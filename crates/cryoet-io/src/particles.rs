mod csv_table;
mod deepfinder_xml;
mod dropped;
mod error;
mod format;
mod list;
mod options;
mod read;
mod shrec;
mod star;
mod write;

pub use dropped::Dropped;
pub use error::{ReadParticlesError, WriteParticlesError};
pub use format::ParticleFormat;
pub use list::ParticleList;
pub use options::{AxisOrder, ReadParticles, StarCentre, WriteParticles};
pub use read::read_particles;
pub use write::write_particles;

#[cfg(test)]
mod tests;

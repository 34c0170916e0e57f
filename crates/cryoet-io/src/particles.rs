mod bytes;
mod copick;
mod csv_table;
mod deepfinder_xml;
mod dropped;
mod dynamo;
mod em_motl;
mod error;
mod format;
mod imod;
mod list;
mod options;
mod portal;
mod read;
mod relion;
mod relion_tomograms;
mod shrec;
mod star;
mod stopgap;
mod tomogram_numbers;
mod write;

pub use dropped::Dropped;
pub use error::{ReadParticlesError, WriteParticlesError};
pub use format::ParticleFormat;
pub use list::ParticleList;
pub use options::{AxisOrder, ReadParticles, StarCentre, TomogramFrame, WriteParticles};
pub use read::read_particles;
pub use relion_tomograms::read_relion_tomograms;
pub use write::write_particles;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use cryoet_cluster::{ClusterError, ClusterParams, ForegroundBuilder};
use cryoet_core::{ClassLabel, Particle, Progress, Score, VolumeSource};
use cryoet_net::{Calibration, Network, SegmentError, SegmentParams, SegmentedBlock, segment_blocks};
use thiserror::Error;

/// How a tomogram becomes picks: the parameters of both stages.
#[derive(Debug, Clone, PartialEq)]
pub struct PickParams {
    /// Of the network.
    pub segment: SegmentParams,
    /// Of the clustering. Weights may carry their own: [`own_clustering`](crate::pipeline::own_clustering).
    pub cluster: ClusterParams,
    /// Whether scores become probabilities where the weights carry curves for that ([`calibrate`](crate::pipeline::calibrate)). Curves
    /// belong to one network's scores: an ensemble's stay as they are.
    pub calibrated: bool,
}

impl Default for PickParams {
    /// The stages' defaults; calibrated where possible.
    fn default() -> Self {
        Self { segment: SegmentParams::default(), cluster: ClusterParams::default(), calibrated: true }
    }
}

/// Why a tomogram could not be picked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PickError {
    /// The network failed.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// The clustering failed.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

/// Finds and names the particles of a tomogram in one pass: the network, or the mean of several, tile by tile, each tile's foreground kept, the
/// whole foreground clustered.
///
/// Neither a label nor a score volume is held: memory is bounded by a tile and by the foreground. The particles are those
/// of `segment` followed by `cluster_labels`, to the bit, but that scores become the probability that a pick is right where the weights are
/// calibrated. Positions are voxel indices z, y, x; scores lie in \[0, 1\].
/// Progress counts tiles first, then the clustering's own units.
///
/// # Errors
/// What either stage refuses; parameters of the clustering before the network runs.
///
/// ```
/// use cryoet::net::{Device, Network, Precision, Weights};
/// use cryoet::pipeline::{PickParams, pick};
/// use cryoet::{Class, ClassLabel, ClassTable, Volume, ndarray::Array3};
///
/// let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ribosome")])?;
/// let weights = Weights::random(classes, None, 1); // or Weights::from_bytes(&std::fs::read("ribosome.safetensors")?)?
/// let network = Network::new(&weights, Device::Cpu, Precision::F32)?;
/// let tomogram = Volume::new(Array3::from_shape_fn((16, 32, 32), |(z, y, x)| (z * y + x) as f32));
/// let particles = pick(&[network], &tomogram, &PickParams::default(), &())?;
/// println!("{} particles", particles.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pick(
    networks: &[Network],
    tomogram: &dyn VolumeSource<f32>,
    params: &PickParams,
    progress: &dyn Progress,
) -> Result<Vec<Particle>, PickError> {
    pick_with(networks, tomogram, params, progress, |_| Ok(()))
}

/// Like [`pick`], and shows each segmented block as it comes: to write label and score volumes on the way.
///
/// # Errors
/// As [`pick`], and what `look` returns.
pub fn pick_with(
    networks: &[Network],
    tomogram: &dyn VolumeSource<f32>,
    params: &PickParams,
    progress: &dyn Progress,
    mut look: impl FnMut(&SegmentedBlock) -> Result<(), SegmentError>,
) -> Result<Vec<Particle>, PickError> {
    params.cluster.check()?;
    let mut foreground = ForegroundBuilder::new(tomogram.shape())?;
    segment_blocks(networks, tomogram, &params.segment, progress, |block: SegmentedBlock| {
        look(&block)?;
        foreground.push_block(block.start, block.labels.view(), Some(block.scores.view()))?;
        Ok::<_, PickError>(())
    })?;
    let mut particles = foreground.finish(&params.cluster, progress)?;
    if let ([network], true) = (networks, params.calibrated) {
        calibrate_scores(&mut particles, &network.description().calibration);
    }
    Ok(particles)
}

/// Replaces scores by the probabilities they stand for, of classes that have a curve.
fn calibrate_scores(particles: &mut [Particle], curves: &BTreeMap<ClassLabel, Calibration>) {
    for particle in particles {
        let probability = curves.get(&particle.class).zip(particle.score).map(|(curve, score)| curve.probability(score.get()));
        particle.score = probability.and_then(|p| Score::new(p).ok()).or(particle.score);
    }
}

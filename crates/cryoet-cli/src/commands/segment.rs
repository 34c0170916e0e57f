use std::path::PathBuf;

use clap::Args;
use cryoet::VolumeSource;
use cryoet::io::{VolumeFormat, create_score_maps_sink};
use cryoet::net::{SegmentError, SegmentParams, SegmentedBlock, segment_blocks};
use serde::Serialize;
use serde_json::json;

use crate::bar::Bar;
use crate::failure::Failure;
use crate::network::{NetworkOptions, not_segmented};
use crate::output;
use crate::paths::{Shown, check_files};
use crate::record::Record;
use crate::sinks::{Header, label_sink, score_sink};
use crate::tomogram::open_tomogram;

/// Tomogram to label volume
///
/// The tomogram is read and the answer written tile by tile; the tiles are exact.
///
/// Examples:
///   cryoet segment tomogram.mrc --weights weights.safetensors -o labels.mrc
///   cryoet segment tomogram.mrc --weights weights.safetensors --device cuda -o labels.mrc --scores scores.mrc
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
pub(crate) struct Segment {
    /// The tomogram
    #[serde(serialize_with = "crate::paths::shown")]
    tomogram: PathBuf,
    #[command(flatten)]
    network: NetworkOptions,
    /// The label volume to write
    #[arg(short, long, value_name = "LABELS")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: PathBuf,
    /// Also write the probability of each voxel's label
    #[arg(long, value_name = "SCORES")]
    #[serde(serialize_with = "crate::paths::shown")]
    scores: Option<PathBuf>,
    /// Also write the probabilities of background and of each class: HDF5, 16-bit floats, class0, class1 and so on by rising label
    #[arg(long, value_name = "SCORES.h5")]
    #[serde(serialize_with = "crate::paths::shown")]
    score_maps: Option<PathBuf>,
    /// Also write the tomogram without noise, of weights that learnt it (`cryoet train --network umc`): in standard deviations from the mean of
    /// the densities they learnt from
    #[arg(long, value_name = "DENOISED")]
    #[serde(serialize_with = "crate::paths::shown")]
    density: Option<PathBuf>,
}

impl Segment {
    pub(crate) fn run(mut self, json: bool) -> Result<(), Failure> {
        self.network = self.network.with_weights_found()?;
        let params = SegmentParams { score_maps: self.score_maps.is_some(), density: self.density.is_some(), ..self.network.params() };
        let inputs: Vec<_> = [&self.tomogram].into_iter().chain(&self.network.weights).collect();
        check_files(inputs.iter().copied(), [&self.output].into_iter().chain(&self.scores).chain(&self.score_maps).chain(&self.density))?;
        if let Some(maps) = self.score_maps.as_ref().filter(|path| VolumeFormat::of_extension(path) != Some(VolumeFormat::Hdf5)) {
            return Err(Failure::usage(format!("{}: score maps are written as HDF5: .h5 .hdf5 .hdf", maps.display())));
        }
        let tomogram = open_tomogram(&self.tomogram, self.network.voxel_size)?;
        let networks = self.network.load()?;
        let classes = NetworkOptions::classes(&networks)?;
        let resampled = self.network.resampled(tomogram.as_ref(), &networks)?;
        let source: &dyn VolumeSource<f32> = resampled.as_ref().map_or(tomogram.as_ref(), |resampled| resampled);
        let record = Record::new("segment", &self)?.with_inputs(inputs)?;
        let header = Header::of(source);
        let largest = classes.max_label().get();
        let mut labels = label_sink(&self.output, &header, largest)?;
        let mut scores = self.scores.as_ref().map(|path| score_sink(path, &header)).transpose()?;
        let mut density = self.density.as_ref().map(|path| score_sink(path, &header)).transpose()?;
        let maps = |path| create_score_maps_sink(path, source.shape(), classes.len() + 1);
        let mut score_maps = self.score_maps.as_ref().map(maps).transpose()?;
        let (mut labelled, mut memory) = (0, self.network.memory_watch());
        let bar = Bar::new("segmenting");
        segment_blocks(&networks, source, &params, &bar, |block: SegmentedBlock| {
            memory.look(&block);
            labelled += block.labels.iter().filter(|&&label| label != 0).count();
            labels.write(block.start, block.labels.view())?;
            scores.as_mut().map_or(Ok(()), |scores| scores.write(block.start, block.scores.view()))?;
            if let (Some(sink), Some(block_density)) = (&mut density, &block.density) {
                sink.write(block.start, block_density.view())?;
            }
            if let (Some(sink), Some(maps)) = (&mut score_maps, &block.score_maps) {
                maps.outer_iter().enumerate().try_for_each(|(class, map)| sink.write_region(class, block.start, map))?;
            }
            Ok::<_, SegmentError>(())
        })
        .map_err(not_segmented)
        .map_err(Failure::about(&self.tomogram))?;
        drop(bar);
        labels.finish()?;
        record.write_beside(&self.output)?;
        for (sink, path) in [(scores, &self.scores), (density, &self.density)] {
            if let (Some(sink), Some(path)) = (sink, path) {
                sink.finish()?;
                record.write_beside(path)?;
            }
        }
        if let (Some(sink), Some(path)) = (score_maps, &self.score_maps) {
            sink.finish()?;
            record.write_beside(path)?;
        }
        let value = json!({"labels": self.output.shown(), "scores": self.scores.shown(), "score_maps": self.score_maps.shown(), "density": self.density.shown(), "labelled_voxels": labelled});
        output::print(json, &value, || format!("{labelled} voxels labelled"))
    }
}

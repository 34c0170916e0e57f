use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use cryoet::average::{FscCurve, Refinement};
use cryoet::io::{ParticleList, WriteParticles, write_labels, write_particles, write_volume, write_whole};
use cryoet::ndarray::Array3;
use cryoet::targets::{TargetParams, shape_targets};
use cryoet::{Volume, VoxelSize};
use serde_json::json;

use super::Average;
use super::inputs::Inputs;
use crate::failure::Failure;
use crate::fsc_plot;
use crate::output;
use crate::paths::Shown;
use crate::record::Record;

/// What is written where.
pub(super) struct Results<'a> {
    command: &'a Average,
    inputs: &'a Inputs,
    voxel_size: Option<VoxelSize>,
}

impl<'a> Results<'a> {
    pub(super) fn new(command: &'a Average, inputs: &'a Inputs) -> Self {
        let voxel_size = inputs.tomograms.iter().find_map(|tomogram| tomogram.source.voxel_size());
        Self { command, inputs, voxel_size }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.command.output.join(name)
    }

    fn labels_file(&self, tomogram: &str) -> PathBuf {
        self.file(&format!("{tomogram}-labels.mrc"))
    }

    /// All files that will be written or removed, but the record.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> =
            ["average.mrc", "half-1.mrc", "half-2.mrc", "fsc.csv", "fsc.png", "particles.csv"].map(|name| self.file(name)).into();
        if self.command.targets || self.has_earlier_targets() {
            files.extend(self.target_files());
        }
        files
    }

    /// Whether the folder's record says that targets were written there.
    fn has_earlier_targets(&self) -> bool {
        let text = std::fs::read_to_string(self.file("record.json")).unwrap_or_default();
        let record: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        record["command"] == "average" && record["parameters"]["targets"] == true
    }

    /// The mask and the labels, one volume per tomogram.
    fn target_files(&self) -> Vec<PathBuf> {
        let labels = self.inputs.tomograms.iter().map(|tomogram| self.labels_file(&tomogram.name));
        [self.file("mask.mrc")].into_iter().chain(labels).collect()
    }

    /// All but the targets. Those of an earlier average go, as its record says they are: they would pass for this one's.
    pub(super) fn write(&self, refinement: &Refinement, control: Option<&FscCurve>, record: &Record) -> Result<(), Failure> {
        let earlier = if self.has_earlier_targets() { self.target_files() } else { Vec::new() };
        for file in earlier.iter().filter(|file| file.exists()) {
            std::fs::remove_file(file).map_err(|error| Failure::new(format!("cannot remove the earlier {}: {error}", file.display())))?;
        }
        write_volume(self.file("average.mrc"), &refinement.average)?;
        write_volume(self.file("half-1.mrc"), &refinement.halves[0])?;
        write_volume(self.file("half-2.mrc"), &refinement.halves[1])?;
        let table = self.table(&refinement.fsc, control);
        write_whole(self.file("fsc.csv"), |file| file.write_all(table.as_bytes()))?;
        let picture = fsc_plot::plot(&refinement.fsc, control, self.voxel_size).raster();
        write_whole(self.file("fsc.png"), |file| picture.write_png(file))?;
        let mut particles = Vec::new();
        for (tomogram, list) in self.inputs.tomograms.iter().zip(&refinement.particles) {
            particles.extend(list.iter().map(|particle| particle.clone().with_tomogram(tomogram.name.as_str())));
        }
        let list = ParticleList { particles, voxel_size: self.voxel_size, shape: None, tomogram: None };
        let options = WriteParticles { classes: self.inputs.classes.clone(), ..WriteParticles::default() };
        write_particles(self.file("particles.csv"), &list, &options)?;
        record.clone().with_result(self.summary(refinement, control)).write(&self.file("record.json"))
    }

    /// The mask, and for each tomogram its labels.
    pub(super) fn write_targets(&self, refinement: &Refinement, mask: &Array3<bool>) -> Result<(), Failure> {
        write_labels(self.file("mask.mrc"), &Volume::new(mask.mapv(u8::from)).with_voxel_size(self.voxel_size))?;
        let masks = BTreeMap::from([(self.inputs.class, mask.clone())]);
        for (tomogram, particles) in self.inputs.tomograms.iter().zip(&refinement.particles) {
            let targets = shape_targets(tomogram.source.shape(), particles, &masks, &TargetParams::default())?;
            let labels = Volume::new(targets.labels).with_voxel_size(tomogram.source.voxel_size()).with_origin(tomogram.source.origin());
            write_labels(self.labels_file(&tomogram.name), &labels)?;
        }
        Ok(())
    }

    /// Frequency, resolution where the voxel size is known, correlation, and that of the control.
    fn table(&self, curve: &FscCurve, control: Option<&FscCurve>) -> String {
        let mut text = "frequency,resolution_angstrom,fsc".to_owned() + if control.is_some() { ",control\n" } else { "\n" };
        for (i, (frequency, value)) in curve.frequencies.iter().zip(&curve.values).enumerate() {
            let resolution = self.voxel_size.filter(|_| *frequency > 0.0).map(|size| format!("{:.3}", size.mean() / frequency));
            text += &format!("{frequency:.6},{},{value:.6}", resolution.unwrap_or_default());
            text += &control.and_then(|control| control.values.get(i)).map(|value| format!(",{value:.6}")).unwrap_or_default();
            text.push('\n');
        }
        text
    }

    /// The frequency at a threshold in cycles per voxel, or in Angstrom where the voxel size is known; none where it is not reached.
    fn at(&self, curve: &FscCurve, threshold: f64) -> Option<f64> {
        let crossing = Some(curve.crossing(threshold)).filter(|&frequency| frequency > 0.0)?;
        Some(self.voxel_size.map_or(crossing, |size| size.mean() / crossing))
    }

    fn summary(&self, refinement: &Refinement, control: Option<&FscCurve>) -> serde_json::Value {
        let crossings: Vec<f64> = refinement.crossings.clone();
        json!({
            "particles": refinement.particles.iter().map(Vec::len).sum::<usize>(),
            "tomograms": refinement.particles.len(),
            "unit": if self.voxel_size.is_some() { "angstrom" } else { "cycles per voxel" },
            "resolution_0.143": self.at(&refinement.fsc, 0.143),
            "resolution_0.5": self.at(&refinement.fsc, 0.5),
            "control_0.143": control.and_then(|curve| self.at(curve, 0.143)),
            "crossings_cycles_per_voxel": crossings,
            "output": self.command.output.shown(),
        })
    }

    pub(super) fn print(&self, refinement: &Refinement, control: Option<&FscCurve>, json: bool) -> Result<(), Failure> {
        let (unit, digits) = if self.voxel_size.is_some() { ("Angstrom", 1) } else { ("cycles per voxel", 3) };
        output::print(json, &self.summary(refinement, control), || {
            let count: usize = refinement.particles.iter().map(Vec::len).sum();
            let at = |curve: &FscCurve, threshold| match self.at(curve, threshold) {
                Some(value) => format!("{value:.digits$} {unit} at {threshold}"),
                None => format!("{threshold} not reached at the box's edge"),
            };
            let mut text = format!("{count} particles; {}, {}", at(&refinement.fsc, 0.143), at(&refinement.fsc, 0.5));
            if let Some(control) = control {
                text += &format!("; random places {}", at(control, 0.143));
            }
            text
        })
    }
}

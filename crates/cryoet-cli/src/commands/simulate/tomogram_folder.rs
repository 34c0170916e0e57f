use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cryoet::sim::{HalfCorrelation, Quantity, Simulation};
use serde_json::{Map, Value, json};

use super::layout::{FILES, Layout, RECORD};
use crate::failure::Failure;
use crate::record::Record;

/// The folder of one simulated tomogram.
pub(super) struct TomogramFolder {
    path: PathBuf,
    name: String,
}

/// What the results of the command tell of a tomogram that is done.
pub(super) struct Finished {
    pub(super) particles: u64,
    pub(super) snr: Option<f64>,
}

impl TomogramFolder {
    pub(super) fn new(data_set: &Path, name: String) -> Self {
        Self { path: data_set.join(&name), name }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What a run that was stopped left here, if it is whole and of the same work.
    pub(super) fn finished(&self, record: &Record) -> Result<Option<Finished>, Failure> {
        let Some(before) = simulated_record(&self.path.join(RECORD)) else { return Ok(None) };
        let files = before["result"]["files"].as_object().cloned().unwrap_or_default();
        let is_whole = !files.is_empty() && files.iter().all(|(name, bytes)| json!(size_of(&self.path.join(name))) == *bytes);
        if !is_whole || !record.is_of_same_work(&before)? {
            return Ok(None);
        }
        Ok(before["result"]["particles"].as_u64().map(|particles| Finished { particles, snr: before["result"]["snr_realised"].as_f64() }))
    }

    /// Writes a tomogram in place of whatever was here; the record comes last.
    pub(super) fn write(
        &self,
        layout: Layout,
        density: bool,
        simulation: &Simulation,
        drawn: &BTreeMap<Quantity, f64>,
        record: Record,
    ) -> Result<Finished, Failure> {
        create(&self.path)?;
        self.clear()?;
        layout.write(&self.path, &self.name, simulation, density)?;
        let files: Map<String, Value> =
            FILES.iter().filter_map(|name| Some(((*name).to_owned(), json!(size_of(&self.path.join(name))?)))).collect();
        record.with_result(result(simulation, drawn, &files)).write(&self.path.join(RECORD))?;
        Ok(Finished { particles: simulation.particles.len() as u64, snr: simulation.noise.as_ref().map(|noise| noise.snr_realised) })
    }

    /// Removes the files of a tomogram, the record first.
    pub(super) fn clear(&self) -> Result<(), Failure> {
        std::iter::once(RECORD).chain(FILES).try_for_each(|name| remove(&self.path.join(name)))
    }

    /// Removes the files of a tomogram, and the folder if nothing else is in it.
    pub(super) fn remove(&self) -> Result<(), Failure> {
        self.clear()?;
        // What is not of this command stays, and so does its folder.
        let _ = fs::remove_dir(&self.path);
        Ok(())
    }

    /// Whether this command wrote what is here, and came to the end of it.
    pub(super) fn is_simulated(&self) -> bool {
        simulated_record(&self.path.join(RECORD)).is_some()
    }
}

/// What was drawn and what came out.
fn result(simulation: &Simulation, drawn: &BTreeMap<Quantity, f64>, files: &Map<String, Value>) -> Value {
    let noise = simulation.noise.as_ref();
    let halves = simulation.halves.as_ref().and_then(|[even, odd]| HalfCorrelation::of(even.view(), odd.view()));
    json!({
        "particles": simulation.particles.len(),
        "tilts": simulation.tilts,
        "snr_nominal": noise.map(|noise| noise.snr_nominal),
        "snr_realised": noise.map(|noise| noise.snr_realised),
        "halves": halves,
        "drawn": drawn,
        "series": simulation.series,
        "particle_draws": simulation.draws,
        "noise": noise,
        "files": files,
    })
}

/// A record that this command wrote.
pub(super) fn simulated_record(path: &Path) -> Option<Value> {
    let record: Value = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
    (record["command"] == "simulate").then_some(record)
}

fn size_of(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|file| file.len())
}

pub(super) fn create(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::new(format!("cannot create {}: {error}", folder.display())))
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("cannot remove {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

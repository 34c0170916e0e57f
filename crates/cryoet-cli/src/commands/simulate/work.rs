use std::collections::BTreeMap;
use std::path::Path;

use cryoet::sim::{Quantity, SimulationParams, simulate};
use serde_json::json;

use super::Simulate;
use super::description::Description;
use super::layout::Layout;
use super::tomogram_folder::{Finished, TomogramFolder};
use crate::bar::Bar;
use crate::dataset::{Entry, Split};
use crate::failure::Failure;
use crate::record::Record;

/// One tomogram that is to be simulated.
pub(super) struct Work {
    folder: TomogramFolder,
    /// The record of the tomogram, but for its result.
    record: Record,
    params: SimulationParams,
    drawn: BTreeMap<Quantity, f64>,
    seed: u64,
}

/// The seed of a data set's first tomogram; those of the others follow it, and never meet those of another data set.
pub(super) fn first_seed(seed: u64) -> u64 {
    seed << 20
}

impl Work {
    /// The tomogram of a place and its own seed; `record` has the files of shapes.
    pub(super) fn new(command: &Simulate, description: &Description, record: &Record, place: u64, seed: u64) -> Result<Self, Failure> {
        let (params, drawn) = description.recipe.draw(seed)?;
        let mut record = record.clone().with_parameters(&params)?.with_seed(seed);
        record.add("layout", json!(description.layout));
        record.add("density", json!(command.density));
        let folder = TomogramFolder::new(&command.output, description.layout.folder(place));
        Ok(Self { folder, record, params, drawn, seed })
    }

    /// What an earlier run left of it, if that is whole.
    pub(super) fn finished(&self) -> Result<Option<Finished>, Failure> {
        self.folder.finished(&self.record)
    }

    pub(super) fn run(&self, layout: Layout, density: bool) -> Result<Finished, Failure> {
        let bar = Bar::new("simulating");
        let simulation = simulate(&self.params, self.seed, &bar)?;
        drop(bar);
        self.folder.write(layout, density, &simulation, &self.drawn, self.record.clone())
    }

    /// The tomogram in the data set's list; paths count from the data set's folder.
    pub(super) fn entry(&self, layout: Layout, density: bool, split: Split) -> Entry {
        let name = self.folder.name();
        let file = |file: &str| Path::new(name).join(file);
        let volume = file(layout.volume(self.params.depth.is_some()));
        let density = layout.density(density).map(file);
        Entry { name: name.to_owned(), volume, labels: file(layout.labels()), density, particles: Some(file("particles.csv")), split }
    }
}

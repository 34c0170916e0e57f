//! A data set described in TOML.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cryoet::sim::{Quantity, Recipe, SimulationParams};
use serde::Deserialize;
use toml::{Table, Value};

use super::files::Layout;
use crate::failure::Failure;

/// Tables of parameters whose entries replace a preset's one by one; all else is replaced whole.
const NESTED: [&str; 10] =
    ["tilts", "ctf", "envelope", "vesicles", "gold", "membranes", "filaments", "exposure", "detector", "misalignment"];

/// What to simulate, how often, and how to name it.
pub(crate) struct Description {
    pub(crate) recipe: Recipe,
    pub(crate) layout: Layout,
    pub(crate) tomograms: Option<u64>,
    pub(crate) validation: Option<u64>,
    pub(crate) test: Option<u64>,
    pub(crate) seed: Option<u64>,
    pub(crate) maps: Option<PathBuf>,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    preset: Option<String>,
    layout: Option<Layout>,
    tomograms: Option<u64>,
    validation: Option<u64>,
    test: Option<u64>,
    seed: Option<u64>,
    /// Counts from the file's folder.
    maps: Option<PathBuf>,
    #[serde(default)]
    params: Table,
    #[serde(default)]
    draws: BTreeMap<Quantity, [f64; 2]>,
}

impl Description {
    pub(crate) fn of(recipe: Recipe, layout: Layout) -> Self {
        Self { recipe, layout, tomograms: None, validation: None, test: None, seed: None, maps: None }
    }

    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        Self::parse(&read(path)?, path.parent().unwrap_or(Path::new(""))).map_err(Failure::about(path))
    }

    fn parse(text: &str, folder: &Path) -> Result<Self, Failure> {
        let written: Written = toml::from_str(text)?;
        let (mut recipe, layout) = match &written.preset {
            Some(name) => (Recipe::preset(name)?, if name == "shrec19" { Layout::Shrec19 } else { Layout::Shrec }),
            None => (Recipe::default(), Layout::Cryoet),
        };
        if !written.params.is_empty() {
            let mut params = Table::try_from(&recipe.params)?;
            merge(&mut params, written.params);
            recipe.params = Value::Table(params).try_into()?;
        }
        recipe.draws.extend(written.draws);
        // A count is a number below 2^20, a seed one below 2^40, as at the shell.
        if written.tomograms.is_some_and(|count| count == 0 || count >= 1 << 20) || written.seed.is_some_and(|seed| seed >= 1 << 40) {
            return Err(Failure::new("tomograms: expected 1 to 1048575; seed: expected a number below 2^40"));
        }
        Ok(Self {
            recipe,
            layout: written.layout.unwrap_or(layout),
            tomograms: written.tomograms,
            validation: written.validation,
            test: written.test,
            seed: written.seed,
            maps: written.maps.map(|maps| folder.join(maps)),
        })
    }
}

/// Parameters alone.
pub(crate) fn read_params(path: &Path) -> Result<SimulationParams, Failure> {
    toml::from_str(&read(path)?).map_err(Failure::from).map_err(Failure::about(path))
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))
}

fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) if NESTED.contains(&key.as_str()) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cryoet::sim::{Crowding, Propagation};

    use super::*;

    #[test]
    fn a_description_changes_a_preset() {
        let text = "preset = \"shrec20\"\ntomograms = 10\nseed = 3\nmaps = \"densities\"\n[draws]\ndefocus_um = [2, 4]\n\
                    [params]\nshape = [128, 256, 256]\nsnr = 0.02\ncrowding = { voxels_per_particle = 20000 }\npropagation = \"projection\"\n\
                    [params.ctf]\ncs_mm = 2.0\n";
        let description = Description::parse(text, Path::new("there")).unwrap();
        let params = &description.recipe.params;
        assert_eq!((params.shape, params.snr, params.propagation), ([128, 256, 256], Some(0.02), Propagation::Projection));
        assert_eq!(params.crowding, Crowding::VoxelsPerParticle(20000.0));
        let ctf = params.ctf.unwrap();
        assert_eq!((ctf.cs_mm, ctf.envelope.decay), (2.0, Some(0.02)));
        assert_eq!(description.recipe.draws.len(), 2);
        assert_eq!((description.tomograms, description.seed, description.layout), (Some(10), Some(3), Layout::Shrec));
        assert_eq!(description.maps.as_deref(), Some(Path::new("there/densities")));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for text in ["preset = \"shrec18\"", "tomogram = 3", "tomograms = 0", "[params]\nsnrr = 1", "[draws]\nsnow = [0, 1]"] {
            assert!(Description::parse(text, Path::new("")).is_err(), "{text}");
        }
    }
}

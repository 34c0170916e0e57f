//! A data set described in TOML.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cryoet::sim::{Quantity, Recipe, SimulationParams};
use serde::Deserialize;
use toml::{Table, Value};

use super::layout::Layout;
use super::preset::Preset;
use crate::failure::Failure;

/// Tables of parameters whose entries replace a preset's one by one; all else is replaced whole.
const NESTED: [&str; 10] =
    ["tilts", "ctf", "envelope", "vesicles", "gold", "membranes", "filaments", "exposure", "detector", "misalignment"];

/// What to simulate, how often, and how to name it.
pub(super) struct Description {
    pub(super) recipe: Recipe,
    pub(super) layout: Layout,
    pub(super) tomograms: Option<u64>,
    pub(super) validation: Option<u64>,
    pub(super) test: Option<u64>,
    pub(super) seed: Option<u64>,
    pub(super) maps: Option<PathBuf>,
    /// The files of parameters that it was made of.
    pub(super) files: Vec<PathBuf>,
    /// The files of its complexes' shapes, which parameters do not hold.
    pub(super) shapes: Vec<PathBuf>,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    preset: Option<Preset>,
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
    pub(super) fn of(recipe: Recipe, layout: Layout) -> Self {
        let (files, shapes) = (Vec::new(), Vec::new());
        Self { recipe, layout, tomograms: None, validation: None, test: None, seed: None, maps: None, files, shapes }
    }

    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        Self::parse(&read(path)?, path.parent().unwrap_or(Path::new(""))).map_err(Failure::about(path))
    }

    fn parse(text: &str, folder: &Path) -> Result<Self, Failure> {
        let written: Written = toml::from_str(text)?;
        let (mut recipe, layout) = match written.preset {
            Some(preset) => (preset.recipe()?, preset.layout()),
            None => (Recipe::default(), Layout::Cryoet),
        };
        // What is given is not drawn.
        recipe.draws.retain(|quantity, _| !gives(&written.params, *quantity));
        if !written.params.is_empty() {
            let mut params = Table::try_from(&recipe.params)?;
            merge(&mut params, written.params);
            recipe.params = Value::Table(params).try_into()?;
        }
        let of_transfer = [Quantity::DefocusUm, Quantity::AmplitudeContrast];
        if let Some(drawn) = of_transfer.iter().find(|drawn| recipe.params.ctf.is_none() && written.draws.contains_key(*drawn)) {
            return Err(Failure::usage(format!("draws: {}: there is no contrast transfer, ctf = \"none\"", drawn.name())));
        }
        recipe.draws.extend(written.draws);
        // A count is a number below 2^20, a seed one below 2^40, as at the shell.
        if written.tomograms.is_some_and(|count| count == 0 || count >= 1 << 20) || written.seed.is_some_and(|seed| seed >= 1 << 40) {
            return Err(Failure::new("tomograms: expected 1 to 1048575; seed: expected a number below 2^40"));
        }
        let layout = written.layout.unwrap_or(layout);
        Ok(Self {
            tomograms: written.tomograms,
            validation: written.validation,
            test: written.test,
            seed: written.seed,
            maps: written.maps.map(|maps| folder.join(maps)),
            ..Self::of(recipe, layout)
        })
    }
}

/// Whether parameters of a file give a quantity, or switch off what it is of.
fn gives(params: &Table, quantity: Quantity) -> bool {
    let within =
        |table: &str, name: &str| params.get(table).is_some_and(|value| value.as_table().is_none_or(|table| table.contains_key(name)));
    match quantity {
        Quantity::Particles => params.contains_key("crowding"),
        Quantity::Vesicles | Quantity::Gold | Quantity::Membranes | Quantity::Filaments => within(quantity.name(), "count"),
        Quantity::DefocusUm | Quantity::AmplitudeContrast => within("ctf", quantity.name()),
        Quantity::Dose => within("exposure", "dose"),
        Quantity::Shift => within("misalignment", "shift"),
        _ => params.contains_key(quantity.name()),
    }
}

/// Parameters alone.
pub(super) fn read_params(path: &Path) -> Result<SimulationParams, Failure> {
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
        assert_eq!(description.recipe.draws.len(), 1);
        assert_eq!((description.tomograms, description.seed, description.layout), (Some(10), Some(3), Layout::Shrec));
        assert_eq!(description.maps.as_deref(), Some(Path::new("there/densities")));
    }

    /// What a file gives is not drawn by its preset, and what it switches off stays off.
    #[test]
    fn what_is_given_is_not_drawn() {
        let parse = |text: &str| Description::parse(&format!("preset = \"shrec21\"\n{text}"), Path::new(""));
        let drawn = |text: &str| parse(text).unwrap().recipe.draws.into_keys().map(Quantity::name).collect::<Vec<_>>();
        let all = ["particles", "vesicles", "gold", "defocus_um", "dose", "snr"];
        assert_eq!(drawn(""), all);
        assert_eq!(
            drawn("[params]\nsnr = 0\ngold = { diameter = 80 }\nvesicles = { count = 1 }"),
            ["particles", "gold", "defocus_um", "dose"]
        );
        assert_eq!(
            drawn("[params]\ncrowding = { count = 3 }\nexposure = { dose = 3 }\nctf = { cs_mm = 2 }"),
            ["vesicles", "gold", "defocus_um", "snr"]
        );
        let off = "[params]\nsnr = 0\nctf = \"none\"\npropagation = \"projection\"";
        let params = parse(off).unwrap().recipe.draw(1).unwrap().0;
        assert_eq!((params.snr, params.ctf), (None, None));
        params.check().unwrap();
        // What the file itself draws is drawn.
        assert!(drawn("[params]\nsnr = 1\n[draws]\nsnr = [0.1, 0.2]").contains(&"snr"));
        assert!(parse(&format!("{off}\n[draws]\ndefocus_um = [2, 3]")).is_err());
    }

    #[test]
    fn presets_are_those_of_the_command() {
        for (preset, layout) in
            [("demo", Layout::Cryoet), ("small", Layout::Cryoet), ("shrec19", Layout::Shrec19), ("shrec21", Layout::Shrec)]
        {
            let description = Description::parse(&format!("preset = \"{preset}\""), Path::new("")).unwrap();
            assert_eq!((description.layout, description.recipe), (layout, Recipe::preset(preset).unwrap()));
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for text in ["preset = \"shrec18\"", "tomogram = 3", "tomograms = 0", "[params]\nsnrr = 1", "[draws]\nsnow = [0, 1]"] {
            assert!(Description::parse(text, Path::new("")).is_err(), "{text}");
        }
    }
}

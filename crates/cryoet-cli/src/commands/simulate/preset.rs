use clap::ValueEnum;
use cryoet::sim::Recipe;
use serde::Deserialize;

use super::layout::Layout;
use crate::failure::Failure;

/// Parameters to start from, at the shell and in a description of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Preset {
    /// Six complexes, 64 x 256 x 256 voxels of 10 Angstrom, SNR 0.1: the conditions of the demo
    Demo,
    /// Two large complexes, 40 x 96 x 96 voxels, 41 tilts, SNR 1: seconds
    Small,
    /// SHREC'19: 12 complexes, 2,500 particles in 200 x 512 x 512 voxels of 10 Angstrom, 39 tilts
    Shrec19,
    /// SHREC'20: 12 complexes, 2,400 to 2,799 particles in 200 x 512 x 512 voxels of 10 Angstrom, 41 tilts
    Shrec20,
    /// SHREC'21: 13 complexes, vesicles and gold, 1,000 to 3,000 particles in 180 x 512 x 512 voxels of 10 Angstrom, 61 tilts
    Shrec21,
}

impl Preset {
    /// Its name, which is that of the recipe.
    fn name(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Small => "small",
            Self::Shrec19 => "shrec19",
            Self::Shrec20 => "shrec20",
            Self::Shrec21 => "shrec21",
        }
    }

    pub(super) fn recipe(self) -> Result<Recipe, Failure> {
        Ok(Recipe::preset(self.name())?)
    }

    pub(super) fn layout(self) -> Layout {
        match self {
            Self::Demo | Self::Small => Layout::Cryoet,
            Self::Shrec19 => Layout::Shrec19,
            Self::Shrec20 | Self::Shrec21 => Layout::Shrec,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_the_recipes() {
        let names: Vec<_> = Preset::value_variants().iter().map(|preset| preset.name()).collect();
        assert_eq!(names, Recipe::PRESETS);
        for preset in Preset::value_variants() {
            assert_eq!(preset.to_possible_value().unwrap().get_name(), preset.name());
            preset.recipe().unwrap();
        }
    }
}

use std::collections::BTreeMap;

use rand::RngExt;
use thiserror::Error;

use crate::random::{Purpose, stream};
use crate::{
    Beside, Complex, Crowding, CtfParams, Envelope, Exposure, GoldParams, NoiseColour, Propagation, Rod, SimulationError, SimulationParams,
    TiltScheme, VesicleParams,
};

/// A quantity that each tomogram of a data set draws anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Quantity {
    /// How many particles of the complexes, a whole number.
    Particles,
    /// How many vesicles, a whole number.
    Vesicles,
    /// How many gold beads, a whole number.
    Gold,
    /// Underfocus in micrometre.
    DefocusUm,
    /// The share of amplitude contrast.
    AmplitudeContrast,
    /// Electrons to the square Angstrom over the series.
    Dose,
    /// Variance of the images over variance of the noise.
    Snr,
    /// Standard deviation of the solvent in volt.
    SolventNoise,
    /// Standard deviation of what each tilt sees anew, in volt.
    StructuralNoise,
    /// Motion during an image, in Angstrom.
    Motion,
    /// Standard deviation of image shifts, in Angstrom.
    Shift,
    /// How many flat membranes, a whole number.
    Membranes,
    /// How many filaments, a whole number.
    Filaments,
}

/// Why a recipe cannot be used.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum RecipeError {
    /// A range whose ends are not finite or in the wrong order, or a count that is negative or not whole.
    #[error("{} is drawn from {from} to {to}: expected finite numbers, rising, and whole ones from 0 up for counts", .quantity.name())]
    Range {
        /// The quantity.
        quantity: Quantity,
        /// The least value.
        from: f64,
        /// The largest value.
        to: f64,
    },
    /// The name is none of the built-in recipes.
    #[error("no preset is named {name:?}: the names are {}", Recipe::PRESETS.join(", "))]
    UnknownPreset {
        /// The name asked for.
        name: String,
    },
    /// Parameters of which nothing is drawn that cannot be simulated.
    #[error(transparent)]
    Params(#[from] SimulationError),
    /// An end of what is drawn that cannot be simulated.
    #[error("{} at {value}", .quantity.name())]
    End {
        /// The quantity.
        quantity: Quantity,
        /// The end.
        value: f64,
        /// What is wrong with it.
        source: SimulationError,
    },
}

/// How to make the tomograms of a data set: parameters, and what is drawn anew for each tomogram.
///
/// Every quantity has a random stream of its own, so that drawing one more, or from another range, changes no other.
///
/// ```
/// use cryoet_sim::{Quantity, Recipe};
/// let recipe = Recipe::preset("shrec21")?;
/// let (params, drawn) = recipe.draw(7)?;
/// let defocus = params.ctf.unwrap().defocus_um;
/// assert!((2.0..5.0).contains(&defocus) && drawn[&Quantity::DefocusUm] == defocus);
/// # Ok::<(), cryoet_sim::RecipeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct Recipe {
    /// Quantities that are drawn evenly between two ends, both included for whole numbers.
    pub draws: BTreeMap<Quantity, [f64; 2]>,
    /// All else.
    pub params: SimulationParams,
}

impl Quantity {
    /// Its name in a recipe.
    pub fn name(self) -> &'static str {
        match self {
            Self::Particles => "particles",
            Self::Vesicles => "vesicles",
            Self::Gold => "gold",
            Self::DefocusUm => "defocus_um",
            Self::AmplitudeContrast => "amplitude_contrast",
            Self::Dose => "dose",
            Self::Snr => "snr",
            Self::SolventNoise => "solvent_noise",
            Self::StructuralNoise => "structural_noise",
            Self::Motion => "motion",
            Self::Shift => "shift",
            Self::Membranes => "membranes",
            Self::Filaments => "filaments",
        }
    }

    fn is_count(self) -> bool {
        matches!(self, Self::Particles | Self::Vesicles | Self::Gold | Self::Membranes | Self::Filaments)
    }

    fn set(self, params: &mut SimulationParams, value: f64) {
        match self {
            Self::Particles => params.crowding = Crowding::Count(value as u32),
            Self::Vesicles => params.vesicles.get_or_insert_default().count = value as u32,
            Self::Gold => params.gold.get_or_insert_default().count = value as u32,
            Self::DefocusUm => params.ctf.get_or_insert_default().defocus_um = value,
            Self::AmplitudeContrast => params.ctf.get_or_insert_default().amplitude_contrast = value,
            Self::Dose => params.exposure.get_or_insert_default().dose = value,
            Self::Snr => params.snr = Some(value),
            Self::SolventNoise => params.solvent_noise = value,
            Self::StructuralNoise => params.structural_noise = value,
            Self::Motion => params.motion = value,
            Self::Shift => params.misalignment.shift = value,
            Self::Membranes => params.membranes.get_or_insert_default().count = value as u32,
            Self::Filaments => params.filaments.get_or_insert_default().count = value as u32,
        }
    }
}

impl Recipe {
    /// The names of the built-in recipes.
    pub const PRESETS: [&str; 5] = ["demo", "small", "shrec19", "shrec20", "shrec21"];

    /// A recipe that draws nothing.
    pub fn fixed(params: SimulationParams) -> Self {
        Self { draws: BTreeMap::new(), params }
    }

    /// A built-in recipe, by one of the names in [`PRESETS`](Self::PRESETS): `demo` is the default parameters, `small` takes seconds, the
    /// others follow SHREC's tracks.
    ///
    /// # Errors
    /// Any other name.
    pub fn preset(name: &str) -> Result<Self, RecipeError> {
        match name {
            "demo" => Ok(Self::default()),
            "small" => Ok(Self::small()),
            "shrec19" => Ok(Self::shrec19()),
            "shrec20" => Ok(Self::shrec20()),
            "shrec21" => Ok(Self::shrec21()),
            _ => Err(RecipeError::UnknownPreset { name: name.into() }),
        }
    }

    /// Checks the ranges, and the parameters at both ends of each of them, the others at their low ends; only whether particles find room shows
    /// in the simulation.
    ///
    /// # Errors
    /// A range that cannot be drawn from; parameters out of range.
    ///
    /// ```
    /// use cryoet_sim::{Quantity, Recipe};
    /// let mut recipe = Recipe::preset("shrec21")?;
    /// recipe.check()?;
    /// recipe.draws.insert(Quantity::AmplitudeContrast, [0.07, 1.1]);
    /// assert!(recipe.check().unwrap_err().to_string().starts_with("amplitude_contrast at 1.1"));
    /// # Ok::<(), cryoet_sim::RecipeError>(())
    /// ```
    pub fn check(&self) -> Result<(), RecipeError> {
        self.check_ranges()?;
        let mut low = self.params.clone();
        // What is wrong before a quantity is set is not its fault.
        let mut before = low.check().err();
        for (&quantity, &[value, _]) in &self.draws {
            quantity.set(&mut low, value);
            let now = low.check().err();
            if let Some(source) = now.clone().filter(|_| now != before) {
                return Err(RecipeError::End { quantity, value, source });
            }
            before = now;
        }
        if let Some(error) = before {
            return Err(RecipeError::Params(error));
        }
        for (&quantity, &[_, value]) in &self.draws {
            let mut params = low.clone();
            quantity.set(&mut params, value);
            params.check().map_err(|source| RecipeError::End { quantity, value, source })?;
        }
        Ok(())
    }

    fn check_ranges(&self) -> Result<(), RecipeError> {
        for (&quantity, &[from, to]) in &self.draws {
            let whole = from >= 0.0 && to <= f64::from(u32::MAX) && from.fract() == 0.0 && to.fract() == 0.0;
            if !(from.is_finite() && to.is_finite() && from <= to && (whole || !quantity.is_count())) {
                return Err(RecipeError::Range { quantity, from, to });
            }
        }
        Ok(())
    }

    /// The parameters of a tomogram, and what was drawn for it.
    ///
    /// # Errors
    /// A range that cannot be drawn from.
    pub fn draw(&self, seed: u64) -> Result<(SimulationParams, BTreeMap<Quantity, f64>), RecipeError> {
        self.check_ranges()?;
        let mut params = self.params.clone();
        let mut drawn = BTreeMap::new();
        for (&quantity, &[from, to]) in &self.draws {
            let share: f64 = stream(seed, Purpose::Quantity, quantity as usize).random();
            let value = if quantity.is_count() { (from + (to - from + 1.0) * share).floor().min(to) } else { from + (to - from) * share };
            quantity.set(&mut params, value);
            drawn.insert(quantity, value);
        }
        Ok((params, drawn))
    }

    /// Two large complexes at little noise in 40 x 96 x 96 voxels, 41 tilts: seconds.
    fn small() -> Self {
        Self::fixed(SimulationParams {
            shape: [40, 96, 96],
            complexes: complexes(&["1bxn", "4d8q"]),
            crowding: Crowding::Count(14),
            tilts: TiltScheme { step: 3.0, ..TiltScheme::default() },
            snr: Some(1.0),
            ..SimulationParams::default()
        })
    }

    /// SHREC'19 as published, but for true uniform orientations and tilts of uncut specimens: 2,500 particles in 200 x 512 x 512 voxels
    /// of 1 nm, tilts -57 to 57 degrees in steps of 3, noise through the contrast transfer at a ratio of 0.02. The second proteasome,
    /// 4b4t, has the shape of the first, 4cr2.
    pub fn shrec19() -> Self {
        let names = ["1bxn", "1qvr", "1s3x", "1u6g", "2cg9", "3cf3", "3d2f", "3gl1", "3h84", "3qm1", "4b4t", "4d8q"];
        Self::fixed(SimulationParams {
            complexes: complexes(&names),
            crowding: Crowding::Count(2500),
            tilts: TiltScheme { from: -57.0, to: 57.0, step: 3.0 },
            snr: Some(0.02),
            ..track([200, 512, 512])
        })
    }

    /// SHREC'20 as published, but for true uniform orientations: 2,400 to 2,799 particles in 200 x 512 x 512 voxels of 1 nm, 41 tilts,
    /// solvent noise that changes from tilt to tilt, multislice at 3 micrometre, noise through the contrast transfer at a ratio of 0.004
    /// (0.29 of the pixels', ice that changes counted as signal).
    pub fn shrec20() -> Self {
        let names = ["3cf3", "1s3x", "1u6g", "4cr2", "1qvr", "3h84", "2cg9", "3qm1", "3gl1", "3d2f", "4d8q", "1bxn"];
        let params = SimulationParams {
            complexes: complexes(&names),
            crowding: Crowding::Count(2600),
            tilts: TiltScheme { from: -60.0, to: 60.0, step: 3.0 },
            structural_noise: 0.32,
            propagation: Propagation::Multislice { slice: 50.0 },
            snr: Some(0.004),
            ..track([200, 512, 512])
        };
        Self { draws: BTreeMap::from([(Quantity::Particles, [2400.0, 2799.0])]), params }
    }

    /// SHREC'21 in binned voxels, every parameter drawn apart, with damage by dose: 1,000 to 3,000 particles of 13 classes, vesicles and
    /// gold in 180 x 512 x 512 voxels of 1 nm, 61 tilts, 2 to 5 micrometre, 100 to 120 electrons to the square Angstrom counted by a
    /// detector. 4v94 has the shape of 4d8q, also a chaperonin; 5mrc, a ribosome, is two rounded bodies of its mass.
    pub fn shrec21() -> Self {
        let names = ["4v94", "4cr2", "1qvr", "1bxn", "3cf3", "1u6g", "3d2f", "2cg9", "3h84", "3gl1", "3qm1", "1s3x", "5mrc"];
        let ctf = CtfParams { envelope: Envelope::shrec21(), ..CtfParams::default() };
        let params = SimulationParams {
            complexes: complexes(&names),
            crowding: Crowding::Count(2000),
            tilts: TiltScheme::default(),
            ctf: Some(ctf),
            propagation: Propagation::Multislice { slice: 50.0 },
            vesicles: Some(VesicleParams { count: 4, radius: [200.0, 600.0], ..VesicleParams::default() }),
            gold: Some(GoldParams { count: 10, diameter: 100.0 }),
            motion: 4.0,
            exposure: Some(Exposure::default()),
            snr: Some(1.0),
            noise_colour: NoiseColour::White,
            ..track([180, 512, 512])
        };
        let draws = [
            (Quantity::Particles, [1000.0, 3000.0]),
            (Quantity::Vesicles, [2.0, 7.0]),
            (Quantity::Gold, [7.0, 14.0]),
            (Quantity::DefocusUm, [2.0, 5.0]),
            (Quantity::Dose, [100.0, 120.0]),
            (Quantity::Snr, [0.6, 1.4]),
        ];
        Self { draws: BTreeMap::from(draws), params }
    }
}

/// What the tracks have in common: ice beside the particles, the contrast transfer of SHREC'20, noise seen through it.
fn track(shape: [usize; 3]) -> SimulationParams {
    let envelope = Envelope { decay: Some(0.02), ..Envelope::default() };
    SimulationParams {
        shape,
        beside: Beside::Ice,
        ctf: Some(CtfParams { envelope, ..CtfParams::default() }),
        noise_colour: NoiseColour::Transfer,
        ..SimulationParams::default()
    }
}

/// Complexes by their PDB codes; those that are not built in are stood for as the recipes say.
fn complexes(names: &[&str]) -> Vec<Complex> {
    let like = |name: &str, other: &str| {
        let other = Complex::builtin(other).ok()?;
        Complex::new(name, other.mass_kda(), other.rods().to_vec()).ok()
    };
    let one = |name: &&str| match *name {
        "4b4t" => like("4b4t", "4cr2"),
        "4v94" => like("4v94", "4d8q"),
        "5mrc" => Complex::new("5mrc", 2960.0, ribosome()).ok(),
        name => Complex::builtin(name).ok(),
    };
    names.iter().filter_map(one).collect()
}

/// A large and a small subunit with a stalk, some 25 nm across.
fn ribosome() -> Vec<Rod> {
    let rod = |from, to, radius| Rod { from, to, radius };
    vec![
        rod([-28.0, -40.0, -15.0], [-28.0, 40.0, -10.0], 75.0),
        rod([-45.0, 10.0, 20.0], [-20.0, -15.0, 35.0], 70.0),
        rod([60.0, -60.0, 0.0], [70.0, 55.0, 10.0], 45.0),
        rod([60.0, 55.0, 10.0], [45.0, 90.0, -25.0], 32.0),
        rod([-20.0, -95.0, 10.0], [5.0, -135.0, 25.0], 16.0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_whole() {
        for (name, classes) in Recipe::PRESETS.into_iter().zip([6, 2, 12, 12, 13]) {
            let recipe = Recipe::preset(name).unwrap();
            assert_eq!(recipe.params.complexes.len(), classes, "{name}");
            let (params, _) = recipe.draw(3).unwrap();
            params.check().unwrap();
            recipe.check().unwrap();
        }
        assert!(matches!(Recipe::preset("shrec18"), Err(RecipeError::UnknownPreset { .. })));
    }

    /// A quantity keeps its value whatever else is drawn.
    #[test]
    fn no_draw_touches_another() {
        let mut recipe = Recipe::shrec21();
        let (_, before) = recipe.draw(5).unwrap();
        recipe.draws.remove(&Quantity::Vesicles);
        recipe.draws.insert(Quantity::Dose, [10.0, 500.0]);
        recipe.draws.insert(Quantity::Motion, [0.0, 8.0]);
        let (_, after) = recipe.draw(5).unwrap();
        for quantity in [Quantity::Particles, Quantity::Gold, Quantity::DefocusUm, Quantity::Snr] {
            assert_eq!(before[&quantity], after[&quantity]);
        }
        // The same place between other ends.
        let share = |value: f64, from: f64, to: f64| (value - from) / (to - from);
        let (narrow, wide) = (share(before[&Quantity::Dose], 100.0, 120.0), share(after[&Quantity::Dose], 10.0, 500.0));
        assert!((narrow - wide).abs() < 1e-9);
        // And no two quantities share a stream.
        assert!((share(before[&Quantity::DefocusUm], 2.0, 5.0) - narrow).abs() > 1e-6);
    }

    #[test]
    fn counts_are_whole_and_reach_both_ends() {
        let mut recipe = Recipe::fixed(SimulationParams::default());
        recipe.draws.insert(Quantity::Gold, [7.0, 9.0]);
        let counts: Vec<f64> = (0..60).map(|seed| recipe.draw(seed).unwrap().1[&Quantity::Gold]).collect();
        for count in [7.0, 8.0, 9.0] {
            assert!(counts.iter().filter(|&&c| c == count).count() > 5);
        }
        assert!(counts.iter().all(|c| c.fract() == 0.0));
        recipe.draws.insert(Quantity::Gold, [-2.0, 9.0]);
        assert!(matches!(recipe.draw(1), Err(RecipeError::Range { quantity: Quantity::Gold, .. })));
        recipe.draws.insert(Quantity::Gold, [9.0, 7.0]);
        assert!(recipe.draw(1).is_err());
        for ends in [[7.5, 9.0], [7.0, 9.5]] {
            recipe.draws.insert(Quantity::Gold, ends);
            assert!(matches!(recipe.draw(1), Err(RecipeError::Range { .. })), "{ends:?}");
        }
    }

    /// One end of one range is enough, whichever the first tomogram draws.
    #[test]
    fn both_ends_of_every_range_are_checked() {
        let wrong = [
            (Quantity::Snr, [0.0, 1.0], 0.0),
            (Quantity::Snr, [0.1, 1e300], 1e300),
            (Quantity::DefocusUm, [2.0, 500.0], 500.0),
            (Quantity::Particles, [1.0, 4e9], 4e9),
            (Quantity::Motion, [-1.0, 3.0], -1.0),
            (Quantity::Shift, [0.0, 9000.0], 9000.0),
        ];
        for (wrong, ends, end) in wrong {
            let mut recipe = Recipe::shrec21();
            recipe.draws.insert(wrong, ends);
            let error = recipe.check().unwrap_err();
            assert!(matches!(error, RecipeError::End { quantity, value, .. } if quantity == wrong && value == end), "{error}");
        }
        let fixed = Recipe::fixed(SimulationParams { snr: Some(0.0), ..SimulationParams::default() });
        assert!(matches!(fixed.check(), Err(RecipeError::Params(SimulationError::Snr { .. }))));
        let mut recipe = Recipe::shrec21();
        recipe.params.voxel_size = 0.0;
        assert!(matches!(recipe.check(), Err(RecipeError::Params(SimulationError::VoxelSize { .. }))));
        // What is drawn need not be right where it is not.
        recipe.params = SimulationParams { snr: Some(0.0), ..SimulationParams::default() };
        recipe.check().unwrap();
    }

    #[cfg(feature = "serde")]
    #[test]
    fn quantities_have_one_name() {
        for quantity in [Quantity::Particles, Quantity::DefocusUm, Quantity::StructuralNoise, Quantity::Filaments] {
            assert_eq!(serde_json::to_value(quantity).unwrap(), quantity.name());
        }
    }
}

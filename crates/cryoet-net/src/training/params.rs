use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::loss::LossParams;
use crate::network::Precision;
use crate::normalisation::Normalisation;

/// How the learning rate moves after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// It stays.
    Constant,
    /// It falls to zero along half a cosine.
    Cosine,
}

/// Which of the turns that leave the missing wedge in place are applied to patches, each equally likely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turns {
    /// None.
    None,
    /// Half a turn about the tilt axis y, for half of the patches: DeepFinder's augmentation.
    TiltAxis,
    /// Half turns about z, y and x: all exact, none changes the hand.
    All,
}

/// How to train. [`TrainParams::default`] is this project's recipe, [`TrainParams::deepfinder`] the original's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainParams {
    /// Steps in all.
    pub steps: u64,
    /// Patches per step.
    pub batch: usize,
    /// Edge of the cubic patches in voxels, a multiple of the network's granularity.
    pub patch: usize,
    /// Patch centres are moved by a uniform integer of -shift ..= shift on each axis.
    pub shift: usize,
    /// Share of patches centred anywhere instead of on a voxel of a class.
    pub background: f64,
    /// The turns applied to patches.
    pub turns: Turns,
    /// How grey values are scaled.
    pub normalisation: Normalisation,
    /// Standard deviation in voxels of a Gaussian low-pass before the network; 0 is none.
    pub smoothing: f64,
    /// Whether hidden layers are normalised over each batch while they learn (Ioffe and Szegedy 2015). The weights that come out have no
    /// normalisation: means and deviations, measured over the first patches of the training, are folded into them.
    pub batch_normalisation: bool,
    /// What the network is computed in while it learns; the weights themselves stay in 32 bits.
    pub precision: Precision,
    /// The loss.
    pub loss: LossParams,
    /// Adam's largest learning rate.
    pub learning_rate: f64,
    /// Steps over which the learning rate rises from zero.
    pub warm_up: u64,
    /// What it does afterwards.
    pub schedule: Schedule,
    /// Weight decay, decoupled (AdamW); 0 is Adam.
    pub weight_decay: f64,
    /// Gradients of a larger norm are scaled down to it. In a recipe file `inf` stands for none.
    pub max_gradient_norm: Option<f64>,
    /// Decay of the exponential moving average of the weights, which validation and the result then use. In a recipe file 0 stands for
    /// none: the average is then the last weights.
    pub average: Option<f64>,
    /// Steps between validations; the last step always validates.
    pub validate_every: u64,
    /// Training ends after so many validations in a row without a better one; none goes on to the last step.
    pub patience: Option<u64>,
    /// At most this many voxels of each validation tomogram, a box about its centre, are segmented to validate.
    pub validation_voxels: usize,
    /// Decides weights, patches, shifts and turns.
    pub seed: u64,
}

impl Default for TrainParams {
    fn default() -> Self {
        Self {
            steps: 1000,
            batch: 2,
            patch: 48,
            shift: 12,
            background: 0.1,
            turns: Turns::All,
            normalisation: Normalisation::Tomogram,
            smoothing: 1.0,
            batch_normalisation: true,
            precision: Precision::F32,
            loss: LossParams::default(),
            learning_rate: 1e-3,
            warm_up: 20,
            schedule: Schedule::Cosine,
            weight_decay: 0.0,
            max_gradient_norm: Some(3.0),
            average: Some(0.99),
            validate_every: 100,
            patience: None,
            validation_voxels: 2_000_000,
            seed: 0,
        }
    }
}

/// More patches than this in a step are a slip of the hand.
const MOST_PATCHES: usize = 1 << 16;

/// Why parameters cannot be used.
#[derive(Debug, Error, Clone, PartialEq)]
#[error("{name} = {value}: expected {expected}")]
pub struct TrainParamsError {
    /// The parameter.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// What it must be.
    pub expected: String,
}

impl TrainParams {
    /// The original's recipe: Dice, Adam 1e-4, batches of 25 patches of 56^3, shifts of 13 voxels, half turns about the tilt axis,
    /// patches normalised one by one, 100 epochs of 100 steps (Moebel et al. 2021; deepfinder 0.2.1). docs/deviations.md says in what a training by it
    /// still differs.
    ///
    /// ```
    /// use cryoet_net::TrainParams;
    /// let params = TrainParams { steps: 500, ..TrainParams::deepfinder() };
    /// assert_eq!((params.batch, params.patch, params.learning_rate), (25, 56, 1e-4));
    /// ```
    pub fn deepfinder() -> Self {
        Self {
            steps: 10_000,
            batch: 25,
            patch: 56,
            shift: 13,
            background: 0.0,
            turns: Turns::TiltAxis,
            normalisation: Normalisation::DeepFinder,
            smoothing: 0.0,
            batch_normalisation: false,
            precision: Precision::F32,
            loss: LossParams::deepfinder(),
            learning_rate: 1e-4,
            warm_up: 0,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            max_gradient_norm: None,
            average: None,
            validate_every: 100,
            patience: None,
            validation_voxels: 2_000_000,
            seed: 0,
        }
    }

    /// Whether every value can be used with patches that are multiples of `granularity`.
    ///
    /// # Errors
    /// The first value out of range.
    ///
    /// ```
    /// use cryoet_net::TrainParams;
    /// assert!(TrainParams::default().check(4).is_ok());
    /// let error = TrainParams { patch: 50, ..TrainParams::default() }.check(4).unwrap_err();
    /// assert_eq!(error.to_string(), "patch = 50: expected a positive multiple of 4");
    /// ```
    pub fn check(&self, granularity: usize) -> Result<(), TrainParamsError> {
        let refuse = |name, value: String, expected: &str| Err(TrainParamsError { name, value, expected: expected.to_owned() });
        if self.steps == 0 {
            return refuse("steps", self.steps.to_string(), "1 or more");
        }
        if !(1..=MOST_PATCHES).contains(&self.batch) {
            return refuse("batch", self.batch.to_string(), &format!("1 to {MOST_PATCHES}"));
        }
        if self.patch == 0 || !self.patch.is_multiple_of(granularity) {
            return refuse("patch", self.patch.to_string(), &format!("a positive multiple of {granularity}"));
        }
        if !(0.0..=1.0).contains(&self.background) {
            return refuse("background", self.background.to_string(), "a share of 0 to 1");
        }
        if self.normalisation == Normalisation::DeepFinder && self.smoothing > 0.0 {
            let expected = "0 with the normalisation deep_finder, which scales patches after the low-pass and tomograms before";
            return refuse("smoothing", self.smoothing.to_string(), expected);
        }
        if !(0.0..=16.0).contains(&self.smoothing) {
            return refuse("smoothing", self.smoothing.to_string(), "0 to 16 voxels");
        }
        if !(self.learning_rate.is_finite() && self.learning_rate > 0.0) {
            return refuse("learning_rate", self.learning_rate.to_string(), "a positive number");
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return refuse("weight_decay", self.weight_decay.to_string(), "a number of 0 or more");
        }
        if let Some(decay) = self.average.filter(|decay| !(0.0..1.0).contains(decay)) {
            return refuse("average", decay.to_string(), "a decay of 0 to below 1");
        }
        if let Some(norm) = self.max_gradient_norm.filter(|norm| norm.is_nan() || *norm <= 0.0) {
            return refuse("max_gradient_norm", norm.to_string(), "a positive number");
        }
        let loss = &self.loss;
        let weights = [
            ("loss.overlap", loss.overlap),
            ("loss.false_positive", loss.false_positive),
            ("loss.false_negative", loss.false_negative),
            ("loss.generalised_dice", loss.generalised_dice),
            ("loss.cross_entropy", loss.cross_entropy),
            ("loss.background_weight", loss.background_weight),
            ("loss.focal", loss.focal),
            ("loss.density", loss.density),
        ];
        let of_classes = loss.class_weights.iter().map(|&weight| ("loss.class_weights", weight));
        if let Some((name, weight)) = weights.into_iter().chain(of_classes).find(|(_, weight)| !(weight.is_finite() && *weight >= 0.0)) {
            return refuse(name, weight.to_string(), "a finite number of 0 or more");
        }
        if loss.overlap + loss.generalised_dice + loss.cross_entropy == 0.0 {
            return refuse("loss.overlap", "0".to_owned(), "more than 0, as loss.generalised_dice and loss.cross_entropy are 0 too");
        }
        if self.patience == Some(0) {
            return refuse("patience", "0".to_owned(), "1 or more validations, or none");
        }
        if self.validate_every == 0 {
            return refuse("validate_every", self.validate_every.to_string(), "1 or more");
        }
        self.check_batch_normalisation([self.patch; 3], granularity)
    }

    /// Whether a batch of patches of that size (z, y, x) has a deviation in the network's coarsest layers.
    pub(super) fn check_batch_normalisation(&self, size: [usize; 3], granularity: usize) -> Result<(), TrainParamsError> {
        let places = size.iter().fold(self.batch, |places, &edge| places.saturating_mul(edge / granularity));
        if !self.batch_normalisation || places >= 2 {
            return Ok(());
        }
        let expected = format!("2 or more, since patches of {size:?} voxels (z, y, x) end in one and batch_normalisation is true");
        Err(TrainParamsError { name: "batch", value: self.batch.to_string(), expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(params: &TrainParams) -> String {
        params.check(4).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn normalised_batches_need_two_places() {
        let patch = |batch, patch, batch_normalisation| TrainParams { batch, patch, batch_normalisation, ..TrainParams::default() };
        assert!(refused(&patch(1, 4, true)).starts_with("batch = 1: expected 2 or more, since patches of [4, 4, 4] voxels"));
        assert_eq!([patch(1, 4, false), patch(2, 4, true), patch(1, 8, true)].map(|params| refused(&params)), [""; 3]);
        assert!(patch(1, 16, true).check_batch_normalisation([4; 3], 4).is_err());
    }

    #[test]
    fn values_are_shown_as_a_recipe_has_them() {
        let params = TrainParams { average: Some(1.0), ..TrainParams::default() };
        assert_eq!(refused(&params), "average = 1: expected a decay of 0 to below 1");
        let params = TrainParams { max_gradient_norm: Some(-2.5), ..TrainParams::default() };
        assert_eq!(refused(&params), "max_gradient_norm = -2.5: expected a positive number");
        let of_loss = |loss| refused(&TrainParams { loss, ..TrainParams::default() });
        assert_eq!(of_loss(LossParams { focal: -1.0, ..LossParams::default() }), "loss.focal = -1: expected a finite number of 0 or more");
        let classes = LossParams { class_weights: vec![1.0, f64::NAN], ..LossParams::default() };
        assert_eq!(of_loss(classes), "loss.class_weights = NaN: expected a finite number of 0 or more");
        assert!(of_loss(LossParams { overlap: 0.0, cross_entropy: 0.0, ..LossParams::default() }).contains("loss.cross_entropy are 0 too"));
    }
}

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

/// Added to numerator and denominator of an overlap, in voxels: a class absent from target and prediction scores 1, not 0/0.
const SMOOTHING: f64 = 1.0;

/// The focal factor's base does not fall below this.
const FOCAL_FLOOR: f64 = 1e-6;

/// What training minimises: a weighted sum of an overlap term, generalised Dice and cross-entropy, over all voxels but ignored ones; networks
/// that learn to denoise add a squared difference.
///
/// The overlap of a class is `(TP + 1) / (TP + a FP + b FN + 1)` with soft counts over batch and voxels (Salehi et al. 2017);
/// a = b = 0.5 is the Dice overlap of DeepFinder. The term is 1 minus its mean over the classes present in the batch.
///
/// Generalised Dice (Sudre et al. 2017) is `1 - 2 sum w TP / sum w (2 TP + FP + FN)` over the classes present, background among them, w one over the
/// square of a class's voxels in the batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LossParams {
    /// Weight of the overlap term.
    pub overlap: f64,
    /// Weight of a false positive in the overlap.
    pub false_positive: f64,
    /// Weight of a false negative in the overlap.
    pub false_negative: f64,
    /// Whether classes absent from the batch count in the overlap's mean too: then their false positives are punished.
    pub absent_classes: bool,
    /// Weight of generalised Dice.
    // Left out of records where it is 0: earlier ones do not have it.
    #[serde(skip_serializing_if = "is_zero")]
    pub generalised_dice: f64,
    /// Weight of the mean cross-entropy.
    pub cross_entropy: f64,
    /// Factor on the cross-entropy of background voxels; 1 treats all alike.
    pub background_weight: f64,
    /// Factors on the cross-entropy of the classes by rising label; empty is 1 for each.
    pub class_weights: Vec<f64>,
    /// Exponent of the focal factor (1 - p)^focal on each voxel's cross-entropy, p the probability of its true class (Lin et al. 2017);
    /// 0 is plain cross-entropy, VP-Detector takes 2.
    pub focal: f64,
    /// Weight of the mean squared difference to the density without noise, scaled to deviation 1, in networks that learn it, times the share of
    /// patches of which it is known. UMC's paper names no weight.
    // Left out of records where it is 1, for the same reason.
    #[serde(skip_serializing_if = "is_one")]
    pub density: f64,
}

fn is_zero(weight: &f64) -> bool {
    *weight == 0.0
}

fn is_one(weight: &f64) -> bool {
    *weight == 1.0
}

impl Default for LossParams {
    /// Tversky plus cross-entropy, as the CZII challenge's second place used, with a smaller bias towards foreground (0.4 and 0.6) and
    /// background voxels, which are many, at 0.3.
    fn default() -> Self {
        Self {
            overlap: 1.0,
            false_positive: 0.4,
            false_negative: 0.6,
            absent_classes: false,
            generalised_dice: 0.0,
            cross_entropy: 1.0,
            background_weight: 0.3,
            class_weights: Vec::new(),
            focal: 0.0,
            density: 1.0,
        }
    }
}

impl LossParams {
    /// DeepFinder's: Dice over all classes, background included, nothing else.
    pub fn deepfinder() -> Self {
        Self {
            overlap: 1.0,
            false_positive: 0.5,
            false_negative: 0.5,
            absent_classes: true,
            generalised_dice: 0.0,
            cross_entropy: 0.0,
            background_weight: 1.0,
            class_weights: Vec::new(),
            focal: 0.0,
            density: 1.0,
        }
    }

    /// The loss of logits (batch, channels, z, y, x) against channels (batch, z, y, x; i64) where `valid` is 1 (f32, 0 ignores).
    ///
    /// Voxels become rows and sums over them matrix products: in the channels-last layout this costs a percent of a training step,
    /// where reductions over the strided axes cost as much as the network.
    pub(crate) fn compute(&self, logits: &Tensor, target: &Tensor, valid: &Tensor) -> Result<Tensor, tch::TchError> {
        let channels = logits.size()[1];
        let log_probability = logits.f_permute([0, 2, 3, 4, 1])?.f_reshape([-1, channels])?.f_log_softmax(1, Kind::Float)?;
        let index = target.f_reshape([-1, 1])?;
        let valid = valid.f_reshape([-1, 1])?;
        let mut loss = Tensor::f_zeros([], (Kind::Float, logits.device()))?;
        if self.cross_entropy > 0.0 {
            let weight = self.voxel_weights(&index, channels)?.f_multiply(&valid)?;
            let truth = log_probability.f_gather(1, &index, false)?;
            let entropy = if self.focal > 0.0 {
                // The gradient of a power below 1 is infinite at 0, where a voxel is already right.
                truth.f_multiply(&truth.f_exp()?.f_rsub_scalar(1.0)?.f_clamp_min(FOCAL_FLOOR)?.f_pow_tensor_scalar(self.focal)?)?
            } else {
                truth
            };
            let mean = entropy.f_multiply(&weight)?.f_sum(Kind::Float)?;
            let mean = mean.f_divide(&weight.f_sum(Kind::Float)?.f_clamp_min(f64::from(f32::MIN_POSITIVE))?)?;
            loss = loss.f_subtract(&mean.f_multiply_scalar(self.cross_entropy)?)?;
        }
        if self.overlap > 0.0 || self.generalised_dice > 0.0 {
            let probability = log_probability.f_exp()?;
            let one_hot = Tensor::f_zeros_like(&probability.f_detach()?)?.f_scatter_value(1, &index, 1.0)?.f_multiply(&valid)?;
            let by_class = one_hot.f_transpose(0, 1)?;
            let support = by_class.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)?;
            let claimed = valid.f_transpose(0, 1)?.f_matmul(&probability)?.f_squeeze_dim(0)?;
            let hit = by_class.f_matmul(&probability)?.f_diagonal(0, 0, 1)?;
            let counts = SoftCounts { hit, claimed, support };
            if self.overlap > 0.0 {
                let mean = self.mean_overlap(&counts)?;
                loss = loss.f_add(&mean.f_multiply_scalar(-self.overlap)?.f_add_scalar(self.overlap)?)?;
            }
            if self.generalised_dice > 0.0 {
                let dice = counts.generalised_dice()?;
                loss = loss.f_add(&dice.f_multiply_scalar(-self.generalised_dice)?.f_add_scalar(self.generalised_dice)?)?;
            }
        }
        Ok(loss)
    }

    /// The mean over classes of their overlap.
    fn mean_overlap(&self, SoftCounts { hit, claimed, support }: &SoftCounts) -> Result<Tensor, tch::TchError> {
        let false_positive = claimed.f_subtract(hit)?.f_multiply_scalar(self.false_positive)?;
        let false_negative = support.f_subtract(hit)?.f_multiply_scalar(self.false_negative)?;
        let numerator = hit.f_add_scalar(SMOOTHING)?;
        let score = numerator.f_divide(&numerator.f_add(&false_positive)?.f_add(&false_negative)?)?;
        let counted = if self.absent_classes { support.f_ones_like()? } else { support.f_gt(0.0)?.f_to_kind(Kind::Float)? };
        score.f_multiply(&counted)?.f_sum(Kind::Float)?.f_divide(&counted.f_sum(Kind::Float)?.f_clamp_min(1.0)?)
    }

    /// The factor on each voxel's cross-entropy (voxels, 1), of its true channel.
    fn voxel_weights(&self, index: &Tensor, channels: i64) -> Result<Tensor, tch::TchError> {
        let mut factors = vec![1f32; channels as usize];
        for (factor, weight) in factors.iter_mut().zip(std::iter::once(&self.background_weight).chain(&self.class_weights)) {
            *factor = *weight as f32;
        }
        Tensor::f_from_slice(&factors)?.f_to_device(index.device())?.f_index_select(0, &index.f_view([-1])?)?.f_view([-1, 1])
    }
}

/// The mean squared difference of densities (batch, 1, z, y, x) over the patches of which the target is known (batch, 1, 1, 1, 1; f32, 0 is
/// not known); 0 where it is of none.
pub(crate) fn squared_difference(answer: &Tensor, target: &Tensor, known: &Tensor) -> Result<Tensor, tch::TchError> {
    let squares = answer.f_to_kind(Kind::Float)?.f_subtract(target)?.f_square()?;
    let by_patch = squares.f_mean_dim([1i64, 2, 3, 4].as_slice(), true, Kind::Float)?.f_multiply(known)?;
    by_patch.f_sum(Kind::Float)?.f_divide(&known.f_sum(Kind::Float)?.f_clamp_min(1.0)?)
}

/// Voxels of each channel over a batch, each counted by its probability.
struct SoftCounts {
    /// Rightly taken for it.
    hit: Tensor,
    /// Taken for it.
    claimed: Tensor,
    /// That are of it.
    support: Tensor,
}

impl SoftCounts {
    /// 1 where all is right; of nothing but ignored voxels, too.
    fn generalised_dice(&self) -> Result<Tensor, tch::TchError> {
        let present = self.support.f_gt(0.0)?.f_to_kind(Kind::Float)?;
        let weight = present.f_divide(&self.support.f_square()?.f_clamp_min(1.0)?)?;
        let weighted = |counts: &Tensor| counts.f_multiply(&weight)?.f_sum(Kind::Float);
        let all = weighted(&self.claimed)?.f_add(&weighted(&self.support)?)?;
        let nothing = f64::from(f32::MIN_POSITIVE);
        weighted(&self.hit)?.f_multiply_scalar(2.0)?.f_add_scalar(nothing)?.f_divide(&all.f_add_scalar(nothing)?)
    }
}

#[cfg(test)]
mod tests;

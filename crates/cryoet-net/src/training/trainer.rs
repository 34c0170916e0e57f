use std::time::Instant;

use cryoet_core::ndarray::ArrayView3;
use cryoet_core::{ClassLabel, ClassTable, Progress, Region, VoxelSize};
use tch::Tensor;

use super::adam::{Adam, RestoreError};
use super::average::Average;
use super::batch::Batch;
use super::central_box::central_box;
use super::checkpoint::{Checkpoint, CheckpointError, Record};
use super::confusion::VoxelCounts;
use super::data::{DataError, PreparedTomogram, TrainingTomogram, check_voxel_sizes, prepare};
use super::error::TrainError;
use super::history::{History, StepRecord, ValidationRecord};
use super::model::Model;
use super::params::{TrainParams, TrainParamsError};
use super::prefetch::{PatchSource, Prefetch};
use super::sampler::Sampler;
use super::schedule::learning_rate;
use super::step_loss::StepLoss;
use super::warning::{TrainingWarning, patch_cut, warnings};
use crate::architecture::Architecture;
use crate::device::Device;
use crate::inference::{SegmentError, channels_of_part};
use crate::network::Network;
use crate::smoothing::Smoothing;
use crate::tensor_map::TensorMap;
use crate::torch_error::TorchError;
use crate::weights::{Weights, WeightsDescription, WeightsError};

/// Means and deviations of normalised layers are measured over this many patches, or over all of a training that sees fewer.
const MEASURED_PATCHES: u64 = 64;

/// A training in progress. The caller decides when to step, validate, save and stop:
///
/// ```
/// use cryoet_core::{Class, ClassLabel, ClassTable, Volume, ndarray::Array3};
/// use cryoet_net::{Device, TrainParams, Trainer, TrainingTomogram};
///
/// let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ball")])?;
/// let inside = |z: usize, y: usize, x: usize| (z.abs_diff(8)).pow(2) + y.abs_diff(8).pow(2) + x.abs_diff(8).pow(2) < 16;
/// let labels = Array3::from_shape_fn((16, 16, 16), |(z, y, x)| u8::from(inside(z, y, x)));
/// let tomogram = TrainingTomogram::new("tomogram", Volume::new(labels.mapv(f32::from)), labels);
/// let params = TrainParams { steps: 2, batch: 1, patch: 16, ..TrainParams::default() };
/// let mut trainer = Trainer::new(params, classes, vec![tomogram], vec![], Device::Cpu, &())?;
/// while !trainer.is_finished() {
///     let record = trainer.step()?;
///     println!("step {}: loss {:.3}", record.step, record.loss);
/// }
/// let weights = trainer.weights()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Trainer {
    params: TrainParams,
    description: WeightsDescription,
    model: Model,
    adam: Adam,
    average: Option<Average>,
    patches: Prefetch,
    validation: Vec<PreparedTomogram>,
    warnings: Vec<TrainingWarning>,
    step: u64,
    history: History,
    best: Option<Weights>,
    device: Device,
}

impl std::fmt::Debug for Trainer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trainer").field("params", &self.params).field("step", &self.step).finish_non_exhaustive()
    }
}

impl Trainer {
    /// A training of DeepFinder's network from random weights. Without validation tomograms, nothing is validated and the last weights are the result.
    ///
    /// Every voxel is looked at before the first step; progress counts planes of each tomogram, and may stop that.
    ///
    /// # Errors
    /// Parameters out of range, tomograms that cannot be used, a device that is not there, the user's wish to stop.
    pub fn new(
        params: TrainParams,
        classes: ClassTable,
        training: Vec<TrainingTomogram>,
        validation: Vec<TrainingTomogram>,
        device: Device,
        progress: &dyn Progress,
    ) -> Result<Self, TrainError> {
        Self::of_network(Architecture::DeepFinder { outputs: 2 }, params, classes, training, validation, device, progress)
    }

    /// A training of any network from random weights; it gets as many outputs as there are classes and background.
    ///
    /// # Errors
    /// As [`Trainer::new`].
    ///
    /// ```
    /// # use cryoet_core::{Class, ClassLabel, ClassTable, Volume, ndarray::Array3};
    /// # use cryoet_net::{Architecture, Device, TrainParams, Trainer, TrainingTomogram, Weights};
    /// # let inside = |z: usize, y: usize, x: usize| z.abs_diff(8).pow(2) + y.abs_diff(8).pow(2) + x.abs_diff(8).pow(2) < 16;
    /// # let labels = || Array3::from_shape_fn((16, 16, 16), |(z, y, x)| u8::from(inside(z, y, x)));
    /// # let tomogram = |name: &str| TrainingTomogram::new(name, Volume::new(labels().mapv(f32::from)), labels());
    /// # let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ball")])?;
    /// let params = TrainParams { steps: 1, batch: 1, patch: 8, ..TrainParams::default() };
    /// let network = Architecture::Msd { outputs: 2, depth: 4, dilations: 2 };
    /// let mut trainer = Trainer::of_network(network, params, classes, vec![tomogram("first")], vec![], Device::Cpu, &())?;
    /// trainer.step()?;
    /// assert_eq!(trainer.weights()?.description().architecture, network);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_network(
        architecture: Architecture,
        params: TrainParams,
        classes: ClassTable,
        training: Vec<TrainingTomogram>,
        validation: Vec<TrainingTomogram>,
        device: Device,
        progress: &dyn Progress,
    ) -> Result<Self, TrainError> {
        let weights = Weights::untrained(architecture, classes, None, params.seed);
        Self::prepare(params, weights, Start::Random, training, validation, device, progress)
    }

    /// A training that starts from weights of the same classes: fine-tuning. What was calibrated of them is dropped: it says nothing of the
    /// weights to come.
    ///
    /// # Errors
    /// As [`Trainer::new`].
    ///
    /// ```
    /// # use cryoet_core::{Class, ClassLabel, ClassTable, Volume, ndarray::Array3};
    /// # use cryoet_net::{Architecture, Device, TrainParams, Trainer, TrainingTomogram, Weights};
    /// # let inside = |z: usize, y: usize, x: usize| z.abs_diff(8).pow(2) + y.abs_diff(8).pow(2) + x.abs_diff(8).pow(2) < 16;
    /// # let labels = || Array3::from_shape_fn((16, 16, 16), |(z, y, x)| u8::from(inside(z, y, x)));
    /// # let tomogram = |name: &str| TrainingTomogram::new(name, Volume::new(labels().mapv(f32::from)), labels());
    /// # let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ball")])?;
    /// let start = Weights::random(classes, None, 1); // or read from a file
    /// let before = start.sha256();
    /// // Grey values as the weights learnt them: the recipe decides, and the default has another low-pass.
    /// let smoothing = start.description().smoothing;
    /// let params = TrainParams { steps: 1, batch: 1, patch: 8, smoothing, average: None, ..TrainParams::default() };
    /// let mut trainer = Trainer::from_weights(params, start, vec![tomogram("first")], vec![], Device::Cpu, &())?;
    /// trainer.step()?;
    /// assert_ne!(trainer.weights()?.sha256(), before);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_weights(
        params: TrainParams,
        weights: Weights,
        training: Vec<TrainingTomogram>,
        validation: Vec<TrainingTomogram>,
        device: Device,
        progress: &dyn Progress,
    ) -> Result<Self, TrainError> {
        Self::prepare(params, weights, Start::Trained, training, validation, device, progress)
    }

    fn prepare(
        params: TrainParams,
        weights: Weights,
        start: Start,
        training: Vec<TrainingTomogram>,
        validation: Vec<TrainingTomogram>,
        device: Device,
        progress: &dyn Progress,
    ) -> Result<Self, TrainError> {
        let weights = weights.without_calibration().with_clustering(None);
        let mut description = weights.description().clone();
        let architecture = description.architecture;
        let granularity = architecture.granularity();
        params.check(granularity)?;
        description.normalisation = params.normalisation;
        description.smoothing = params.smoothing;
        let smoothing = Smoothing::new(params.smoothing);
        description.voxel_size = description.voxel_size.or_else(|| training.iter().find_map(|tomogram| tomogram.volume.voxel_size()));
        // Only segmentation is validated.
        let validation = validation.into_iter().map(|tomogram| TrainingTomogram { density: None, ..tomogram }).collect::<Vec<_>>();
        check_voxel_sizes(&training, architecture, description.voxel_size)?;
        check_voxel_sizes(&validation, architecture, description.voxel_size)?;
        let (count, classes) = (training.len(), &description.classes);
        let training = prepare(training, classes, &smoothing, architecture, progress)?;
        let validation = prepare(validation, classes, &smoothing, architecture, progress)?;
        if training.is_empty() {
            return Err(DataError::NoTomogram.into());
        }
        let weighted = params.loss.class_weights.len();
        if weighted != 0 && weighted != classes.len() {
            let (name, expected) = ("loss.class_weights", format!("{}, one per class", classes.len()));
            return Err(TrainParamsError { name, value: format!("{weighted} factors"), expected }.into());
        }
        let sampler = Sampler::new(&training, params.patch, granularity).ok_or(DataError::NothingLabelled { count })?;
        params.check_batch_normalisation(sampler.size(), granularity)?;
        let mut warnings =
            warnings(architecture, classes, &training, &validation, |tomogram| validated_region(tomogram, &params, granularity))?;
        warnings.extend(patch_cut(params.patch, sampler.size()));
        let patches = PatchSource { tomograms: training, sampler, params: params.clone(), denoises: architecture.denoises() };
        let build = |tensors: &TensorMap| Model::new(architecture, tensors, device, params.precision);
        let mut model = build(weights.tensors())?;
        if params.batch_normalisation {
            model = match start {
                Start::Random => model.normalised()?,
                Start::Trained => model.normalised_alike(measured_inputs(&patches, device)?)?,
                Start::Resumed => model,
            };
        }
        let average = params.average.map(|decay| Ok::<_, TrainError>(Average::new(build(&model.to_tensors()?)?, decay))).transpose()?;
        model.require_gradients()?;
        let adam = Adam::new(model.parameters_mut())?;
        Ok(Self {
            params,
            model,
            adam,
            average,
            patches: Prefetch::new(patches),
            validation,
            warnings,
            step: 0,
            history: History::default(),
            best: None,
            device,
            description,
        })
    }

    /// Goes on from the bytes of [`Trainer::checkpoint`]; the parameters come from there. On the CPU and at the same number of
    /// threads the weights become, to the bit, what they would have become without the break.
    ///
    /// # Errors
    /// Bytes that are no checkpoint, or tomograms that do not fit it.
    ///
    /// ```
    /// # use cryoet_core::{Class, ClassLabel, ClassTable, Volume, ndarray::Array3};
    /// # use cryoet_net::{Architecture, Device, TrainParams, Trainer, TrainingTomogram, Weights};
    /// # let inside = |z: usize, y: usize, x: usize| z.abs_diff(8).pow(2) + y.abs_diff(8).pow(2) + x.abs_diff(8).pow(2) < 16;
    /// # let labels = || Array3::from_shape_fn((16, 16, 16), |(z, y, x)| u8::from(inside(z, y, x)));
    /// # let tomogram = |name: &str| TrainingTomogram::new(name, Volume::new(labels().mapv(f32::from)), labels());
    /// # let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ball")])?;
    /// let params = TrainParams { steps: 2, batch: 1, patch: 8, ..TrainParams::default() };
    /// let data = || vec![tomogram("first")];
    /// let mut straight = Trainer::new(params, classes, data(), vec![], Device::Cpu, &())?;
    /// straight.step()?;
    /// let bytes = straight.checkpoint()?;
    /// straight.step()?;
    /// let mut resumed = Trainer::resume(&bytes, data(), vec![], Device::Cpu, &())?;
    /// resumed.step()?;
    /// assert_eq!(resumed.weights()?.sha256(), straight.weights()?.sha256());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resume(
        checkpoint: &[u8],
        training: Vec<TrainingTomogram>,
        validation: Vec<TrainingTomogram>,
        device: Device,
        progress: &dyn Progress,
    ) -> Result<Self, TrainError> {
        let Checkpoint { record, weights, average, optimiser, best } = Checkpoint::from_bytes(checkpoint)?;
        let mut trainer = Self::prepare(record.params, weights, Start::Resumed, training, validation, device, progress)?;
        let names = trainer.model.parameter_names();
        trainer.adam.restore(&names, &optimiser, record.step, device).map_err(|error| match error {
            RestoreError::Torch(error) => TrainError::Torch(error),
            missing @ RestoreError::Moment { .. } => CheckpointError::Optimiser { reason: missing.to_string() }.into(),
        })?;
        if let (Some(decay), Some(tensors)) = (trainer.params.average, average) {
            let model = Model::new(trainer.description.architecture, &tensors, device, trainer.params.precision)?;
            trainer.average = Some(Average::new(model, decay));
        }
        (trainer.step, trainer.history, trainer.best) = (record.step, record.history, best);
        Ok(trainer)
    }

    /// Trains on one batch. From the first step on, threads prepare the patches of the next ones until the trainer is dropped.
    ///
    /// # Errors
    /// libtorch's refusal; a loss or gradient that is no finite number (then the weights are as before the step), or weights that are none
    /// after it.
    pub fn step(&mut self) -> Result<StepRecord, TrainError> {
        let start = Instant::now();
        let batch = Batch::new(&self.patches.take(self.step)?, self.device)?;
        let data_seconds = start.elapsed().as_secs_f64();
        let answers = self.model.answers(&batch.input)?;
        let StepLoss { loss, density } = StepLoss::of(&answers, &batch, self.description.architecture, &self.params.loss)?;
        let density_loss = density.map(|density| density.f_double_value(&[])).transpose().map_err(TorchError::from)?;
        let value = loss.f_double_value(&[]).map_err(TorchError::from)?;
        let rate = learning_rate(&self.params, self.step);
        let step = self.step + 1;
        let diverged = |what| TrainError::Diverged { step, what, learning_rate: rate };
        if !value.is_finite() {
            return Err(diverged(format!("the loss is {value}")));
        }
        for parameter in self.model.parameters_mut() {
            let mut gradient = parameter.f_grad().map_err(TorchError::from)?;
            if gradient.defined() {
                let _ = gradient.f_zero_().map_err(TorchError::from)?;
            }
        }
        loss.f_backward().map_err(TorchError::from)?;
        let gradient_norm = self.adam.step(self.model.parameters_mut(), rate, self.params.weight_decay, self.params.max_gradient_norm)?;
        if !gradient_norm.is_finite() {
            return Err(diverged(format!("the gradient's norm is {gradient_norm}")));
        }
        if !self.model.is_finite()? {
            return Err(diverged("weights are no finite numbers after it".to_owned()));
        }
        self.step += 1;
        if let Some(average) = &mut self.average {
            average.update(&mut self.model, self.step)?;
        }
        let seconds = start.elapsed().as_secs_f64();
        let record = StepRecord { step: self.step, loss: value, density_loss, learning_rate: rate, gradient_norm, seconds, data_seconds };
        self.history.steps.push(record.clone());
        Ok(record)
    }

    /// Whether a validation is due after the last step.
    pub fn validation_due(&self) -> bool {
        !self.validation.is_empty()
            && self.step > 0
            && (self.step.is_multiple_of(self.params.validate_every) || self.is_finished())
            && self.history.validations.last().is_none_or(|last| last.step < self.step)
    }

    /// Segments the validation tomograms with the (averaged) weights, as [`segment`](crate::segment) does, and keeps these when they are the
    /// best so far. Progress counts tiles of each tomogram; a validation that is stopped leaves no trace.
    ///
    /// # Errors
    /// A source's failure or libtorch's refusal; the user's wish to stop.
    ///
    /// ```
    /// # use cryoet_core::{Class, ClassLabel, ClassTable, Volume, ndarray::Array3};
    /// # use cryoet_net::{Architecture, Device, TrainParams, Trainer, TrainingTomogram, Weights};
    /// # let inside = |z: usize, y: usize, x: usize| z.abs_diff(8).pow(2) + y.abs_diff(8).pow(2) + x.abs_diff(8).pow(2) < 16;
    /// # let labels = || Array3::from_shape_fn((16, 16, 16), |(z, y, x)| u8::from(inside(z, y, x)));
    /// # let tomogram = |name: &str| TrainingTomogram::new(name, Volume::new(labels().mapv(f32::from)), labels());
    /// # let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ball")])?;
    /// let params = TrainParams { steps: 2, batch: 1, patch: 8, validate_every: 1, ..TrainParams::default() };
    /// let mut trainer = Trainer::new(params, classes, vec![tomogram("first")], vec![tomogram("second")], Device::Cpu, &())?;
    /// while !trainer.is_finished() {
    ///     trainer.step()?;
    ///     if trainer.validation_due() {
    ///         println!("mean F1 {:.3}", trainer.validate(&())?.metrics.mean_f1);
    ///     }
    /// }
    /// assert_eq!(trainer.history().validations.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn validate(&mut self, progress: &dyn Progress) -> Result<ValidationRecord, TrainError> {
        let weights = self.present_weights()?;
        let network = Network::new(&weights, self.device, self.params.precision)?;
        let mut counts = VoxelCounts::new(self.description.architecture.outputs());
        for tomogram in &self.validation {
            let region = validated_region(tomogram, &self.params, self.description.architecture.granularity());
            let shape = tomogram.channels.dim().into();
            let compare = |start: [usize; 3], found: ArrayView3<'_, u8>| {
                let truth = tomogram.channels_within(Region::new(start, found.dim().into()));
                for (&truth, &found) in truth.iter().zip(&found).filter(|(truth, _)| **truth != ClassLabel::IGNORE.get()) {
                    counts.add(truth, found);
                }
            };
            channels_of_part(&network, shape, region, |region| tomogram.grey(region), progress, compare).map_err(|error| match error {
                SegmentError::Cancelled(cancelled) => TrainError::Cancelled(cancelled),
                source => TrainError::Validation { name: tomogram.name.clone(), source },
            })?;
        }
        let metrics = counts.metrics(&self.description.classes);
        // Without a voxel of any class there is nothing to be the best at.
        let judged = metrics.classes.iter().any(|class| class.support > 0);
        let best = judged && self.history.best_f1().is_none_or(|earlier| metrics.mean_f1 > earlier);
        if best {
            self.best = Some(weights);
        }
        let record = ValidationRecord { step: self.step, metrics, best };
        self.history.validations.push(record.clone());
        Ok(record)
    }

    /// The result: the weights of the best validation, or the present ones where nothing was validated or no validation found anything.
    ///
    /// # Errors
    /// libtorch's refusal, or weights that are no numbers.
    pub fn weights(&self) -> Result<Weights, TrainError> {
        match &self.best {
            Some(best) if self.history.best_f1() > Some(0.0) => Ok(best.clone()),
            _ => self.present_weights(),
        }
    }

    /// The weights (averaged, where the recipe asks for it) after the last step.
    ///
    /// # Errors
    /// libtorch's refusal, or weights that are no numbers.
    pub fn present_weights(&self) -> Result<Weights, TrainError> {
        let model = self.average.as_ref().map_or(&self.model, Average::model);
        let tensors = model.folded(measured_inputs(self.patches.source(), self.device)?)?;
        let mut description = self.description.clone();
        description.learnt_density |= self.params.loss.density > 0.0 && self.history.steps.iter().any(|step| step.density_loss.is_some());
        description
            .provenance
            .insert("training".to_owned(), format!("{} of {} steps, seed {}", self.step, self.params.steps, self.params.seed));
        Weights::from_parts(description, tensors).map_err(|error| match (error, self.history.steps.last()) {
            (error @ WeightsError::NonFinite { .. }, Some(last)) => {
                TrainError::Diverged { step: last.step, what: error.to_string(), learning_rate: last.learning_rate }
            }
            (error, _) => error.into(),
        })
    }

    /// The bytes from which [`Trainer::resume`] goes on: a safetensors file.
    ///
    /// # Errors
    /// libtorch's refusal.
    pub fn checkpoint(&self) -> Result<Vec<u8>, TrainError> {
        let average: Option<TensorMap> = self.average.as_ref().map(|average| average.model().to_tensors()).transpose()?;
        let checkpoint = Checkpoint {
            record: Record {
                description: self.description.clone(),
                params: self.params.clone(),
                step: self.step,
                history: self.history.clone(),
                best: self.best.as_ref().map(|best| best.description().clone()),
            },
            weights: Weights::from_parts(self.description.clone(), self.model.to_tensors()?)?,
            average,
            optimiser: self.adam.to_tensors(&self.model.parameter_names())?,
            best: self.best.clone(),
        };
        Ok(checkpoint.to_bytes()?)
    }

    /// Whether all steps are done, or the recipe's patience is at its end.
    pub fn is_finished(&self) -> bool {
        let waited = self.history.validations.iter().rev().take_while(|record| !record.best).count() as u64;
        let impatient = self.best.is_some() && self.params.patience.is_some_and(|patience| waited >= patience);
        self.step >= self.params.steps || impatient
    }

    /// Steps done so far.
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// The parameters.
    pub fn params(&self) -> &TrainParams {
        &self.params
    }

    /// The classes.
    pub fn classes(&self) -> &ClassTable {
        &self.description.classes
    }

    /// The voxel size of the training tomograms, where known.
    pub fn voxel_size(&self) -> Option<VoxelSize> {
        self.description.voxel_size
    }

    /// What is odd about the tomograms: nothing that stops a training.
    pub fn warnings(&self) -> &[TrainingWarning] {
        &self.warnings
    }

    /// What was measured so far.
    pub fn history(&self) -> &History {
        &self.history
    }
}

/// What the weights given to a training are.
#[derive(Clone, Copy)]
enum Start {
    Random,
    Trained,
    /// Parameters of a training that was interrupted.
    Resumed,
}

/// The first patches of a training, over which normalised layers are measured: the same ones whenever it is done.
fn measured_inputs(patches: &PatchSource, device: Device) -> Result<impl Iterator<Item = Result<Tensor, TorchError>>, DataError> {
    let steps = 0..MEASURED_PATCHES.div_ceil(patches.params.batch as u64).min(patches.params.steps);
    let cut: Vec<_> = steps.map(|step| patches.cut(step)).collect::<Result<_, _>>()?;
    Ok(cut.into_iter().map(move |patches| Ok(Batch::new(&patches, device)?.input)))
}

/// What validation looks at of a tomogram.
fn validated_region(tomogram: &PreparedTomogram, params: &TrainParams, granularity: usize) -> Region {
    central_box(tomogram.channels.dim().into(), params.validation_voxels, granularity)
}

#[cfg(test)]
mod tests;

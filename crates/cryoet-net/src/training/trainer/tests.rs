use cryoet_core::ndarray::Array3;
use cryoet_core::{Cancelled, Class, Volume};

use super::*;
use crate::calibration::{Calibration, ClassCalibration};
use crate::loss::LossParams;
use crate::network::Precision;
use crate::normalisation::Normalisation;
use crate::safetensors_file;
use crate::training::TrainingVolume;
use crate::{SegmentParams, segment};

fn classes() -> ClassTable {
    ClassTable::new(vec![Class::new(ClassLabel::new(1), "ball"), Class::new(ClassLabel::new(5), "absent")]).unwrap()
}

fn ball_alone() -> ClassTable {
    ClassTable::new(vec![Class::new(ClassLabel::new(1), "ball")]).unwrap()
}

fn tomogram(centre: i64) -> TrainingTomogram {
    let (volume, labels) = ball(centre);
    TrainingTomogram::new(format!("ball at {centre}"), volume, labels)
}

/// A bright ball of radius 5 in noise, and a corner that is not annotated.
fn ball(centre: i64) -> (Volume<f32>, Array3<u8>) {
    let inside = |z: usize, y: usize, x: usize| [z, y, x].iter().map(|&i| (i as i64 - centre).pow(2)).sum::<i64>() <= 25;
    let mut state = centre as u32;
    let volume = Array3::from_shape_fn((24, 24, 24), |(z, y, x)| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from(u8::from(inside(z, y, x))) * 3.0 + (state >> 8) as f32 / (1 << 24) as f32
    });
    let labels = Array3::from_shape_fn((24, 24, 24), |(z, y, x)| if z + y + x < 6 { 255 } else { u8::from(inside(z, y, x)) });
    (Volume::new(volume), labels)
}

fn params() -> TrainParams {
    TrainParams {
        steps: 60,
        batch: 2,
        patch: 16,
        shift: 4,
        warm_up: 5,
        learning_rate: 2e-3,
        validate_every: 30,
        average: Some(0.9),
        ..TrainParams::default()
    }
}

#[test]
fn learns_a_ball() {
    let mut trainer = Trainer::new(params(), classes(), vec![tomogram(10), tomogram(13)], vec![tomogram(11)], Device::Cpu, &()).unwrap();
    while !trainer.is_finished() {
        trainer.step().unwrap();
        if trainer.validation_due() {
            trainer.validate(&()).unwrap();
        }
    }
    let dice = trainer.history().best_f1().unwrap();
    assert!(dice > 0.8, "Dice {dice}");
    assert_eq!(trainer.history().validations.len(), 2);
}

#[test]
fn bfloat16_learns_a_ball_too() {
    let params = TrainParams { precision: Precision::Bf16, ..params() };
    let mut trainer = Trainer::new(params, classes(), vec![tomogram(10), tomogram(13)], vec![tomogram(11)], Device::Cpu, &()).unwrap();
    while !trainer.is_finished() {
        trainer.step().unwrap();
    }
    let record = trainer.validate(&()).unwrap();
    assert!(record.metrics.mean_f1 > 0.8, "Dice {}", record.metrics.mean_f1);
    let network = Network::new(&trainer.weights().unwrap(), Device::Cpu, Precision::F32).unwrap();
    assert_eq!(network.architecture().parameters(), 902_928 + 33 * 3);
}

#[test]
fn patience_ends_a_training_that_no_longer_gains() {
    let params = TrainParams { steps: 50, validate_every: 1, patience: Some(2), learning_rate: 1e-12, ..params() };
    let mut trainer = Trainer::new(params, classes(), vec![tomogram(10)], vec![tomogram(11)], Device::Cpu, &()).unwrap();
    while !trainer.is_finished() {
        trainer.step().unwrap();
        trainer.validate(&()).unwrap();
    }
    assert_eq!(trainer.steps_done(), 3);
}

#[test]
fn class_weights_must_be_one_per_class() {
    let loss = LossParams { class_weights: vec![1.0], ..LossParams::default() };
    let error = Trainer::new(TrainParams { loss, ..params() }, classes(), vec![tomogram(10)], vec![], Device::Cpu, &()).unwrap_err();
    assert!(error.to_string().contains("2, one per class"), "{error}");
}

#[test]
fn a_resumed_run_reaches_the_same_weights() {
    let data = || (vec![tomogram(10)], vec![tomogram(12)]);
    let params = TrainParams { steps: 8, validate_every: 4, ..params() };
    let run = |trainer: &mut Trainer, until: u64| {
        while trainer.steps_done() < until {
            trainer.step().unwrap();
            if trainer.validation_due() {
                trainer.validate(&()).unwrap();
            }
        }
    };
    let (training, validation) = data();
    let mut straight = Trainer::new(params.clone(), classes(), training, validation, Device::Cpu, &()).unwrap();
    run(&mut straight, 8);
    let (training, validation) = data();
    let mut broken = Trainer::new(params, classes(), training, validation, Device::Cpu, &()).unwrap();
    run(&mut broken, 5);
    let saved = broken.checkpoint().unwrap();
    drop(broken);
    let (training, validation) = data();
    let mut resumed = Trainer::resume(&saved, training, validation, Device::Cpu, &()).unwrap();
    assert_eq!(resumed.steps_done(), 5);
    run(&mut resumed, 8);
    assert_eq!(straight.present_weights().unwrap().sha256(), resumed.present_weights().unwrap().sha256());
    assert_eq!(straight.weights().unwrap(), resumed.weights().unwrap());
    let losses = |trainer: &Trainer| trainer.history().steps.iter().map(|record| record.loss).collect::<Vec<_>>();
    assert_eq!(losses(&straight), losses(&resumed));
}

#[test]
fn patches_from_a_source_train_the_same_weights() {
    let train = |volume: fn(Volume<f32>) -> TrainingVolume| {
        let tomogram = |centre| TrainingTomogram { volume: volume(ball(centre).0), ..tomogram(centre) };
        let params = TrainParams { steps: 3, ..params() };
        let mut trainer = Trainer::new(params, classes(), vec![tomogram(10)], vec![tomogram(12)], Device::Cpu, &()).unwrap();
        while !trainer.is_finished() {
            trainer.step().unwrap();
        }
        let f1 = trainer.validate(&()).unwrap().metrics.mean_f1;
        (trainer.present_weights().unwrap().sha256(), f1)
    };
    assert_eq!(train(TrainingVolume::from), train(|volume| TrainingVolume::from_source(Box::new(volume))));
}

/// A checkpoint after a step, sealed anew without the tensors whose names begin so.
fn checkpoint_without(prefix: &str) -> CheckpointError {
    let mut trainer = Trainer::new(params(), classes(), vec![tomogram(10)], vec![], Device::Cpu, &()).unwrap();
    trainer.step().unwrap();
    let contents = safetensors_file::from_bytes(&trainer.checkpoint().unwrap()).unwrap();
    let mut less = TensorMap::new();
    for part in ["weights.", "average.", "optimiser."].into_iter().filter(|part| *part != prefix) {
        less.extend_prefixed(part, contents.tensors.with_prefix(part));
    }
    let record = contents.description.unwrap();
    let record = record[..record.find(",\"seal\"").unwrap()].to_owned() + "}";
    let bytes = safetensors_file::to_bytes(&less, &record).unwrap();
    match Trainer::resume(&bytes, vec![tomogram(10)], vec![], Device::Cpu, &()) {
        Err(TrainError::Checkpoint(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_checkpoint_that_lacks_a_part_is_refused() {
    assert!(matches!(checkpoint_without("optimiser."), CheckpointError::Optimiser { .. }));
    assert!(matches!(checkpoint_without("average."), CheckpointError::Average));
}

#[test]
fn a_checkpoint_that_was_changed_is_refused() {
    let saved = Trainer::new(params(), classes(), vec![tomogram(10)], vec![], Device::Cpu, &()).unwrap().checkpoint().unwrap();
    let resume = |bytes: &[u8]| match Trainer::resume(bytes, vec![tomogram(10)], vec![], Device::Cpu, &()) {
        Err(TrainError::Checkpoint(error)) => Some(error),
        _ => None,
    };
    assert!(resume(&saved).is_none());
    let mut bytes = saved.clone();
    let near_the_end = bytes.len() - 1001;
    bytes[near_the_end] ^= 1;
    assert!(matches!(resume(&bytes), Some(CheckpointError::Damaged { .. })));
    let edited = safetensors_file::with_description_edited(&saved, |text| text.replace("\"step\":0", "\"step\":1"));
    assert!(matches!(resume(&edited), Some(CheckpointError::Damaged { .. })));
    let of_old = safetensors_file::with_description_edited(&saved, |text| text[..text.find(",\"seal\"").unwrap()].to_owned() + "}");
    assert!(matches!(resume(&of_old), Some(CheckpointError::NoHash)));
}

#[test]
fn fine_tuning_drops_what_was_calibrated_and_the_clustering() {
    let fitted =
        ClassCalibration { label: ClassLabel::new(1), curve: Calibration::fit(&[(0.3, false), (0.6, true)]), threshold: Some(0.5) };
    let weights = Weights::random(classes(), None, 3).with_calibration(&[fitted]).unwrap().with_provenance("calibration", "by hand");
    let start = |weights: Weights| {
        let trainer = Trainer::from_weights(params(), weights, vec![tomogram(10)], vec![], Device::Cpu, &()).unwrap();
        trainer.present_weights().unwrap().description().clone()
    };
    let described = start(weights.with_clustering(Some(serde_json::json!({"radius": 9.0}))));
    assert!(!described.was_calibrated());
    assert_eq!(described.clustering, None);
    assert_eq!(described.classes, classes());
    // A threshold that was never fitted is the user's.
    let mut table: Vec<Class> = classes().into();
    table[0].threshold = Some(0.2);
    let table = ClassTable::new(table).unwrap();
    assert_eq!(start(Weights::random(table.clone(), None, 3)).classes, table);
}

#[test]
fn weights_that_are_no_numbers_are_a_divergence() {
    // The first step's weights overflow; its convolutions do when the normalisation is measured; the second step's do.
    for (weight_decay, said) in [(1e43, "weights are no finite numbers"), (2.5e41, "holds"), (1e30, "is NaN")] {
        let params = TrainParams { weight_decay, average: None, ..params() };
        let mut trainer = Trainer::new(params, classes(), vec![tomogram(10)], vec![], Device::Cpu, &()).unwrap();
        let failed = (0..3).find_map(|_| trainer.step().map(|_| ()).and_then(|()| trainer.present_weights().map(|_| ())).err()).unwrap();
        assert!(matches!(failed, TrainError::Diverged { step: 1..=3, .. }), "{failed}");
        let message = failed.to_string();
        assert!(message.contains(said) && message.contains("a learning rate below 0.000"), "{message}");
    }
}

#[test]
fn patches_of_one_place_are_refused_under_batch_normalisation() {
    let grey = Volume::new(Array3::from_shape_fn((4, 4, 4), |(z, y, x)| (z + 2 * y + 3 * x) as f32));
    let thin = TrainingTomogram::new("small", grey, Array3::from_shape_fn((4, 4, 4), |(z, _, _)| u8::from(z == 1)));
    let params = TrainParams { batch: 1, ..params() };
    let error = Trainer::new(params, classes(), vec![thin], vec![], Device::Cpu, &()).unwrap_err();
    assert!(error.to_string().starts_with("batch = 1: expected 2 or more"), "{error}");
}

#[test]
fn odd_data_are_told() {
    let warnings = |training, validation| {
        let trainer = Trainer::new(params(), ball_alone(), training, validation, Device::Cpu, &()).unwrap();
        trainer.warnings().to_vec()
    };
    assert_eq!(warnings(vec![tomogram(10), tomogram(13)], vec![tomogram(11)]), []);
    // A class that no tomogram has, and patches larger than the tomograms.
    let large = TrainParams { patch: 32, ..params() };
    let trainer = Trainer::new(large, classes(), vec![tomogram(10)], vec![], Device::Cpu, &()).unwrap();
    let never = TrainingWarning::NeverSeen { label: ClassLabel::new(5), name: "absent".into() };
    assert_eq!(trainer.warnings(), [never, TrainingWarning::PatchCut { asked: 32, size: [24; 3] }]);
    let streamed = TrainingTomogram { name: "again".into(), volume: TrainingVolume::from_source(Box::new(ball(13).0)), ..tomogram(13) };
    let told = warnings(vec![tomogram(10), tomogram(13)], vec![tomogram(11), streamed]);
    let (training, validation) = ("ball at 13".to_owned(), "again".to_owned());
    assert_eq!(told, [TrainingWarning::ValidatedOnTraining { training, validation }]);
    let flat = TrainingTomogram { name: "flat".into(), volume: Volume::new(Array3::from_elem((24, 24, 24), 3.0)).into(), ..tomogram(10) };
    assert_eq!(warnings(vec![flat], vec![]), [TrainingWarning::Constant { name: "flat".into() }]);
}

#[test]
fn a_validation_without_labels_is_told_and_never_the_best() {
    let mut bare = tomogram(11);
    bare.labels.fill(0);
    let params = TrainParams { patience: Some(1), steps: 3, validate_every: 1, ..params() };
    let mut trainer = Trainer::new(params, ball_alone(), vec![tomogram(10)], vec![bare], Device::Cpu, &()).unwrap();
    assert_eq!(trainer.warnings(), [TrainingWarning::NothingToValidate { count: 1 }]);
    while !trainer.is_finished() {
        trainer.step().unwrap();
        assert!(!trainer.validate(&()).unwrap().best);
    }
    assert_eq!(trainer.steps_done(), 3);
    assert_eq!(trainer.weights().unwrap(), trainer.present_weights().unwrap());
}

#[test]
fn looking_at_the_voxels_can_be_stopped() {
    let stop = |_: u64, _: u64| Err(cryoet_core::Cancelled);
    let stopped = Trainer::new(params(), classes(), vec![tomogram(10)], vec![], Device::Cpu, &stop).unwrap_err();
    assert!(matches!(stopped, TrainError::Data(DataError::Statistics { .. })), "{stopped}");
}

#[test]
fn bad_data_is_named() {
    let start = |training: Vec<TrainingTomogram>| Trainer::new(params(), classes(), training, vec![], Device::Cpu, &()).unwrap_err();
    assert!(matches!(start(vec![]), TrainError::Data(DataError::NoTomogram)));
    let mut wrong = tomogram(10);
    wrong.labels[[3, 4, 5]] = 7;
    assert!(start(vec![wrong]).to_string().contains("voxel [3, 4, 5] (z, y, x) has label 7"));
    let mut empty = tomogram(10);
    empty.labels.fill(0);
    assert!(matches!(start(vec![empty]), TrainError::Data(DataError::NothingLabelled { count: 1 })));
    let mut other = tomogram(10);
    other.labels = Array3::zeros((24, 24, 23));
    assert!(matches!(start(vec![other]), TrainError::Data(DataError::Shape { .. })));
    let mut nan = ball(10).0;
    nan.data_mut()[[0, 0, 1]] = f32::NAN;
    let nan = TrainingTomogram { volume: nan.into(), ..tomogram(10) };
    assert!(matches!(start(vec![nan]), TrainError::Data(DataError::Statistics { .. })));
    let sized = |angstrom: f64| {
        let volume = ball(10).0.with_voxel_size(VoxelSize::isotropic(angstrom).unwrap());
        TrainingTomogram { volume: volume.into(), ..tomogram(10) }
    };
    assert!(
        start(vec![tomogram(10), sized(10.0), sized(13.0)]).to_string().contains("[13.0, 13.0, 13.0] Angstrom (z, y, x) differs by 30.0 %")
    );
    let odd = TrainParams { patch: 18, ..params() };
    assert!(matches!(Trainer::new(odd, classes(), vec![tomogram(10)], vec![], Device::Cpu, &()), Err(TrainError::Params(_))));
    assert!(matches!(
        Trainer::resume(b"no checkpoint", vec![tomogram(10)], vec![], Device::Cpu, &()),
        Err(TrainError::Checkpoint(CheckpointError::Format { .. }))
    ));
}

#[test]
fn the_original_recipe_runs_from_other_weights() {
    let weights = Weights::random(classes(), None, 3);
    let params = TrainParams { steps: 1, batch: 1, patch: 16, ..TrainParams::deepfinder() };
    let mut trainer = Trainer::from_weights(params, weights, vec![tomogram(10)], vec![], Device::Cpu, &()).unwrap();
    assert!(trainer.step().unwrap().loss.is_finite());
    assert!(trainer.is_finished() && !trainer.validation_due());
}

#[test]
fn another_network_learns_the_ball() {
    let architecture = crate::Architecture::Msd { outputs: 2, depth: 8, dilations: 4 };
    let (training, validation) = (vec![tomogram(10), tomogram(13)], vec![tomogram(11)]);
    let params = TrainParams { steps: 150, ..params() };
    let mut trainer = Trainer::of_network(architecture, params, classes(), training, validation, Device::Cpu, &()).unwrap();
    while !trainer.is_finished() {
        trainer.step().unwrap();
    }
    let dice = trainer.validate(&()).unwrap().metrics.mean_f1;
    assert!(dice > 0.7, "Dice {dice}");
    let weights = trainer.weights().unwrap();
    assert_eq!(Weights::from_bytes(&weights.to_bytes().unwrap()).unwrap(), weights);
    assert_eq!(weights.with_new_head(ClassTable::new(vec![]).unwrap(), None, 1).description().architecture.outputs(), 1);
}

/// Whatever the grey values are scaled by in training, validation sees those that `segment` sees: with what lies around the validated box, and
/// whatever the tomogram's own scale.
#[test]
fn validation_is_the_segmentation_of_its_box() {
    let shape = (16, 40, 44);
    let values = |scale: f32, offset: f32| {
        let noise = |i: usize| (((i * 2_654_435_761) >> 7) % 101) as f32 / 50.0 - 1.0;
        let inside =
            |z: usize, y: usize, x: usize| f32::from(u8::from(z.abs_diff(8).pow(2) + y.abs_diff(20).pow(2) + x.abs_diff(21).pow(2) < 25));
        Array3::from_shape_fn(shape, |(z, y, x)| scale * (2.0 * inside(z, y, x) + noise((z * 40 + y) * 44 + x)) + offset)
    };
    let labels =
        Array3::from_shape_fn(shape, |(z, y, x)| u8::from(z.abs_diff(8).pow(2) + y.abs_diff(20).pow(2) + x.abs_diff(21).pow(2) < 25));
    for normalisation in [Normalisation::Tomogram, Normalisation::DeepFinder] {
        let params = TrainParams { steps: 6, normalisation, smoothing: 0.0, validation_voxels: 16 * 20 * 24, average: None, ..params() };
        let tomogram = |scale, offset| TrainingTomogram::new("t", Volume::new(values(scale, offset)), labels.clone());
        let (training, validation) = (vec![tomogram(1.0, 0.0)], vec![tomogram(100.0, 500.0)]);
        let mut trainer = Trainer::new(params, ball_alone(), training, validation, Device::Cpu, &()).unwrap();
        while !trainer.is_finished() {
            trainer.step().unwrap();
        }
        let stop = |_: u64, _: u64| Err(Cancelled);
        assert!(matches!(trainer.validate(&stop), Err(TrainError::Cancelled(_))));
        assert!(trainer.history().validations.is_empty());
        let f1 = trainer.validate(&()).unwrap().metrics.mean_f1;
        let network = Network::new(&trainer.present_weights().unwrap(), Device::Cpu, Precision::F32).unwrap();
        let found = segment(&[network], &Volume::new(values(100.0, 500.0)), &SegmentParams::default(), &()).unwrap().labels.into_data();
        let region = central_box([16, 40, 44], 16 * 20 * 24, 4);
        assert!(region.voxels() <= 16 * 20 * 24 && region.size != [16, 40, 44]);
        let inside =
            |(z, y, x): (usize, usize, usize)| (0..3).all(|axis| (region.start[axis]..region.end()[axis]).contains(&[z, y, x][axis]));
        let (mut both, mut either) = (0, 0);
        for (at, &truth) in labels.indexed_iter().filter(|(at, _)| inside(*at)) {
            both += u32::from(truth == 1 && found[at] == 1);
            either += u32::from(truth == 1) + u32::from(found[at] == 1);
        }
        assert!(both > 0 && (f1 - 2.0 * f64::from(both) / f64::from(either)).abs() < 1e-12, "{normalisation:?}: {f1}, {both} of {either}");
    }
}

/// A ball, and what it is without noise at a scale of its own.
fn ball_with_density(centre: i64) -> TrainingTomogram {
    let (volume, labels) = ball(centre);
    let density = labels.mapv(|label| if label == 1 { 170.0 } else { 100.0 });
    TrainingTomogram::new(format!("ball at {centre}"), volume, labels).with_density(Volume::new(density))
}

fn two_heads(params: TrainParams, training: Vec<TrainingTomogram>) -> Trainer {
    let network = Architecture::Umc { outputs: 2 };
    Trainer::of_network(network, params, ball_alone(), training, vec![tomogram(11)], Device::Cpu, &()).unwrap()
}

#[test]
fn two_heads_learn_to_name_and_to_denoise() {
    let params = TrainParams { steps: 60, validate_every: 60, average: None, ..params() };
    let mut trainer = two_heads(params, vec![ball_with_density(10), ball_with_density(13)]);
    assert_eq!(trainer.warnings(), []);
    while !trainer.is_finished() {
        let record = trainer.step().unwrap();
        assert!(record.density_loss.unwrap() < record.loss);
    }
    let dice = trainer.validate(&()).unwrap().metrics.mean_f1;
    assert!(dice > 0.8, "Dice {dice}");
    let network = Network::new(&trainer.weights().unwrap(), Device::Cpu, Precision::F32).unwrap();
    let (volume, labels) = ball(11);
    let params = SegmentParams { density: true, ..SegmentParams::default() };
    let denoised = segment(&[network], &volume, &params, &()).unwrap().density.unwrap().into_data();
    // The ball fills a share of 515 / 24^3 of a volume: deviation 1 and mean 0 put it at 5.1 and what is around it at -0.19. So few steps lead
    // half way there.
    let mean = |of: u8| {
        let values: Vec<f32> = denoised.iter().zip(&labels).filter(|(_, label)| **label == of).map(|(value, _)| *value).collect();
        values.iter().sum::<f32>() / values.len() as f32
    };
    assert!(mean(1) > 2.0 && (mean(0) + 0.19).abs() < 0.3, "ball {}, around it {}", mean(1), mean(0));
}

#[test]
fn tomograms_without_density_teach_names_alone() {
    let params = TrainParams { steps: 3, ..params() };
    let mut trainer = two_heads(params.clone(), vec![tomogram(10)]);
    assert_eq!(trainer.warnings(), [TrainingWarning::NoDensity]);
    let record = trainer.step().unwrap();
    assert_eq!(record.density_loss, None);
    assert!(!trainer.present_weights().unwrap().description().learnt_density);
    // Some with and some without: broken off and resumed, to the bit.
    let data = || vec![ball_with_density(10), tomogram(13)];
    let mut straight = two_heads(params, data());
    assert_eq!(straight.warnings(), []);
    straight.step().unwrap();
    let saved = straight.checkpoint().unwrap();
    let mut resumed = Trainer::resume(&saved, data(), vec![tomogram(11)], Device::Cpu, &()).unwrap();
    for _ in 1..3 {
        let [straight, resumed] = [&mut straight, &mut resumed].map(|trainer| trainer.step().unwrap());
        assert_eq!((straight.loss, straight.density_loss), (resumed.loss, resumed.density_loss));
    }
    assert_eq!(straight.present_weights().unwrap().sha256(), resumed.present_weights().unwrap().sha256());
}

#[test]
fn a_density_counts_by_its_weight() {
    let trainer = |density, training| {
        let params = TrainParams { batch: 4, loss: LossParams { density, ..LossParams::default() }, ..params() };
        two_heads(params, training)
    };
    let loss = |density| {
        let record = trainer(density, vec![ball_with_density(10)]).step().unwrap();
        (record.loss, record.density_loss.unwrap())
    };
    let ((without, density), (once, same), (thrice, _)) = (loss(0.0), loss(1.0), loss(3.0));
    assert!((density - same).abs() < 1e-9 && density > 0.1);
    assert!((once - without - density).abs() < 1e-5 && (thrice - without - 3.0 * density).abs() < 1e-5);
    // Known of some patches of a batch, it weighs as many of them.
    let some = |density| trainer(density, vec![ball_with_density(10), tomogram(10)]).step().unwrap();
    let (without, once) = (some(0.0), some(1.0));
    let share = (once.loss - without.loss) / once.density_loss.unwrap();
    assert!([0.25, 0.5, 0.75].iter().any(|quarter| (share - quarter).abs() < 1e-4), "{share}");
    let learnt = |trainer: &Trainer| trainer.present_weights().unwrap().description().learnt_density;
    for (weight, after) in [(0.0, false), (1.0, true)] {
        let mut trainer = trainer(weight, vec![ball_with_density(10)]);
        assert!(!learnt(&trainer));
        trainer.step().unwrap();
        assert_eq!(learnt(&trainer), after);
    }
}

#[test]
fn densities_that_do_not_fit_are_refused() {
    let network = Architecture::Umc { outputs: 2 };
    let start = |density: Volume<f32>, network| {
        let training = vec![tomogram(10).with_density(density)];
        Trainer::of_network(network, params(), ball_alone(), training, vec![], Device::Cpu, &()).map(|_| ())
    };
    let small = Volume::new(Array3::zeros((24, 24, 20)));
    let error = start(small.clone(), network).unwrap_err();
    assert_eq!(error.to_string(), "ball at 10: the tomogram has shape [24, 24, 24] (z, y, x), its density [24, 24, 20]");
    let mut broken = Volume::new(Array3::zeros((24, 24, 24)));
    broken.data_mut()[[1, 2, 3]] = f32::NAN;
    let error = start(broken, network).unwrap_err();
    assert!(matches!(&error, TrainError::Data(DataError::Statistics { name, .. }) if name == "the density of ball at 10"), "{error}");
    let sized = Volume::new(Array3::zeros((24, 24, 24))).with_voxel_size(VoxelSize::isotropic(20.0).ok());
    let tomogram_of = |density: Volume<f32>| {
        let (volume, labels) = ball(10);
        TrainingTomogram::new("t", volume.with_voxel_size(VoxelSize::isotropic(10.0).ok()), labels).with_density(density)
    };
    let start_of = |tomogram| Trainer::of_network(network, params(), ball_alone(), vec![tomogram], vec![], Device::Cpu, &());
    let error = start_of(tomogram_of(sized)).unwrap_err();
    assert!(error.to_string().starts_with("the density of t: the voxel size [20.0, 20.0, 20.0]"), "{error}");
    let constant = start_of(tomogram_of(Volume::new(Array3::zeros((24, 24, 24))))).unwrap();
    assert_eq!(constant.warnings(), [TrainingWarning::Constant { name: "the density of t".into() }]);
    // A network that does not learn it does not look at it, nor does validation.
    let validation = vec![tomogram(11).with_density(small.clone())];
    assert!(Trainer::of_network(network, params(), ball_alone(), vec![tomogram(10)], validation, Device::Cpu, &()).is_ok());
    assert!(start(small, Architecture::DeepFinder { outputs: 2 }).is_ok());
}

#[test]
fn a_new_head_for_classes_leaves_that_for_the_density() {
    let weights = Weights::untrained(Architecture::Umc { outputs: 2 }, ball_alone(), None, 1);
    let tuned = weights.with_new_head(classes(), None, 2);
    let of = |weights: &Weights, name: &str| weights.tensors().get(name).unwrap().clone();
    assert_eq!(of(&weights, "density.weight"), of(&tuned, "density.weight"));
    assert_eq!(of(&weights, "segmentation1.conv2.bias"), of(&tuned, "segmentation1.conv2.bias"));
    assert_eq!(of(&tuned, "head.weight").shape, [3, 16, 1, 1, 1]);
}

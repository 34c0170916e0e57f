use super::*;
use crate::architecture::Architecture;
use crate::device::Device;
use crate::inference::TileHalo;
use crate::network::Precision;
use crate::turn::Turn;
use crate::weights::{Weights, WeightsDescription};
use cryoet_core::{Class, ClassLabel, ClassTable, VoxelSize};

fn weights(voxel_size: Option<VoxelSize>) -> Weights {
    let classes = ClassTable::new(vec![Class::new(ClassLabel::new(3), "a"), Class::new(ClassLabel::new(9), "b")]).unwrap();
    Weights::random(classes, voxel_size, 11)
}

fn tomogram(shape: [usize; 3]) -> Volume<f32> {
    let mut state = 1u32;
    Volume::new(Array3::from_shape_simple_fn(shape, || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 1e6
    }))
}

fn run(volume: &Volume<f32>, params: &SegmentParams) -> Segmentation {
    segment(&[smoothing_network(Precision::F32)], volume, params, &()).unwrap()
}

fn smoothing_network(precision: Precision) -> Network {
    let weights = weights(None);
    let description = WeightsDescription { smoothing: 1.0, ..weights.description().clone() };
    Network::from_tensors(description, weights.tensors(), Device::Cpu, precision).unwrap()
}

#[test]
fn tiles_show_no_seams() {
    let volume = tomogram([21, 90, 131]);
    let whole = run(&volume, &SegmentParams::default());
    for memory in [45_000_000, 65_000_000] {
        let params = SegmentParams { memory, ..SegmentParams::default() };
        let plan = TilePlan::new(weights(None).description().architecture, volume.shape(), memory).unwrap();
        assert!(plan.tiles().len() > 1);
        let tiled = run(&volume, &params);
        for ((index, a), b) in whole.scores.data().indexed_iter().zip(tiled.scores.data()) {
            assert!((a - b).abs() < 1e-5, "{index:?}: {a} untiled, {b} in {} tiles", plan.tiles().len());
        }
    }
}

#[test]
fn labels_come_from_the_class_table() {
    let answer = run(&tomogram([8, 24, 24]), &SegmentParams::default());
    assert!(answer.labels.data().iter().all(|label| [0, 3, 9].contains(label)));
    assert!(answer.scores.data().iter().all(|score| *score > 0.33 && *score <= 1.0));
}

#[test]
fn a_tomogram_thinner_than_anything_works() {
    for shape in [[1, 5, 40], [3, 3, 3], [2, 1, 1]] {
        assert_eq!(run(&tomogram(shape), &SegmentParams::default()).labels.shape(), shape);
    }
}

#[test]
fn turned_inputs_are_turned_back() {
    let volume = tomogram([12, 16, 100]);
    let params = SegmentParams { turns: true, ..SegmentParams::default() };
    let upright = run(&volume, &params);
    let memory = 10_000_000;
    assert!(TilePlan::for_turns(weights(None).description().architecture, volume.shape(), memory).unwrap().tiles().len() > 1);
    let tiled = run(&volume, &SegmentParams { memory, ..params.clone() });
    assert!(upright.scores.data().iter().zip(tiled.scores.data()).all(|(a, b)| (a - b).abs() < 1e-5));
    for turn in Turn::ALL {
        let turned = run(&volume.with_data(turn.apply(volume.view()).to_owned()), &params);
        let back = turn.apply(turned.scores.view());
        assert!(upright.scores.data().iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-5), "{turn:?}");
    }
}

#[test]
fn bad_tomograms_are_clear_errors() {
    let weights = weights(Some(VoxelSize::isotropic(10.0).unwrap()));
    let network = Network::new(&weights, Device::Cpu, Precision::F32).unwrap();
    let networks = [network];
    let run = |volume: &Volume<f32>| segment(&networks, volume, &SegmentParams::default(), &());
    let mut broken = tomogram([4, 8, 8]);
    broken.data_mut()[[1, 2, 3]] = f32::NAN;
    let error = run(&broken).unwrap_err();
    assert!(error.to_string().contains("[1, 2, 3]"), "{error}");
    let other = tomogram([4, 8, 8]).with_voxel_size(VoxelSize::isotropic(13.0).unwrap());
    let error = run(&other).unwrap_err();
    assert!(matches!(error, SegmentError::VoxelSize { .. }), "{error}");
    assert!(matches!(run(&tomogram([0, 8, 8])), Err(SegmentError::Tiles(TilePlanError::Empty { .. }))));
    assert!(run(&tomogram([4, 8, 8]).with_voxel_size(VoxelSize::isotropic(10.2).unwrap())).is_ok());
}

#[test]
fn a_constant_tomogram_is_segmented() {
    let volume = Volume::new(Array3::from_elem((8, 8, 8), 5.0));
    assert_eq!(run(&volume, &SegmentParams::default()).labels.shape(), [8, 8, 8]);
}

#[test]
fn cancelling_stops_while_voxels_are_looked_at_and_after_a_tile() {
    let weights = weights(None);
    let networks = [Network::new(&weights, Device::Cpu, Precision::F32).unwrap()];
    for tiles in [0, 1] {
        let stop = |done: u64, _: u64| if done == tiles { Err(Cancelled) } else { Ok(()) };
        let mut blocks = 0;
        let receive = |_| {
            blocks += 1;
            Ok::<_, SegmentError>(())
        };
        let answer = segment_blocks(&networks, &tomogram([4, 8, 8]), &SegmentParams::default(), &stop, receive);
        assert!(matches!(answer, Err(SegmentError::Cancelled(_))));
        assert_eq!(blocks, tiles);
    }
}

#[test]
fn bf16_stays_near_f32() {
    let volume = tomogram([12, 24, 24]);
    let half = segment(&[smoothing_network(Precision::Bf16)], &volume, &SegmentParams::default(), &()).unwrap();
    let full = run(&volume, &SegmentParams::default());
    assert!(half.scores.data().iter().zip(full.scores.data()).all(|(a, b)| (a - b).abs() < 0.02));
}

#[test]
fn an_ensemble_averages_probabilities() {
    let volume = tomogram([8, 24, 24]);
    let network = |seed| {
        let weights = Weights::random(weights(None).description().classes.clone(), None, seed);
        Network::new(&weights, Device::Cpu, Precision::F32).unwrap()
    };
    let run = |networks: &[Network]| segment(networks, &volume, &SegmentParams::default(), &()).unwrap();
    let one = run(&[network(1)]);
    let agrees = |seed: &u64| run(&[network(*seed)]).labels.data().iter().zip(one.labels.data()).any(|(a, b)| a == b);
    let seed = (2..30).find(agrees).unwrap();
    let (other, both) = (run(&[network(seed)]), run(&[network(1), network(seed)]));
    assert_eq!(run(&[network(1), network(1)]).labels, one.labels);
    for (index, &label) in one.labels.data().indexed_iter() {
        if label == other.labels.data()[index] {
            let mean = (one.scores.data()[index] + other.scores.data()[index]) / 2.0;
            assert_eq!(both.labels.data()[index], label);
            assert!((both.scores.data()[index] - mean).abs() < 1e-6);
        }
    }
}

#[test]
fn networks_of_other_classes_are_no_ensemble() {
    let other = ClassTable::new(vec![Class::new(ClassLabel::new(3), "a"), Class::new(ClassLabel::new(9), "c")]).unwrap();
    let networks = [weights(None), Weights::random(other, None, 1)].map(|w| Network::new(&w, Device::Cpu, Precision::F32).unwrap());
    let error = segment(&networks, &tomogram([4, 8, 8]), &SegmentParams::default(), &()).unwrap_err();
    assert!(error.to_string().contains("9 c"), "{error}");
    let none = segment(&[], &tomogram([4, 8, 8]), &SegmentParams::default(), &());
    assert!(matches!(none, Err(SegmentError::NoNetwork)));
}

/// A machine on which tiles of more than `limit` voxels find no memory.
fn with_little_memory(limit: usize) -> Result<(Segmentation, usize, usize), SegmentError> {
    let volume = tomogram([8, 40, 90]);
    let networks = [smoothing_network(Precision::F32)];
    let params = SegmentParams { memory: 60_000_000, ..SegmentParams::default() };
    let (ensemble, plan) = Ensemble::prepare(&networks, &volume, &params, &())?;
    let (mut labels, mut scores) = (Volume::new(Array3::zeros(volume.shape())), Volume::new(Array3::zeros(volume.shape())));
    let (mut refused, mut parts, grey) = (0, 0, &ensemble.grey);
    let answer = |tile: &Tile, seen: &[ArrayView3<'_, f32>]| {
        if tile.input.voxels() > limit {
            refused += 1;
            return Err(TorchError::out_of_memory().into());
        }
        ensemble.segment_tile(seen, tile, &params)
    };
    by_tiles(
        &plan,
        &(),
        |region| grey.read(region),
        answer,
        |block: SegmentedBlock| {
            parts += usize::from(block.memory_ran_out);
            labels.write_region(block.start, block.labels.view())?;
            scores.write_region(block.start, block.scores.view())?;
            Ok::<_, SegmentError>(())
        },
    )?;
    Ok((Segmentation { labels, scores, density: None }, refused, parts))
}

#[test]
fn tiles_without_memory_are_halved() {
    let (whole, refused, parts) = with_little_memory(usize::MAX).unwrap();
    assert_eq!((refused, parts), (0, 0));
    let (halved, refused, parts) = with_little_memory(8 * 40 * 76).unwrap();
    assert!(refused > 0 && parts >= 2 * refused, "{refused} refused, {parts} parts");
    assert!(whole.scores.data().iter().zip(halved.scores.data()).all(|(a, b)| (a - b).abs() < 1e-5));
    assert!(matches!(with_little_memory(0), Err(SegmentError::Torch(error)) if error.is_out_of_memory()));
}

#[test]
fn score_maps_sum_to_one_and_hold_the_winner() {
    let volume = tomogram([9, 20, 30]);
    let params = SegmentParams { score_maps: true, turns: true, ..SegmentParams::default() };
    let mut blocks = 0;
    segment_blocks(&[smoothing_network(Precision::F32)], &volume, &params, &(), |block: SegmentedBlock| {
        blocks += 1;
        let maps = block.score_maps.unwrap();
        assert_eq!(maps.dim(), (3, 9, 20, 30));
        for ((z, y, x), &score) in block.scores.indexed_iter() {
            let of_voxel: Vec<f32> = (0..3).map(|channel| maps[[channel, z, y, x]]).collect();
            assert!((of_voxel.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            let channel = [0, 3, 9].iter().position(|&label| label == block.labels[[z, y, x]]).unwrap();
            assert_eq!(of_voxel[channel], score);
            assert!(of_voxel.iter().all(|&other| other <= score));
        }
        Ok::<_, SegmentError>(())
    })
    .unwrap();
    assert_eq!(blocks, 1);
}

#[test]
fn a_fast_halo_changes_the_answer_little_and_only_near_faces() {
    let volume = tomogram([16, 24, 160]);
    let memory = 20_000_000;
    let exact = run(&volume, &SegmentParams::default());
    let fast = run(&volume, &SegmentParams { memory, halo: TileHalo::Fast, ..SegmentParams::default() });
    let architecture = weights(None).description().architecture;
    let plan = TilePlan::with_halo(architecture, architecture.fast_halo(), volume.shape(), memory).unwrap();
    assert!(plan.tiles().len() > 1);
    let largest = exact.scores.data().iter().zip(fast.scores.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(largest > 0.0 && largest < 0.02, "probabilities differ by {largest}");
}

#[test]
fn another_network_is_tiled_without_seams_too() {
    let architecture = crate::Architecture::Msd { outputs: 3, depth: 8, dilations: 3 };
    let weights = Weights::untrained(architecture, weights(None).description().classes.clone(), None, 4);
    let networks = [Network::new(&weights, Device::Cpu, Precision::F32).unwrap()];
    let volume = tomogram([11, 30, 97]);
    let whole = segment(&networks, &volume, &SegmentParams::default(), &()).unwrap();
    let memory = 3_000_000;
    assert!(TilePlan::new(architecture, volume.shape(), memory).unwrap().tiles().len() > 1);
    let tiled = segment(&networks, &volume, &SegmentParams { memory, ..SegmentParams::default() }, &()).unwrap();
    assert!(whole.scores.data().iter().zip(tiled.scores.data()).all(|(a, b)| (a - b).abs() < 1e-5));
}

#[test]
fn networks_and_trainings_may_move_to_other_threads() {
    fn may_move<T: Send>() {}
    may_move::<Network>();
    may_move::<crate::Trainer>();
    may_move::<Weights>();
}

/// As if it had learnt.
fn two_heads(seed: u64, smoothing: f64) -> Network {
    let classes = weights(None).description().classes.clone();
    let weights = Weights::untrained(Architecture::Umc { outputs: 3 }, classes, None, seed);
    let description = WeightsDescription { learnt_density: true, smoothing, ..weights.description().clone() };
    Network::from_tensors(description, weights.tensors(), Device::Cpu, Precision::F32).unwrap()
}

/// Scores and density.
fn both(volume: &Volume<f32>, params: &SegmentParams) -> [Array3<f32>; 2] {
    let Segmentation { scores, density, .. } = segment(&[two_heads(3, 0.0)], volume, params, &()).unwrap();
    [scores, density.unwrap()].map(Volume::into_data)
}

#[test]
fn an_ensemble_averages_densities_each_under_its_own_low_pass() {
    let volume = tomogram([16, 16, 32]);
    let params = SegmentParams { density: true, ..SegmentParams::default() };
    let networks = || [two_heads(3, 0.0), two_heads(4, 1.0), two_heads(5, 0.0)];
    let alone: Vec<_> =
        networks().into_iter().map(|network| segment(&[network], &volume, &params, &()).unwrap().density.unwrap()).collect();
    let together = segment(&networks(), &volume, &params, &()).unwrap().density.unwrap();
    for (index, value) in together.data().indexed_iter() {
        let mean = alone.iter().map(|density| density.data()[index]).sum::<f32>() / 3.0;
        assert!((value - mean).abs() < 1e-5, "{index:?}: {value} for {mean}");
    }
}

/// The second of two tiles cannot be read.
#[test]
fn a_tile_that_cannot_be_read_ends_it_after_those_before() {
    struct Broken(Volume<f32>);
    impl VolumeSource<f32> for Broken {
        fn shape(&self) -> [usize; 3] {
            self.0.shape()
        }

        fn voxel_size(&self) -> Option<VoxelSize> {
            None
        }

        fn read_region(&self, region: Region) -> Result<Array3<f32>, SourceError> {
            // Statistics read from the first voxel on.
            if region.start == [0; 3] || region.size[1..] == self.shape()[1..] {
                return self.0.read_region(region);
            }
            Err(SourceError::Read { start: region.start, size: region.size, source: "the disk is gone".into() })
        }
    }
    let params = SegmentParams { memory: 10_000_000, ..SegmentParams::default() };
    let mut blocks = 0;
    let network = smoothing_network(Precision::F32);
    let broken = Broken(tomogram([12, 16, 200]));
    let answer = segment_blocks(&[network], &broken, &params, &(), |block| {
        assert_eq!(block.start, [0; 3]);
        blocks += 1;
        Ok::<_, SegmentError>(())
    });
    assert!(matches!(answer, Err(SegmentError::Source(SourceError::Read { .. }))));
    assert_eq!(blocks, 1);
}

#[test]
fn two_heads_show_no_seams() {
    let volume = tomogram([7, 16, 400]);
    let params = SegmentParams { density: true, ..SegmentParams::default() };
    let memory = 14_000_000;
    let tiles = TilePlan::new(Architecture::Umc { outputs: 3 }, volume.shape(), memory).unwrap().tiles().len();
    assert!(tiles > 1);
    let (whole, tiled) = (both(&volume, &params), both(&volume, &SegmentParams { memory, ..params.clone() }));
    for (whole, tiled) in whole.iter().zip(&tiled) {
        let apart = whole.iter().zip(tiled).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart < 1e-5, "{apart} in {tiles} tiles");
        assert!(whole.iter().any(|value| (value - whole[[0, 0, 0]]).abs() > 1e-4));
    }
}

#[test]
fn a_density_is_turned_back() {
    let volume = tomogram([16, 32, 48]);
    let params = SegmentParams { density: true, turns: true, ..SegmentParams::default() };
    let [_, upright] = both(&volume, &params);
    for turn in Turn::ALL {
        let [_, turned] = both(&volume.with_data(turn.apply(volume.view()).to_owned()), &params);
        assert!(upright.iter().zip(&turn.apply(turned.view())).all(|(a, b)| (a - b).abs() < 1e-5), "{turn:?}");
    }
}

#[test]
fn a_network_that_does_not_denoise_says_so() {
    let params = SegmentParams { density: true, ..SegmentParams::default() };
    let error = |network| segment(&[network], &tomogram([8, 8, 8]), &params, &()).unwrap_err().to_string();
    assert_eq!(error(smoothing_network(Precision::F32)), "network 1 (DeepFinder's U-Net, 3 outputs) has learnt no density without noise");
    // A head that has seen none, beside one that has.
    let classes = weights(None).description().classes.clone();
    let unlearnt = Weights::untrained(Architecture::Umc { outputs: 3 }, classes, None, 3);
    let networks = [two_heads(3, 0.0), Network::new(&unlearnt, Device::Cpu, Precision::F32).unwrap()];
    let answer = segment(&networks, &tomogram([8, 8, 8]), &params, &());
    assert!(matches!(answer, Err(SegmentError::NoDensity { member: 2, .. })));
    let plain = segment(&[two_heads(3, 0.0)], &tomogram([8, 8, 8]), &SegmentParams::default(), &()).unwrap();
    assert!(plain.density.is_none() && plain.scores.data().iter().all(|score| *score > 0.33 && *score <= 1.0));
}

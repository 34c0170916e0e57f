use std::sync::atomic::{AtomicU64, Ordering};

use approx::assert_relative_eq;
use cryoet_core::Cancelled;

use super::*;
use crate::{
    Beside, Crowding, CtfParams, Envelope, Exposure, FilamentParams, GoldParams, HalfCorrelation, MembraneParams, Misalignment,
    NoiseColour, Propagation, TiltScheme, VesicleParams, Weighting,
};

fn small() -> SimulationParams {
    SimulationParams {
        shape: [48, 80, 96],
        crowding: Crowding::VoxelsPerParticle(18_000.0),
        tilts: TiltScheme { from: -60.0, to: 60.0, step: 6.0 },
        ..SimulationParams::default()
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_at_any_number_of_threads() {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| simulate(&small(), 11, &()).unwrap())
    };
    let (one, three) = (with(1), with(3));
    assert!(one == three);
    assert!(one.tomogram != simulate(&small(), 12, &()).unwrap().tomogram);
}

#[test]
fn truth_agrees_with_itself() {
    let simulation = simulate(&small(), 4, &()).unwrap();
    let voxels = 48 * 80 * 96;
    assert_eq!(simulation.particles.len(), (f64::from(voxels) / 18_000.0).round() as usize);
    for (i, particle) in simulation.particles.iter().enumerate() {
        let id = i as u32 + 1;
        let mine: Vec<_> = simulation.occupancy.data().indexed_iter().filter(|(_, v)| **v == id).map(|(at, _)| at).collect();
        // As many voxels as the particle's own stamp: none was lost to a neighbour or the border.
        assert_eq!(mine.len() as u64, particle.size.unwrap());
        assert!(mine.iter().all(|&at| simulation.classes.data()[at] == particle.class.get()));
        assert!(mine.iter().all(|&at| simulation.hitboxes.data()[at] == id));
        // The mask, turned by the listed orientation about the listed position, is where the truth says.
        let complex = &small().complexes[usize::from(particle.class.get()) - 1];
        let turned = complex.stamp(&particle.orientation.unwrap(), 10.0);
        let [z, y, x] = particle.position.zyx().map(|p| p as i64);
        for voxel in turned.voxels().iter().filter(|v| v.occupied) {
            let at = [z, y, x].iter().zip(voxel.offset).map(|(p, o)| (p + i64::from(o)) as usize).collect::<Vec<_>>();
            assert_eq!(simulation.occupancy.data()[[at[0], at[1], at[2]]], id);
        }
        // Its centre of mass is its position, but for the grid.
        for (axis, p) in particle.position.zyx().into_iter().enumerate() {
            let mean = mine.iter().map(|&(z, y, x)| [z, y, x][axis] as f64).sum::<f64>() / mine.len() as f64;
            assert!((mean - p).abs() < 0.5, "axis {axis}: {mean} at {p}");
        }
    }
    let counted = simulation.classes.data().iter().filter(|&&v| v > 0).count() as u64;
    assert_eq!(counted, simulation.particles.iter().map(|p| p.size.unwrap()).sum::<u64>());
}

#[test]
fn particles_are_dark_and_the_ratio_is_as_asked() {
    let simulation = simulate(&SimulationParams { snr: Some(0.5), ..small() }, 4, &()).unwrap();
    assert_relative_eq!(simulation.noise.unwrap().snr_realised, 0.5, max_relative = 0.02);
    let mean_where = |inside: bool| {
        let chosen: Vec<f64> = simulation
            .tomogram
            .data()
            .iter()
            .zip(simulation.classes.data())
            .filter(|(_, c)| (**c > 0) == inside)
            .map(|(v, _)| f64::from(*v))
            .collect();
        chosen.iter().sum::<f64>() / chosen.len() as f64
    };
    let all = simulation.tomogram.data().std(0.0);
    assert!(mean_where(true) < mean_where(false) - 0.3 * f64::from(all));
    assert!(mean_where(false).is_finite() && all > 0.0);
}

/// Without noise, contrast transfer or solvent, the projections' mass is the particles' at every tilt; without particles there is nothing.
#[test]
fn every_projection_has_the_mass_of_the_particles() {
    let params =
        SimulationParams { snr: None, ctf: None, solvent_noise: 0.0, beside: Beside::Ice, crowding: Crowding::Count(6), ..small() };
    let simulation = simulate(&params, 1, &()).unwrap();
    assert!(simulation.noise.is_none());
    let total = |values: &mut dyn Iterator<Item = &f32>| values.map(|&v| f64::from(v)).sum::<f64>();
    // Dark by twice the interaction constant times volt Angstrom.
    let expected = -2.0 * crate::interaction_constant(300.0) * 10.0 * total(&mut simulation.density.data().iter());
    assert!(expected < -100.0, "{expected}");
    for (image, tilt) in simulation.images.axis_iter(Axis(0)).zip(&simulation.tilts) {
        let mass = total(&mut image.iter());
        assert!((mass / expected - 1.0).abs() < 0.01, "{tilt} degrees: {mass} for {expected}");
    }
    let empty = simulate(&SimulationParams { crowding: Crowding::Count(0), ..params }, 1, &()).unwrap();
    assert!(empty.tomogram.data().iter().all(|&v| v == 0.0));
}

/// A number that is not finite never comes out.
#[test]
fn what_overflows_is_refused() {
    let heavy = crate::Rod { from: [0.0; 3], to: [0.0; 3], radius: 30.0 };
    let params = SimulationParams {
        complexes: vec![crate::Complex::new("heavy", 1e300, vec![heavy]).unwrap()],
        crowding: Crowding::Count(1),
        snr: None,
        ..small()
    };
    assert_eq!(simulate(&params, 1, &()).unwrap_err(), SimulationError::NotFinite { what: "images" });
    // No particle and an even solvent: nothing for noise to be in proportion to.
    let empty = SimulationParams { crowding: Crowding::Count(0), solvent_noise: 0.0, ..small() };
    assert!(matches!(simulate(&empty, 1, &()), Err(SimulationError::NoSignal { variance, .. }) if variance == 0.0));
}

#[test]
fn reports_progress_and_can_be_cancelled() {
    let calls = AtomicU64::new(0);
    let watch = |done: u64, total: u64| {
        assert!(done <= total);
        calls.fetch_add(1, Ordering::Relaxed);
        if done > total / 2 { Err(Cancelled) } else { Ok(()) }
    };
    assert_eq!(simulate(&small(), 4, &watch).unwrap_err(), SimulationError::Cancelled(Cancelled));
    assert!(calls.load(Ordering::Relaxed) > 10);
}

#[test]
fn says_what_is_wrong_with_parameters() {
    let fails = |change: fn(&mut SimulationParams)| {
        let mut params = small();
        change(&mut params);
        simulate(&params, 1, &()).unwrap_err()
    };
    assert!(matches!(fails(|p| p.shape = [0, 10, 10]), SimulationError::Shape { .. }));
    assert!(matches!(fails(|p| p.voxel_size = -1.0), SimulationError::VoxelSize { .. }));
    assert!(matches!(fails(|p| p.complexes.clear()), SimulationError::ComplexCount { count: 0 }));
    assert!(matches!(fails(|p| p.snr = Some(0.0)), SimulationError::Snr { .. }));
    assert!(matches!(fails(|p| p.crowding = Crowding::VoxelsPerParticle(0.0)), SimulationError::Crowding { .. }));
    assert!(matches!(fails(|p| p.solvent_noise = f64::NAN), SimulationError::SolventNoise { .. }));
    assert!(matches!(fails(|p| p.tilts.to = 89.0), SimulationError::TiltScheme(_)));
    assert!(matches!(fails(|p| p.ctf.as_mut().unwrap().voltage_kv = 0.0), SimulationError::Ctf { .. }));
    assert!(matches!(fails(|p| p.crowding = Crowding::VoxelsPerParticle(1500.0)), SimulationError::Placement { .. }));
    // What would not end or not fit is refused at once.
    assert!(matches!(fails(|p| p.crowding = Crowding::Count(4_000_000_000)), SimulationError::ParticleCount { .. }));
    assert!(matches!(fails(|p| p.shape = [1_000_000; 3]), SimulationError::Voxels { .. }));
    assert!(matches!(fails(|p| p.shape = [usize::MAX; 3]), SimulationError::Voxels { .. }));
    assert!(matches!(fails(|p| p.voxel_size = 0.2), SimulationError::FineVoxels { .. }));
    assert!(matches!(fails(|p| p.voxel_size = 1e-300), SimulationError::VoxelSize { .. }));
    assert!(matches!(fails(|p| p.tries = 0), SimulationError::Tries));
    assert!(matches!(fails(|p| p.solvent_noise = 1e30), SimulationError::SolventNoise { .. }));
    assert!(matches!(fails(|p| p.snr = Some(1e300)), SimulationError::Snr { .. }));
    assert!(matches!(fails(|p| p.snr = Some(1e-300)), SimulationError::Snr { .. }));
    assert!(matches!(fails(|p| p.depth = Some(47)), SimulationError::Depth { depth: 47, slab: 48 }));
    assert!(matches!(fails(|p| p.voxel_size = 1e30), SimulationError::VoxelSize { .. }));
    assert!(matches!(fails(|p| p.ctf.as_mut().unwrap().defocus_um = 1e9), SimulationError::Ctf { .. }));
    assert!(matches!(fails(|p| p.shape = [8, 80, 96]), SimulationError::Placement { .. }));
    assert!(matches!(fails(|p| p.complexes.push(p.complexes[0].clone())), SimulationError::Classes(_)));
}

/// A complex's name is a file's, and never a way out of the folder.
#[test]
fn refuses_names_that_are_no_names() {
    for name in ["", ".", "..", "../../evil", "a/b", "a\\b", "a b", "a\tb", "a\nb", "a\0b", "a,b", "#a", "\u{a0}a"] {
        let rods = small().complexes[0].rods().to_vec();
        let params = SimulationParams { complexes: vec![crate::Complex::new(name, 100.0, rods).unwrap()], ..small() };
        assert_eq!(params.check().unwrap_err(), SimulationError::ComplexName { name: name.into() });
    }
    for name in ["1bxn", "PF4_d540.2", "apo-ferritin", "..a", "\u{3b2}-galactosidase"] {
        let rods = small().complexes[0].rods().to_vec();
        SimulationParams { complexes: vec![crate::Complex::new(name, 100.0, rods).unwrap()], ..small() }.check().unwrap();
    }
}

/// Everything at once that the demo does without.
fn elaborate() -> SimulationParams {
    let envelope = Envelope { decay: Some(0.02), ..Envelope::shrec21() };
    SimulationParams {
        shape: [48, 80, 96],
        crowding: Crowding::Count(9),
        tilts: TiltScheme { from: -54.0, to: 54.0, step: 9.0 },
        ctf: Some(CtfParams { envelope, ..CtfParams::default() }),
        noise_colour: NoiseColour::Transfer,
        beside: Beside::Ice,
        vesicles: Some(VesicleParams { count: 1, radius: [120.0, 150.0], ..VesicleParams::default() }),
        gold: Some(GoldParams { count: 2, diameter: 60.0 }),
        membranes: Some(MembraneParams { count: 1, radius: [80.0, 100.0], ..MembraneParams::default() }),
        filaments: Some(FilamentParams { count: 2, length: [150.0, 250.0], ..FilamentParams::default() }),
        structural_noise: 0.3,
        propagation: Propagation::Multislice { slice: 200.0 },
        motion: 4.0,
        exposure: Some(Exposure::default()),
        misalignment: Misalignment { shift: 5.0, tilt: 0.2, rotation: 0.1, magnification: 0.001 },
        weighting: Weighting::Exact { diameter: 24.0 },
        binning: 2,
        halves: true,
        depth: Some(80),
        ..SimulationParams::default()
    }
}

#[test]
fn all_options_together_give_the_same_bits_at_any_number_of_threads() {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| simulate(&elaborate(), 3, &()).unwrap())
    };
    let (one, three) = (with(1), with(3));
    assert!(one == three);
    // In voxels of 20 Angstrom.
    assert_eq!(one.tomogram.shape(), [24, 40, 48]);
    assert_eq!(one.tomogram.voxel_size().unwrap().mean(), 20.0);
    assert_eq!(one.tall.as_ref().unwrap().shape(), [40, 40, 48]);
    assert!(one.tomogram.data().iter().all(|v| v.is_finite()));
    // Four further classes; vesicles and gold have no orientation.
    assert_eq!((one.particles.len(), one.draws.len()), (15, 15));
    assert_eq!(one.class_table.name(one.particles[9].class), "vesicle");
    assert_eq!(one.class_table.name(one.particles[11].class), "fiducial");
    assert_eq!(one.class_table.name(one.particles[12].class), "membrane");
    assert_eq!(one.class_table.name(one.particles[14].class), "filament");
    assert!(one.particles.iter().all(|p| p.orientation.is_none() == [7, 8].contains(&p.class.get())));
    assert!(one.draws.iter().all(|draw| draw.tries >= 1));
    for (i, particle) in one.particles.iter().enumerate() {
        let count = one.occupancy.data().iter().filter(|id| **id == i as u32 + 1).count() as u64;
        assert_eq!(particle.size, Some(count));
    }
    let noise = one.noise.unwrap();
    assert!(noise.snr_realised > noise.snr_nominal && noise.snr_realised.is_finite());
    assert!(one.series.iter().all(|tilt| tilt.angle != tilt.nominal && tilt.dose_seen.is_some()));
}

/// The taller reconstruction holds the tomogram in its middle; half the tilts give half the tomogram.
#[test]
fn taller_and_half_reconstructions_belong_to_the_tomogram() {
    let params = SimulationParams { halves: true, depth: Some(64), snr: Some(4.0), ..small() };
    let simulation = simulate(&params, 4, &()).unwrap();
    let tall = simulation.tall.unwrap();
    assert!(tall.data().slice(cryoet_core::ndarray::s![8..56, .., ..]) == *simulation.tomogram.data());
    assert_eq!((tall.origin(), simulation.tomogram.origin()), ([-80.0, 0.0, 0.0], [0.0; 3]));
    let [even, odd] = simulation.halves.unwrap();
    let halves = HalfCorrelation::of(even.view(), odd.view()).unwrap();
    assert!(halves.correlation > 0.1 && halves.correlation < 0.99, "{halves:?}");
    let mean = (even.data() + odd.data()) / 2.0;
    assert!(HalfCorrelation::of(mean.view(), simulation.tomogram.view()).unwrap().correlation > 0.98);
}

/// However depth and binning divide, the tomogram's voxel `floor(N / 2)` of z is the taller one's, and origins say by how much they differ.
#[test]
fn taller_reconstructions_stay_about_the_tomogram() {
    for (slab, depth, binning) in [(32, 33, 1), (32, 66, 1), (32, 34, 2), (32, 66, 2), (33, 50, 2), (36, 57, 4)] {
        let params = SimulationParams {
            shape: [slab, 32, 32],
            complexes: vec![crate::Complex::builtin("1s3x").unwrap()],
            crowding: Crowding::Count(1),
            tilts: TiltScheme { from: -40.0, to: 40.0, step: 20.0 },
            depth: Some(depth),
            binning,
            ..SimulationParams::default()
        };
        let Simulation { tomogram, tall, .. } = simulate(&params, 2, &()).unwrap();
        let tall = tall.unwrap();
        let (n, m) = (slab / binning, depth / binning);
        assert_eq!((tomogram.shape()[0], tall.shape()[0]), (n, m));
        let below = m / 2 - n / 2;
        let inside = tall.data().slice(cryoet_core::ndarray::s![below..below + n, .., ..]);
        assert!(inside == *tomogram.data(), "{slab}, {depth}, {binning}");
        let size = 10.0 * binning as f64;
        assert_eq!(tall.voxel_size(), tomogram.voxel_size());
        assert_eq!(tall.origin()[0], tomogram.origin()[0] - below as f64 * size);
        assert_eq!(tall.origin()[1..], tomogram.origin()[1..]);
    }
}

/// No parameter's draw depends on another parameter.
#[test]
fn changing_one_parameter_changes_no_other_draw() {
    let plain = simulate(&small(), 4, &()).unwrap();
    let noise = |s: &Simulation| &s.images - &s.clean_images;
    let mut params = small();
    params.ctf.as_mut().unwrap().defocus_um = 2.0;
    params.misalignment.shift = 6.0;
    params.gold = Some(GoldParams { count: 1, diameter: 80.0 });
    params.snr = None;
    let changed = simulate(&params, 4, &()).unwrap();
    // The same classes and orientations in the same order, though gold may stand in the way of a place.
    for (a, b) in plain.particles.iter().zip(&changed.particles) {
        assert_eq!((a.class, a.orientation, a.size), (b.class, b.orientation, b.size));
    }
    params.snr = small().snr;
    params.misalignment.tilt = 0.5;
    let shifted = simulate(&params, 4, &()).unwrap();
    let shift = |s: &Simulation| s.series.iter().map(|tilt| tilt.displacement.shift).collect::<Vec<_>>();
    assert_eq!(shift(&changed), shift(&shifted));
    // The same noise, but for its scale.
    let (a, b) = (noise(&plain), noise(&shifted));
    let scale = b[[0, 0, 0]] / a[[0, 0, 0]];
    let rounding = 1e-3 * scale.abs() * plain.images.std(0.0);
    for (a, b) in a.iter().zip(&b) {
        assert_relative_eq!(a * scale, *b, epsilon = rounding);
    }
}

#[test]
fn says_what_is_wrong_with_the_microscope() {
    let fails = |change: fn(&mut SimulationParams)| {
        let mut params = elaborate();
        change(&mut params);
        simulate(&params, 1, &()).unwrap_err()
    };
    assert!(matches!(fails(|p| p.ctf = None), SimulationError::NoTransfer));
    assert!(matches!(fails(|p| p.propagation = Propagation::Multislice { slice: 0.0 }), SimulationError::Slice { .. }));
    for motion in [-1.0, 1000.0] {
        let params = SimulationParams { motion, ..elaborate() };
        assert_eq!(params.check(), Err(SimulationError::Motion { angstrom: motion }));
    }
    for dose in [0.0, 1e300] {
        let params = SimulationParams { exposure: Some(Exposure { dose, ..Exposure::default() }), ..elaborate() };
        assert_eq!(params.check(), Err(SimulationError::Exposure { dose }));
    }
    assert!(matches!(fails(|p| p.misalignment.shift = 10_000.0), SimulationError::Shift { most: 100.0, .. }));
    assert!(matches!(fails(|p| p.misalignment.tilt = 50.0), SimulationError::Misalignment { .. }));
    assert!(matches!(fails(|p| p.weighting = Weighting::Exact { diameter: 0.0 }), SimulationError::Diameter { .. }));
    assert!(matches!(fails(|p| p.binning = 0), SimulationError::Binning { .. }));
    assert!(matches!(fails(|p| p.depth = Some(1)), SimulationError::Binning { .. }));
    assert!(matches!(fails(|p| p.structural_noise = f64::NAN), SimulationError::SolventNoise { .. }));
    assert!(matches!(fails(|p| p.structural_noise = 1e300), SimulationError::SolventNoise { .. }));
    assert!(matches!(fails(|p| p.vesicles.as_mut().unwrap().radius = [9.0, 5.0]), SimulationError::Vesicles { .. }));
    assert!(matches!(fails(|p| p.gold.as_mut().unwrap().diameter = 0.0), SimulationError::Gold { .. }));
    assert!(matches!(fails(|p| p.membranes.as_mut().unwrap().radius = [1.0, 5.0]), SimulationError::Membranes { .. }));
    assert!(matches!(fails(|p| p.filaments.as_mut().unwrap().contrast = f64::NAN), SimulationError::Filaments { .. }));
    assert!(matches!(fails(|p| p.ctf.as_mut().unwrap().envelope.decay = Some(-1.0)), SimulationError::Ctf { .. }));
}

/// Errors are for people: they tell values, not the program's names for them.
#[test]
fn errors_tell_values_in_words() {
    let told = |change: fn(&mut SimulationParams)| {
        let mut params = elaborate();
        change(&mut params);
        params.check().unwrap_err().to_string()
    };
    let errors = [
        (told(|p| p.ctf.as_mut().unwrap().defocus_um = 1e3), "1000 micrometre"),
        (told(|p| p.gold.as_mut().unwrap().count = 4_000_000_000), "4000000000 gold beads"),
        (told(|p| p.vesicles.as_mut().unwrap().count = 1 << 20), "1048576 vesicles"),
        (told(|p| p.membranes.as_mut().unwrap().radius[0] = 1.0), "radii 1 to 100"),
        (told(|p| p.filaments.as_mut().unwrap().length[0] = 2.0), "lengths 2 to 250"),
        (told(|p| p.misalignment.tilt = 50.0), "tilts of 50 degrees"),
    ];
    for (error, part) in errors {
        assert!(error.contains(part) && error.contains("expected") && !error.contains('{') && !error.contains("Params"), "{error}");
    }
}

/// Radii of classes, each as the table's documentation says.
#[test]
fn the_class_table_has_the_radii_it_promises() {
    let params = elaborate();
    let table = params.class_table().unwrap();
    let radius = |name: &str| table.by_name(name).unwrap().radius.unwrap();
    let ball = (3.0 * params.complexes[0].volume() / (4.0 * std::f64::consts::PI)).cbrt();
    assert_relative_eq!(radius(params.complexes[0].name()), ball);
    assert_eq!(["vesicle", "fiducial", "membrane", "filament"].map(radius), [135.0, 30.0, 90.0, 100.0]);
}

/// Parameters survive being written down.
#[cfg(feature = "serde")]
#[test]
fn parameters_are_written_and_read() {
    let text = serde_json::to_string(&elaborate()).unwrap();
    assert_eq!(serde_json::from_str::<SimulationParams>(&text).unwrap(), elaborate());
    let recipe = crate::Recipe::shrec21();
    let text = serde_json::to_string(&recipe).unwrap();
    assert_eq!(serde_json::from_str::<crate::Recipe>(&text).unwrap(), recipe);
}

use std::sync::atomic::{AtomicU64, Ordering};

use approx::assert_relative_eq;
use cryoet_core::Cancelled;

use super::*;
use crate::{Crowding, TiltScheme};

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

/// Without noise, contrast transfer or solvent, the projections' mass is the particles' at every tilt.
#[test]
fn a_noise_free_slab_has_no_borders() {
    let params = SimulationParams { snr: None, ctf: None, solvent_noise: 0.0, crowding: Crowding::Count(0), ..small() };
    let simulation = simulate(&params, 1, &()).unwrap();
    assert!(simulation.tomogram.data().iter().all(|&v| v == 0.0));
    assert!(simulation.noise.is_none());
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
    assert!(matches!(fails(|p| p.voxel_size = 1e-6), SimulationError::FineVoxels { .. }));
    assert!(matches!(fails(|p| p.voxel_size = 1e30), SimulationError::VoxelSize { .. }));
    assert!(matches!(fails(|p| p.ctf.as_mut().unwrap().defocus_um = 1e9), SimulationError::Ctf { .. }));
    assert!(matches!(fails(|p| p.shape = [8, 80, 96]), SimulationError::Placement { .. }));
    assert!(matches!(fails(|p| p.complexes.push(p.complexes[0].clone())), SimulationError::Classes(_)));
}

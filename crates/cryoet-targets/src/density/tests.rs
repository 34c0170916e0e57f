use super::*;

/// A bright ball of radius 6 with noise-free surroundings, a speck apart from it.
fn ball() -> Array3<f32> {
    let mut density = Array3::from_shape_fn((24, 24, 24), |(z, y, x)| {
        let square: f64 = [z, y, x].iter().map(|&i| (i as f64 - 12.0).powi(2)).sum();
        if square <= 36.0 { 1.0 } else { 0.1 * (x % 3) as f32 }
    });
    density[[1, 1, 1]] = 2.0;
    density
}

#[test]
fn otsu_parts_the_two_and_the_speck_is_dropped() {
    let mask = density_mask(&Volume::new(ball()), &DensityMaskParams::default()).unwrap();
    assert!(!mask[[1, 1, 1]] && mask[[12, 12, 12]]);
    assert!((equivalent_radius(mask.view()) - 6.0).abs() < 0.1);
    let raw = DensityMaskParams { smoothing: 0, largest_component: false, ..Default::default() };
    let mask = density_mask(&Volume::new(ball()), &raw).unwrap();
    assert_eq!(mask, ball().mapv(|v| v >= 1.0));
}

#[test]
fn a_mass_takes_the_densest_voxels() {
    let values = Array3::from_shape_fn((10, 10, 10), |(z, y, x)| (100 * z + 10 * y + x) as f32);
    let density = Volume::new(values).with_voxel_size(VoxelSize::isotropic(10.0).unwrap());
    let params = |kilodalton| DensityMaskParams { threshold: DensityThreshold::Mass(kilodalton), smoothing: 0, largest_component: false };
    // 0.81 kDa a voxel.
    let mask = density_mask(&density, &params(81.0)).unwrap();
    assert_eq!(mask.iter().filter(|&&set| set).count(), 100);
    assert!(mask[[9, 0, 0]] && !mask[[8, 9, 9]]);
    // All but the emptiest voxel.
    assert_eq!(density_mask(&density, &params(809.19)).unwrap().iter().filter(|&&set| set).count(), 999);
    for kilodalton in [0.0, -1.0, f64::NAN, 810.0, f64::INFINITY] {
        assert!(matches!(density_mask(&density, &params(kilodalton)), Err(DensityMaskError::Mass { .. })));
    }
    assert_eq!(density_mask(&Volume::new(ball()), &params(81.0)), Err(DensityMaskError::NoVoxelSize));
}

#[test]
fn smoothing_removes_spikes_and_fills_holes() {
    let mut density = ball();
    density[[12, 12, 12]] = 0.0;
    density[[12, 12, 19]] = 1.0;
    let params = DensityMaskParams { threshold: DensityThreshold::Value(0.5), ..Default::default() };
    let mask = density_mask(&Volume::new(density), &params).unwrap();
    assert!(mask[[12, 12, 12]] && !mask[[12, 12, 19]]);
}

#[test]
fn refuses_what_gives_no_mask() {
    let mut density = ball();
    let params = DensityMaskParams { threshold: DensityThreshold::Value(9.0), ..Default::default() };
    assert_eq!(density_mask(&Volume::new(density.clone()), &params), Err(DensityMaskError::Empty { threshold: 9.0 }));
    density[[3, 4, 5]] = f32::NAN;
    let error = density_mask(&Volume::new(density), &DensityMaskParams::default());
    assert!(matches!(error, Err(DensityMaskError::NonFinite { index: [3, 4, 5], .. })));
    assert!(matches!(
        density_mask(&Volume::new(Array3::zeros((0, 3, 3))), &DensityMaskParams::default()),
        Err(DensityMaskError::Empty { .. })
    ));
    let flat = Volume::new(Array3::from_elem((4, 4, 4), 2.0));
    assert_eq!(density_mask(&flat, &DensityMaskParams::default()), Err(DensityMaskError::NoVariance { value: 2.0 }));
    let params = DensityMaskParams { threshold: DensityThreshold::Value(2.0), smoothing: 0, ..Default::default() };
    assert!(density_mask(&flat, &params).unwrap().iter().all(|&set| set));
}

#[test]
fn a_mass_never_takes_the_empty_surroundings() {
    let mut values = Array3::<f32>::zeros((10, 10, 10));
    values.slice_mut(cryoet_core::ndarray::s![3..6, 3..6, 3..6]).fill(1.0);
    let density = Volume::new(values).with_voxel_size(VoxelSize::isotropic(10.0).unwrap());
    let of =
        |kilodalton| density_mask(&density, &DensityMaskParams { threshold: DensityThreshold::Mass(kilodalton), ..Default::default() });
    assert_eq!(of(27.0 * 0.81).unwrap().iter().filter(|&&set| set).count(), 27);
    assert!(matches!(of(30.0 * 0.81), Err(DensityMaskError::Mass { most, .. }) if (most - 27.0 * 0.81).abs() < 1e-9));
}

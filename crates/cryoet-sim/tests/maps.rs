//! Density maps as others made them: the thirteen of the development data.

use std::path::Path;

use cryoet_core::ndarray::Array3;
use cryoet_sim::{Complex, ComplexError};

/// The values of an MRC file of mode 2.
fn read(path: &Path) -> Array3<f32> {
    let bytes = std::fs::read(path).unwrap();
    let word = |i: usize| i32::from_le_bytes(bytes[4 * i..4 * i + 4].try_into().unwrap()) as usize;
    assert_eq!(word(3), 2, "mode");
    let values = bytes[1024 + word(23)..].chunks_exact(4).map(|value| f32::from_le_bytes(value.try_into().unwrap()));
    Array3::from_shape_vec((word(2), word(1), word(0)), values.collect()).unwrap()
}

/// Their centres of mass lie up to 1.2 voxels from voxel `floor(N / 2)`, and the ribosome's, which is 18 voxels across, 2.5.
#[test]
fn real_maps_are_near_enough_their_middle() {
    let Some(data) = std::env::var_os("CRYOET_DATA") else {
        eprintln!("skipped: CRYOET_DATA is not set");
        return;
    };
    let folder = Path::new(&data).join("maps-10A");
    for name in Complex::builtin_names() {
        let map = read(&folder.join(format!("{name}.mrc")));
        let complex = Complex::builtin(name).unwrap().with_map(map.view(), 10.0).unwrap();
        // A position is a place inside the particle.
        let mask = complex.mask(10.0);
        let middle = mask.dim().0 / 2;
        let near = mask.slice(cryoet_core::ndarray::s![middle - 2..=middle + 2, middle - 2..=middle + 2, middle - 2..=middle + 2]);
        assert!(near.iter().any(|&v| v == 1), "{name}");
        let mut shifted = Array3::zeros(map.dim());
        shifted.slice_mut(cryoet_core::ndarray::s![.., .., 8..]).assign(&map.slice(cryoet_core::ndarray::s![.., .., ..-8]));
        let error = Complex::builtin(name).unwrap().with_map(shifted.view(), 10.0).unwrap_err();
        assert!(matches!(error, ComplexError::OffCentre { .. } | ComplexError::Map { .. }), "{name}: {error}");
    }
    // 2,500 kDa at 1.21 nm^3 each.
    Complex::from_map("4v4r", 2500.0, read(&folder.join("4v4r.mrc")).view(), 10.0, 3.03e6).unwrap();
}

use cryoet_core::box_centre;

/// A soft ball about the reference point of a cube: 1 up to the radius, a cosine to 0 over the edge; in the order z, y, x.
pub(crate) fn soft_sphere(size: usize, radius: f64, edge: f64) -> Vec<f64> {
    let middle = box_centre(size) as f64;
    (0..size.pow(3))
        .map(|i| {
            let square: f64 = [i / (size * size), i / size % size, i % size].iter().map(|&k| (k as f64 - middle).powi(2)).sum();
            let beyond = square.sqrt() - radius;
            if beyond <= 0.0 {
                1.0
            } else if beyond < edge {
                0.5 + 0.5 * (std::f64::consts::PI * beyond / edge).cos()
            } else {
                0.0
            }
        })
        .collect()
}

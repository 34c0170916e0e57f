use cryoet_core::box_centre;

/// A soft ball about the reference point of a cube, indexed `[z, y, x]`: 1 up to the radius, a cosine to 0 over the edge.
pub(crate) fn soft_sphere(size: usize, radius: f64, edge: f64) -> Vec<f32> {
    let c = box_centre(size) as f64;
    let square = |i: usize| (i as f64 - c).powi(2);
    let mut voxels = Vec::with_capacity(size.pow(3));
    for z in 0..size {
        for y in 0..size {
            for x in 0..size {
                let beyond = (square(z) + square(y) + square(x)).sqrt() - radius;
                voxels.push(if beyond <= 0.0 {
                    1.0
                } else if beyond < edge {
                    (0.5 + 0.5 * (std::f64::consts::PI * beyond / edge).cos()) as f32
                } else {
                    0.0
                });
            }
        }
    }
    voxels
}

use ndarray::Array3;

use crate::box_centre;

/// A soft ball about the reference point of a cube of `size` voxels an edge, indexed `[z, y, x]`: 1 up to the radius, then half a cosine that
/// reaches 0 over the edge. Radius and edge are in voxels; a ball that does not fit is cut off at the faces.
///
/// ```
/// use cryoet_core::soft_sphere;
/// let ball = soft_sphere(16, 4.0, 2.0);
/// assert_eq!((ball[[8, 8, 8]], ball[[8, 8, 12]], ball[[8, 8, 14]]), (1.0, 1.0, 0.0));
/// assert!((ball[[8, 13, 8]] - 0.5_f64).abs() < 1e-12);
/// ```
pub fn soft_sphere(size: usize, radius: f64, edge: f64) -> Array3<f64> {
    let middle = box_centre(size) as f64;
    Array3::from_shape_fn((size, size, size), |(z, y, x)| {
        let square: f64 = [z, y, x].iter().map(|&i| (i as f64 - middle).powi(2)).sum();
        let beyond = square.sqrt() - radius;
        if beyond <= 0.0 {
            1.0
        } else if beyond < edge {
            0.5 + 0.5 * (std::f64::consts::PI * beyond / edge).cos()
        } else {
            0.0
        }
    })
}

//! A lipid bilayer about a surface.

use cryoet_core::Orientation;

use crate::Stamp;

/// Potential of a bilayer's head groups and of its tails over ice, in volt: with the profile below the whole bilayer has the mean of
/// lipid, 6.0 V against ice's 4.53 V.
const HEAD: f64 = 2.41;
const TAIL: f64 = 0.6;
/// Where the head groups' middle lies and how far they reach (standard deviation), as shares of the thickness.
const HEAD_AT: f64 = 0.42;
const HEAD_WIDTH: f64 = 0.08;
/// Samples across a voxel.
const SAMPLES: usize = 5;

/// The voxels of a bilayer about a turned surface that ends within `reach` Angstrom; `distance` gives the distance of a point z, y, x from
/// the unturned surface's middle, in Angstrom.
pub(crate) fn bilayer_stamp(
    reach: f64,
    thickness: f64,
    orientation: &Orientation,
    voxel_size: f64,
    distance: impl Fn([f64; 3]) -> f64,
) -> Stamp {
    let half = (reach / voxel_size).ceil() as i32;
    let back = orientation.inverse();
    let mut stamp = Stamp::empty();
    for z in -half..=half {
        for y in -half..=half {
            for x in -half..=half {
                let distance = distance(back.rotate_zyx([z, y, x].map(|i| f64::from(i) * voxel_size)));
                if distance.abs() < 0.5 * thickness + 2.0 * voxel_size {
                    let sample = |i: usize| distance + ((i as f64 + 0.5) / SAMPLES as f64 - 0.5) * voxel_size;
                    let potential = (0..SAMPLES).map(|i| bilayer(sample(i), thickness)).sum::<f64>() / SAMPLES as f64;
                    stamp.push([z, y, x], potential, distance.abs() <= 0.5 * thickness);
                }
            }
        }
    }
    stamp
}

/// Potential over ice across a bilayer, in volt, at a distance from its middle.
fn bilayer(distance: f64, thickness: f64) -> f64 {
    let place = distance.abs() / thickness;
    let heads = HEAD * (-0.5 * ((place - HEAD_AT) / HEAD_WIDTH).powi(2)).exp();
    if place < HEAD_AT { heads + TAIL } else { heads }
}

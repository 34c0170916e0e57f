use cryoet_core::ndarray::{Array3, ArrayView3};
use rayon::prelude::*;

use crate::bit_lattice::{BitLattice, all_set, any_set};
use crate::foreground::Foreground;
use crate::params::{LARGEST_RADIUS, not_negative};
use crate::{ClusterError, ForegroundBuilder};

/// Morphological opening of a label volume's foreground by a ball: voxels that no ball of foreground covers become
/// background. What is thinner than the ball goes, bridges between particles among it; what stays keeps its label.
///
/// The ball holds the voxels whose centres lie within `radius` voxels of its centre: 1 gives the cross of 7 voxels, 1.5 that
/// of 19, 1.8 the cube of 27; below 1 nothing changes. It must lie inside the volume, as in SciPy's `binary_opening`. Labels
/// do not part the foreground; voxels labelled 255 do not belong to it, and stay.
///
/// # Errors
/// A radius that is negative, no number or above 10^6; more than 2^32 voxels.
///
/// ```
/// use cryoet_cluster::open_labels;
/// use cryoet_core::ndarray::{Array3, s};
/// let mut labels = Array3::<u8>::zeros((9, 9, 24));
/// labels.slice_mut(s![2..7, 2..7, 2..7]).fill(1);
/// labels.slice_mut(s![4, 4, 7..15]).fill(1); // a bridge of one voxel
/// labels.slice_mut(s![2..7, 2..7, 15..20]).fill(2);
/// let opened = open_labels(labels.view(), 1.8)?;
/// assert_eq!((opened[[4, 4, 6]], opened[[4, 4, 10]], opened[[4, 4, 15]]), (1, 0, 2));
/// # Ok::<(), cryoet_cluster::ClusterError>(())
/// ```
pub fn open_labels(labels: ArrayView3<'_, u8>, radius: f64) -> Result<Array3<u8>, ClusterError> {
    if !not_negative(radius, LARGEST_RADIUS) {
        return Err(ClusterError::Opening { radius });
    }
    let mut builder = ForegroundBuilder::new(labels.dim().into())?;
    builder.push_block([0; 3], labels, None)?;
    let foreground = builder.into_foreground()?;
    let mut open = labels.to_owned();
    for (i, kept) in covered(&foreground, radius).into_iter().enumerate() {
        if !kept {
            open[foreground.voxel(i)] = 0;
        }
    }
    Ok(open)
}

/// The voxels that the opening leaves.
pub(crate) fn opened(foreground: &Foreground, radius: f64) -> Foreground {
    let covered = covered(foreground, radius);
    foreground.only(|i| covered[i])
}

/// For each voxel whether a ball that lies in the foreground covers it.
fn covered(foreground: &Foreground, radius: f64) -> Vec<bool> {
    let shape = foreground.shape();
    if shape.iter().any(|&n| 2.0 * radius.floor() + 1.0 > n as f64) {
        return vec![false; foreground.len()];
    }
    let rows = ball_rows(radius);
    // The rows of the ball about a voxel, those beyond the volume as none; along x they may reach beyond it.
    let around = |voxel: [usize; 3]| {
        rows.iter().map(move |row| {
            let z = voxel[0].checked_add_signed(row.dz).filter(|&z| z < shape[0])?;
            let y = voxel[1].checked_add_signed(row.dy).filter(|&y| y < shape[1])?;
            Some((z, y, row.half))
        })
    };
    let whole = BitLattice::new(foreground);
    let fits = |i: usize| {
        let voxel = foreground.voxel(i);
        around(voxel).all(|row| {
            row.is_some_and(|(z, y, half)| {
                voxel[2] >= half && voxel[2] + half < shape[2] && all_set(whole.row(z, y), voxel[2] - half..voxel[2] + half + 1)
            })
        })
    };
    let fits: Vec<bool> = (0..foreground.len()).into_par_iter().map(fits).collect();
    let middles = BitLattice::new(&foreground.only(|i| fits[i]));
    let reached = |i: usize| {
        let voxel = foreground.voxel(i);
        around(voxel).flatten().any(|(z, y, half)| {
            let xs = voxel[2].saturating_sub(half)..(voxel[2] + half + 1).min(shape[2]);
            any_set(middles.row(z, y), xs)
        })
    };
    (0..foreground.len()).into_par_iter().map(reached).collect()
}

/// A row of a ball, from its middle: it runs from `-half` to `half` along x.
struct BallRow {
    dz: isize,
    dy: isize,
    half: usize,
}

/// The rows of a ball, the outermost first: where a ball does not fit they mostly tell.
fn ball_rows(radius: f64) -> Vec<BallRow> {
    let (limit, reach) = (radius * radius, radius.floor() as isize);
    let mut rows = Vec::new();
    for (dz, dy) in (-reach..=reach).flat_map(|dz| (-reach..=reach).map(move |dy| (dz, dy))) {
        let left = limit - (dz * dz + dy * dy) as f64;
        if left >= 0.0 {
            let mut half = left.sqrt() as usize;
            while ((half + 1) * (half + 1)) as f64 <= left {
                half += 1;
            }
            while (half * half) as f64 > left {
                half -= 1;
            }
            rows.push(BallRow { dz, dy, half });
        }
    }
    rows.sort_by_key(|row| (row.half, row.dz, row.dy));
    rows
}

#[cfg(test)]
mod tests;

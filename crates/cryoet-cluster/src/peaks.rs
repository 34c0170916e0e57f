use crate::cells::Cells;
use crate::foreground::Foreground;
use crate::particles::Clusters;

/// Non-maximum suppression over the foreground's scores: the best voxel of all takes those within the radius (inclusive), then
/// the best of the rest, and so on; of equal scores the first voxel in the order of the volume.
///
/// Centres are refined by a parabola through the scores along each axis, where both neighbours carry the same label.
pub(crate) fn peaks(foreground: &Foreground, radius: f64) -> Clusters {
    let mut order: Vec<u32> = (0..foreground.len() as u32).collect();
    order.sort_by(|&a, &b| foreground.score(b as usize).total_cmp(&foreground.score(a as usize)).then(a.cmp(&b)));

    let limit = radius * radius;
    let mut cells = Cells::new(radius.max(1.0));
    let mut peaks: Vec<[usize; 3]> = Vec::new();
    let mut members = vec![0; foreground.len()];
    for i in order {
        let voxel = foreground.voxel(i as usize);
        let place = voxel.map(|c| c as f64);
        let reaches = |peak: u32| (0..3).map(|a| voxel[a].abs_diff(peaks[peak as usize][a]).pow(2)).sum::<usize>() as f64 <= limit;
        // Of the peaks that reach here the best takes the voxel.
        let taken = cells.near(place).copied().filter(|&peak| reaches(peak)).min();
        members[i as usize] = taken.unwrap_or_else(|| {
            let new = peaks.len() as u32;
            peaks.push(voxel);
            cells.push(place, new);
            new
        });
    }
    let scores = peaks.iter().map(|&peak| foreground.find(peak).map_or(0.0, |i| foreground.score(i))).collect();
    let centres = peaks.into_iter().map(|peak| refined(foreground, peak)).collect();
    Clusters { centres, members, scores: Some(scores) }
}

/// The peak moved by at most half a voxel along each axis to the top of a parabola.
fn refined(foreground: &Foreground, peak: [usize; 3]) -> [f64; 3] {
    let Some(here) = foreground.find(peak) else { return peak.map(|i| i as f64) };
    std::array::from_fn(|axis| {
        let at = |step: isize| {
            let mut voxel = peak;
            voxel[axis] = voxel[axis].checked_add_signed(step)?;
            let i = foreground.find(voxel)?;
            (foreground.label(i) == foreground.label(here)).then(|| foreground.score(i))
        };
        let (Some(before), Some(after)) = (at(-1), at(1)) else { return peak[axis] as f64 };
        let bend = before - 2.0 * foreground.score(here) + after;
        let shift = if bend < 0.0 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 };
        peak[axis] as f64 + shift
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Parabolas on top of each other: the refinement finds their tops exactly.
    #[test]
    fn a_parabola_gives_its_top_back() {
        let shape = [21, 22, 23];
        let top = [9.25, 11.375, 8.0];
        let (mut indices, mut scores) = (Vec::new(), Vec::new());
        for index in 0..(21 * 22 * 23) {
            let voxel = crate::foreground::voxel(shape, index);
            let d2: f64 = (0..3).map(|a| (voxel[a] as f64 - top[a]).powi(2)).sum();
            if d2 < 20.0 {
                indices.push(index);
                scores.push((0.75 - d2 / 32.0) as f32);
            }
        }
        let foreground = Foreground::from_parts(shape, indices.clone(), vec![1; indices.len()], Some(scores));
        let clusters = peaks(&foreground, 10.0);
        assert_eq!(clusters.centres.len(), 1);
        for (found, expected) in clusters.centres[0].iter().zip(top) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    }

    #[test]
    fn a_peak_takes_the_radius_and_no_more() {
        let indices: Vec<u32> = vec![0, 3, 4, 9];
        let foreground = Foreground::from_parts([1, 1, 10], indices, vec![1; 4], Some(vec![0.9, 0.8, 0.7, 0.6]));
        let clusters = peaks(&foreground, 3.0);
        assert_eq!(clusters.centres, [[0.0, 0.0, 0.0], [0.0, 0.0, 4.0], [0.0, 0.0, 9.0]]);
        assert_eq!(clusters.members, [0, 0, 1, 2]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// The best of those left takes what lies within the radius, until none is left.
        #[test]
        fn agree_with_taking_the_best_of_the_rest(
            shape in prop::array::uniform3(1..9_usize),
            scores in prop::collection::vec(0..5_u8, 512),
            radius in prop::sample::select(vec![0.3, 1.0, 1.7, 2.0, 3.1, 50.0]),
        ) {
            let indices: Vec<u32> = (0..shape.iter().product::<usize>() as u32).filter(|&i| scores[i as usize] > 0).collect();
            let quarters = indices.iter().map(|&i| f32::from(scores[i as usize]) / 4.0).collect();
            let foreground = Foreground::from_parts(shape, indices.clone(), vec![1; indices.len()], Some(quarters));
            let mut members = vec![u32::MAX; indices.len()];
            let mut tops: Vec<f64> = Vec::new();
            let left = |members: &[u32]| (0..members.len()).filter(|&i| members[i] == u32::MAX).collect::<Vec<_>>();
            let better = |a, b| if foreground.score(b) > foreground.score(a) { b } else { a };
            while let Some(best) = left(&members).into_iter().reduce(better) {
                for i in left(&members) {
                    let apart: usize = (0..3).map(|a| foreground.voxel(i)[a].abs_diff(foreground.voxel(best)[a]).pow(2)).sum();
                    if apart as f64 <= radius * radius {
                        members[i] = tops.len() as u32;
                    }
                }
                tops.push(foreground.score(best));
            }
            let found = peaks(&foreground, radius);
            prop_assert_eq!(found.members, members);
            prop_assert_eq!(found.scores, Some(tops));
        }
    }
}

//! What scores promise against what comes true.

use cryoet::pipeline::ClassReliability;

use crate::plot::{BLACK, BLUE, GRID, Mark, Plot, VERMILION, across, up};

/// Picks of alike scores are taken together: so many to a point at least, and at most this many points.
const PER_POINT: usize = 10;
const POINTS: usize = 10;

/// Draws the share of right picks over their mean score, of the clustering's scores and of held-out probabilities, all classes together.
pub(crate) fn plot(classes: &[ClassReliability]) -> Plot {
    let picks: Vec<_> = classes.iter().flat_map(|class| &class.picks).collect();
    let raw = points(picks.iter().map(|pick| (pick.score, pick.right)).collect());
    let calibrated = points(picks.iter().map(|pick| (pick.held_out, pick.right)).collect());
    let mut marks = Vec::new();
    for tick in 0..=5 {
        let share = f64::from(tick) / 5.0;
        marks.push(Mark::level(share, 1.0));
        marks.push(Mark::level_name(share, BLACK, format!("{share:.1}")));
        marks.push(Mark::place_name(share, format!("{share:.1}")));
    }
    marks.push(Mark::Line { points: vec![[across(0.0), up(0.0)], [across(1.0), up(1.0)]], colour: GRID, width: 2.0 });
    marks.push(Mark::axis_name("score"));
    marks.push(Mark::left_title(BLUE, "right picks, calibrated (held out)"));
    marks.push(Mark::right_title(VERMILION, "as clustered"));
    for (points, colour) in [(raw, VERMILION), (calibrated, BLUE)] {
        let points: Vec<[f64; 2]> = points.into_iter().map(|(score, share)| [across(score.clamp(0.0, 1.0)), up(share)]).collect();
        marks.extend(points.iter().map(|&at| Mark::Dot { at, colour }));
        marks.push(Mark::Line { points, colour, width: 1.5 });
    }
    Plot(marks)
}

/// Mean score and share of right ones, of groups of equal size by rising score.
fn points(mut outcomes: Vec<(f64, bool)>) -> Vec<(f64, f64)> {
    outcomes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let each = outcomes.len().div_ceil(POINTS).max(PER_POINT);
    let point = |group: &[(f64, bool)]| {
        let count = group.len() as f64;
        (group.iter().map(|outcome| outcome.0).sum::<f64>() / count, group.iter().filter(|outcome| outcome.1).count() as f64 / count)
    };
    outcomes.chunks(each).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet::ClassLabel;
    use cryoet::net::ClassCalibration;
    use cryoet::pipeline::CalibratedPick;

    #[test]
    fn true_promises_lie_on_the_diagonal() {
        let picks = (0..1000).map(|n| {
            let score = f64::from(n / 100) / 10.0 + 0.05;
            CalibratedPick { score: 0.95, held_out: score, right: f64::from(n % 100) < 100.0 * score }
        });
        let fitted = ClassCalibration { label: ClassLabel::new(1), curve: None, threshold: None };
        let class = ClassReliability { fitted, picks: picks.collect(), truths: 500 };
        let image = plot(&[class]).raster();
        let pixel = |score: f64, share: f64| image.pixel([across(score), up(share)].map(|v| (v * 2.0) as u32));
        assert_eq!([0.05, 0.45, 0.95].map(|score| pixel(score, score)), [BLUE; 3]);
        // All raw scores are 0.95; half of the picks are right, and every group is like the others but for the order of ties.
        assert_eq!(points(vec![(0.95, true), (0.95, false)]), [(0.95, 0.5)]);
    }

    #[test]
    fn no_picks_are_drawn() {
        assert_eq!(plot(&[]).raster().width(), 1440);
    }
}

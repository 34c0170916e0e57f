//! The curve of a training: loss over steps, and the F1 of validations, of each class and their mean.

use cryoet::ClassTable;
use cryoet::net::History;

use crate::plot::{BLUE, Mark, Plot, RIGHT, VERMILION, WIDTH, across, up};

/// At most so many points of the loss are drawn; each is the mean over its steps.
const POINTS: usize = 300;
const LOSS: [u8; 3] = BLUE;
const F1: [u8; 3] = VERMILION;
/// Colours of classes without one in the table, told apart by everyone (Okabe and Ito 2008), in the order of labels.
const CLASSES: [[u8; 3]; 6] = [[0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [150, 150, 150], [160, 140, 0]];

/// Draws a history.
pub(crate) fn plot(history: &History, classes: &ClassTable) -> Plot {
    let losses = means(&history.steps.iter().map(|step| (step.step as f64, step.loss)).collect::<Vec<_>>());
    let scores: Vec<_> = history.validations.iter().map(|record| (record.step as f64, record.metrics.mean_f1)).collect();
    let last = history.steps.last().map_or(1.0, |step| step.step as f64).max(1.0);
    let top = losses.iter().map(|point| point.1).fold(0.0, f64::max).max(1e-6) * 1.05;
    let x = |step: f64| across(step / last);
    let mut marks = Vec::new();
    for tick in 0..=5 {
        let share = f64::from(tick) / 5.0;
        marks.push(Mark::level(share, 1.0));
        marks.push(Mark::level_name(share, LOSS, format!("{:.2}", share * top)));
        marks.push(Mark::text([WIDTH - RIGHT + 6.0, up(share) + 4.0], 0.0, F1, format!("{share:.1}")));
        marks.push(Mark::place_name(share, format!("{:.0}", share * last)));
    }
    marks.push(Mark::axis_name("step"));
    marks.push(Mark::left_title(LOSS, "training loss"));
    marks.push(Mark::right_title(F1, "validation, F1 of voxels: mean (thick) and classes"));
    for (index, class) in classes.iter().enumerate() {
        let colour = class.colour.unwrap_or(CLASSES[index % CLASSES.len()]);
        let f1 = history.validations.iter().filter_map(|record| {
            let metrics = record.metrics.classes.iter().find(|metrics| metrics.label == class.label)?;
            Some([x(record.step as f64), up(metrics.f1)])
        });
        let points: Vec<_> = f1.collect();
        if let Some(&[px, py]) = points.last() {
            marks.push(Mark::text([px - 4.0, py - 4.0], 1.0, colour, &class.name));
        }
        marks.push(Mark::Line { points, colour, width: 1.0 });
    }
    let of_loss = losses.iter().map(|&(step, loss)| [x(step), up(loss / top)]).collect();
    let of_scores: Vec<_> = scores.iter().map(|&(step, score)| [x(step), up(score)]).collect();
    marks.push(Mark::Line { points: of_loss, colour: LOSS, width: 1.5 });
    marks.push(Mark::Line { points: of_scores.clone(), colour: F1, width: 2.5 });
    marks.extend(of_scores.into_iter().map(|at| Mark::Dot { at, colour: F1 }));
    Plot(marks)
}

fn means(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let each = points.len().div_ceil(POINTS).max(1);
    let mean = |part: &[(f64, f64)]| {
        (part.iter().map(|p| p.0).sum::<f64>() / part.len() as f64, part.iter().map(|p| p.1).sum::<f64>() / part.len() as f64)
    };
    points.chunks(each).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::GRID;

    #[test]
    fn many_points_become_few_means() {
        let points: Vec<_> = (0..1000).map(|n| (f64::from(n), f64::from(n % 2))).collect();
        let means = means(&points);
        assert_eq!(means.len(), 250);
        assert!(means.iter().all(|point| point.1 == 0.5));
    }

    #[test]
    fn an_empty_history_is_drawn() {
        let curve = plot(&History::default(), &ClassTable::default());
        let svg = curve.svg();
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && !svg.contains("NaN"));
        let image = curve.raster();
        assert_eq!([image.width(), image.height()], [1440, 800]);
        // The lowest grid line, and the white above it, at two pixels a unit.
        let row = (up(0.0) * 2.0) as u32;
        assert_eq!((image.pixel([700, row]), image.pixel([700, row - 8])), (GRID, [255; 3]));
    }
}

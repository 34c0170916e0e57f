//! The curve of a training as SVG: loss over steps, and the mean F1 of validations.

use std::fmt::Write;

use cryoet::net::History;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 50.0;
const TOP: f64 = 36.0;
const BOTTOM: f64 = 46.0;
const LOSS: &str = "#0072b2";
const F1: &str = "#d55e00";
/// At most so many points of the loss are drawn; each is the mean over its steps.
const POINTS: usize = 300;

/// Draws a history.
pub(crate) fn svg(history: &History) -> String {
    let losses = means(&history.steps.iter().map(|step| (step.step as f64, step.loss)).collect::<Vec<_>>());
    let scores: Vec<_> = history.validations.iter().map(|record| (record.step as f64, record.metrics.mean_f1)).collect();
    let last = history.steps.last().map_or(1.0, |step| step.step as f64).max(1.0);
    let top = losses.iter().map(|point| point.1).fold(0.0, f64::max).max(1e-6) * 1.05;
    let x = |step: f64| LEFT + step / last * (WIDTH - LEFT - RIGHT);
    let y = |share: f64| HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    );
    for tick in 0..=5 {
        let share = f64::from(tick) / 5.0;
        let (ty, tx) = (y(share), x(share * last));
        let _ = writeln!(svg, "<path d=\"M{LEFT} {ty:.1}H{:.1}\" stroke=\"#ddd\"/>", WIDTH - RIGHT);
        let _ =
            writeln!(svg, "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{LOSS}\">{:.2}</text>", LEFT - 6.0, ty + 4.0, share * top);
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{:.1}\" fill=\"{F1}\">{share:.1}</text>", WIDTH - RIGHT + 6.0, ty + 4.0);
        let _ = writeln!(svg, "<text x=\"{tx:.1}\" y=\"{}\" text-anchor=\"middle\">{:.0}</text>", HEIGHT - BOTTOM + 18.0, share * last);
    }
    let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">step</text>", WIDTH / 2.0, HEIGHT - 8.0);
    let _ = writeln!(svg, "<text x=\"{LEFT}\" y=\"20\" fill=\"{LOSS}\">training loss</text>");
    let _ = writeln!(svg, "<text x=\"{}\" y=\"20\" text-anchor=\"end\" fill=\"{F1}\">validation, mean F1 of voxels</text>", WIDTH - RIGHT);
    line(&mut svg, LOSS, losses.iter().map(|&(step, loss)| (x(step), y(loss / top))));
    line(&mut svg, F1, scores.iter().map(|&(step, score)| (x(step), y(score))));
    for &(step, score) in &scores {
        let _ = writeln!(svg, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{F1}\"/>", x(step), y(score));
    }
    svg.push_str("</svg>\n");
    svg
}

fn line(svg: &mut String, colour: &str, points: impl Iterator<Item = (f64, f64)>) {
    let path: Vec<String> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    if path.len() > 1 {
        let _ = writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>", path.join(" "));
    }
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

    #[test]
    fn many_points_become_few_means() {
        let points: Vec<_> = (0..1000).map(|n| (f64::from(n), f64::from(n % 2))).collect();
        let means = means(&points);
        assert_eq!(means.len(), 250);
        assert!(means.iter().all(|point| point.1 == 0.5));
    }

    #[test]
    fn an_empty_history_is_drawn() {
        let svg = svg(&History::default());
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && !svg.contains("NaN"));
    }
}

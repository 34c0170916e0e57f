//! The curve of a training as SVG and PNG: loss over steps, and the mean F1 of validations.

use std::fmt::Write;

use cryoet::net::History;

use crate::picture::{Raster, write_text};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 50.0;
const TOP: f64 = 36.0;
const BOTTOM: f64 = 46.0;
const LOSS: [u8; 3] = [0, 114, 178];
const F1: [u8; 3] = [213, 94, 0];
const GRID: [u8; 3] = [221, 221, 221];
const BLACK: [u8; 3] = [0, 0, 0];
/// At most so many points of the loss are drawn; each is the mean over its steps.
const POINTS: usize = 300;
/// Pixels of the PNG per unit of the plot.
const SCALE: f64 = 2.0;

/// What a plot is made of; x to the right and y downwards.
enum Mark {
    Line {
        points: Vec<[f64; 2]>,
        colour: [u8; 3],
        width: f64,
    },
    Dot {
        at: [f64; 2],
        colour: [u8; 3],
    },
    /// Text whose baseline lies at `at`; `anchor` is the share of its width to the left of `at`.
    Text {
        at: [f64; 2],
        anchor: f64,
        colour: [u8; 3],
        text: String,
    },
}

/// A drawn history.
pub(crate) struct Curve(Vec<Mark>);

impl Curve {
    /// Draws a history.
    pub(crate) fn new(history: &History) -> Self {
        let losses = means(&history.steps.iter().map(|step| (step.step as f64, step.loss)).collect::<Vec<_>>());
        let scores: Vec<_> = history.validations.iter().map(|record| (record.step as f64, record.metrics.mean_f1)).collect();
        let last = history.steps.last().map_or(1.0, |step| step.step as f64).max(1.0);
        let top = losses.iter().map(|point| point.1).fold(0.0, f64::max).max(1e-6) * 1.05;
        let x = |step: f64| LEFT + step / last * (WIDTH - LEFT - RIGHT);
        let y = |share: f64| HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
        let text = |at, anchor, colour, text: &str| Mark::Text { at, anchor, colour, text: text.to_owned() };
        let mut marks = Vec::new();
        for tick in 0..=5 {
            let share = f64::from(tick) / 5.0;
            let (ty, tx) = (y(share), x(share * last));
            marks.push(Mark::Line { points: vec![[LEFT, ty], [WIDTH - RIGHT, ty]], colour: GRID, width: 1.0 });
            marks.push(text([LEFT - 6.0, ty + 4.0], 1.0, LOSS, &format!("{:.2}", share * top)));
            marks.push(text([WIDTH - RIGHT + 6.0, ty + 4.0], 0.0, F1, &format!("{share:.1}")));
            marks.push(text([tx, HEIGHT - BOTTOM + 18.0], 0.5, BLACK, &format!("{:.0}", share * last)));
        }
        marks.push(text([WIDTH / 2.0, HEIGHT - 8.0], 0.5, BLACK, "step"));
        marks.push(text([LEFT, 20.0], 0.0, LOSS, "training loss"));
        marks.push(text([WIDTH - RIGHT, 20.0], 1.0, F1, "validation, mean F1 of voxels"));
        let of_loss = losses.iter().map(|&(step, loss)| [x(step), y(loss / top)]).collect();
        let of_scores: Vec<_> = scores.iter().map(|&(step, score)| [x(step), y(score)]).collect();
        marks.push(Mark::Line { points: of_loss, colour: LOSS, width: 1.5 });
        marks.push(Mark::Line { points: of_scores.clone(), colour: F1, width: 1.5 });
        marks.extend(of_scores.into_iter().map(|at| Mark::Dot { at, colour: F1 }));
        Self(marks)
    }

    /// The curve as SVG.
    pub(crate) fn svg(&self) -> String {
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
        );
        let hex = |[r, g, b]: &[u8; 3]| format!("#{r:02x}{g:02x}{b:02x}");
        for mark in &self.0 {
            let _ = match mark {
                Mark::Line { points, .. } if points.len() < 2 => Ok(()),
                Mark::Line { points, colour, width } => {
                    let points: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
                    let (points, colour) = (points.join(" "), hex(colour));
                    writeln!(svg, "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>")
                }
                Mark::Dot { at: [x, y], colour } => {
                    writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{}\"/>", hex(colour))
                }
                Mark::Text { at: [x, y], anchor, colour, text } => {
                    let anchor = if *anchor == 0.0 {
                        "start"
                    } else if *anchor == 1.0 {
                        "end"
                    } else {
                        "middle"
                    };
                    writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{}\">{text}</text>", hex(colour))
                }
            };
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// The curve as an image.
    pub(crate) fn raster(&self) -> Raster {
        let mut image = Raster::from_fn((WIDTH * SCALE) as u32, (HEIGHT * SCALE) as u32, |_, _| [255; 3]);
        for mark in &self.0 {
            match mark {
                Mark::Line { points, colour, width } => {
                    for pair in points.windows(2) {
                        stroke(&mut image, pair[0], pair[1], width / 2.0, *colour);
                    }
                }
                Mark::Dot { at, colour } => stroke(&mut image, *at, *at, 3.0, *colour),
                Mark::Text { at: [x, y], anchor, colour, text } => write_text(&mut image, [x * SCALE, y * SCALE], *anchor, text, *colour),
            }
        }
        image
    }
}

/// Colours what lies within `half` of the line from `a` to `b`, in units of the plot.
fn stroke(image: &mut Raster, a: [f64; 2], b: [f64; 2], half: f64, colour: [u8; 3]) {
    let ([ax, ay], [bx, by], half) = (a.map(|v| v * SCALE), b.map(|v| v * SCALE), half * SCALE);
    let span = |a: f64, b: f64| (a.min(b) - half - 1.0).floor().max(0.0) as u32..(a.max(b) + half + 2.0).ceil().max(0.0) as u32;
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    for y in span(ay, by) {
        for x in span(ax, bx) {
            let (px, py) = (f64::from(x) + 0.5 - ax, f64::from(y) + 0.5 - ay);
            let along = if length > 0.0 { ((px * dx + py * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
            let distance = (px - along * dx).hypot(py - along * dy);
            image.blend([x, y], colour, (half + 0.5 - distance).clamp(0.0, 1.0));
        }
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
        let curve = Curve::new(&History::default());
        let svg = curve.svg();
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && !svg.contains("NaN"));
        let image = curve.raster();
        assert_eq!([image.width(), image.height()], [1440, 800]);
        // The lowest grid line, and the white above it.
        let row = ((HEIGHT - BOTTOM) * SCALE) as u32;
        assert_eq!((image.pixel([700, row]), image.pixel([700, row - 8])), (GRID, [255; 3]));
    }
}

use std::fmt::Write;

/// One curve: points over an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// What runs along x, with its unit.
    pub x: String,
    /// What runs along y, with its unit.
    pub y: String,
    /// The points, x ascending, none negative.
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 44.0;
const MARGIN: f64 = 14.0;

/// Panels side by side as an SVG picture; every axis begins at 0.
///
/// ```
/// use cryoet_benches::{Panel, plot};
/// let svg = plot(&[Panel { x: "threads".into(), y: "s".into(), points: vec![(1.0, 2.0), (2.0, 1.0)] }]);
/// assert!(svg.starts_with("<svg") && svg.contains("threads"));
/// ```
pub fn plot(panels: &[Panel]) -> String {
    let width = WIDTH * panels.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{HEIGHT}\" font-family=\"sans-serif\" font-size=\"11\">\n"
    );
    let _ = writeln!(svg, "<rect width=\"{width}\" height=\"{HEIGHT}\" fill=\"white\"/>");
    for (i, panel) in panels.iter().enumerate() {
        let _ = writeln!(svg, "<g transform=\"translate({},0)\">", WIDTH * i as f64);
        draw(&mut svg, panel);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

/// Writing to a string does not fail.
fn draw(svg: &mut String, panel: &Panel) {
    let x_step = step(panel.points.iter().map(|p| p.0).fold(0.0, f64::max));
    let y_step = step(panel.points.iter().map(|p| p.1).fold(0.0, f64::max));
    let end = |step: f64, values: &mut dyn Iterator<Item = f64>| (values.fold(0.0, f64::max) / step).ceil().max(1.0) * step;
    let x_end = end(x_step, &mut panel.points.iter().map(|p| p.0));
    let y_end = end(y_step, &mut panel.points.iter().map(|p| p.1));
    let (floor, right) = (HEIGHT - BOTTOM, WIDTH - MARGIN);
    let x = |value: f64| LEFT + (right - LEFT) * value / x_end;
    let y = |value: f64| floor - (floor - MARGIN) * value / y_end;
    for i in 0..=(x_end / x_step).round() as u32 {
        let value = f64::from(i) * x_step;
        let _ = writeln!(svg, "<line x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{MARGIN}\" y2=\"{floor}\" stroke=\"#ddd\"/>", x(value));
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>", x(value), floor + 15.0, shown(value));
    }
    for i in 0..=(y_end / y_step).round() as u32 {
        let value = f64::from(i) * y_step;
        let _ = writeln!(svg, "<line x1=\"{LEFT}\" x2=\"{right}\" y1=\"{0:.1}\" y2=\"{0:.1}\" stroke=\"#ddd\"/>", y(value));
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>", LEFT - 5.0, y(value) + 4.0, shown(value));
    }
    let line: Vec<String> = panel.points.iter().map(|p| format!("{:.1},{:.1}", x(p.0), y(p.1))).collect();
    let _ = writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"#0072b2\" stroke-width=\"1.5\"/>", line.join(" "));
    for p in &panel.points {
        let _ = writeln!(svg, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"#0072b2\"/>", x(p.0), y(p.1));
    }
    let middle = (LEFT + right) / 2.0;
    let _ = writeln!(svg, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>", HEIGHT - 10.0, panel.x);
    let half = (MARGIN + floor) / 2.0;
    let _ = writeln!(svg, "<text transform=\"translate(14,{half}) rotate(-90)\" text-anchor=\"middle\">{}</text>", panel.y);
}

/// A round step of which four to ten make the largest value.
fn step(largest: f64) -> f64 {
    let ten = 10.0_f64.powf((largest.max(1e-12) / 4.0).log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|n| n * ten).find(|step| largest / step >= 4.0).unwrap_or(ten)
}

/// A figure at a mark, without tails of rounding.
fn shown(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

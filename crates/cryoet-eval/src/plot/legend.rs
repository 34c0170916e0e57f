use super::canvas::{BLACK, CAPITAL, Canvas, Colour, width_of};

const LINE: f64 = 24.0;
const GAP: f64 = 10.0;
const PITCH: f64 = CAPITAL + 8.0;

/// How wide and high the legend of some series is.
pub(super) fn size(entries: &[(String, Colour)]) -> [f64; 2] {
    let widest = entries.iter().map(|(name, _)| width_of(name)).fold(0.0, f64::max);
    [LINE + GAP + widest, entries.len() as f64 * PITCH]
}

/// A stroke of each series' colour and its name, from a corner down.
pub(super) fn draw(canvas: &mut Canvas, [left, top]: [f64; 2], entries: &[(String, Colour)]) {
    for (index, (name, colour)) in entries.iter().enumerate() {
        let middle = top + index as f64 * PITCH + CAPITAL / 2.0;
        canvas.line([left, middle], [left + LINE, middle], 3.0, *colour);
        canvas.text([left + LINE + GAP, middle], [0.0, 0.5], name, BLACK);
    }
}

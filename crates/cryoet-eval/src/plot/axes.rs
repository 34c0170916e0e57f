use super::canvas::{BLACK, CAPITAL, Canvas, GREY, PALE};

/// How far numbers stand below the frame: clear of those beside its corner.
const BELOW: f64 = 13.0;

/// A frame with a scale along each side.
pub(super) struct Axes {
    /// The frame's upper left and lower right corner, in pixels.
    pub(super) frame: [[f64; 2]; 2],
    /// Which values lie at the left and the right end.
    pub(super) x: [f64; 2],
    /// Which values lie at the lower and the upper end.
    pub(super) y: [f64; 2],
}

impl Axes {
    /// Where a value lies on the canvas.
    pub(super) fn place(&self, x: f64, y: f64) -> [f64; 2] {
        let [[left, top], [right, bottom]] = self.frame;
        let share = |value: f64, [first, last]: [f64; 2]| (value - first) / (last - first);
        [left + share(x, self.x) * (right - left), bottom - share(y, self.y) * (bottom - top)]
    }

    /// Draws grid, frame, numbers and titles; ticks are values with what is written beside them.
    pub(super) fn draw(&self, canvas: &mut Canvas, ticks: [&[(f64, String)]; 2], titles: [&str; 2]) {
        let [[left, top], [right, bottom]] = self.frame;
        for (value, text) in ticks[0] {
            let [x, _] = self.place(*value, self.y[0]);
            canvas.line([x, top], [x, bottom], 1.0, PALE);
            canvas.text([x, bottom + BELOW], [0.5, 0.0], text, BLACK);
        }
        for (value, text) in ticks[1] {
            let [_, y] = self.place(self.x[0], *value);
            canvas.line([left, y], [right, y], 1.0, PALE);
            canvas.text([left - 8.0, y], [1.0, 0.5], text, BLACK);
        }
        let corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
        for (index, &corner) in corners.iter().enumerate() {
            canvas.line(corner, corners[(index + 1) % 4], 1.0, GREY);
        }
        canvas.text([(left + right) / 2.0, bottom + BELOW + CAPITAL + 8.0], [0.5, 0.0], titles[0], BLACK);
        canvas.text_upwards([left - 70.0, (top + bottom) / 2.0], [0.5, 0.0], titles[1], BLACK);
    }
}

/// Ticks from 0 to 1 in fifths.
pub(super) fn fifths() -> Vec<(f64, String)> {
    (0..=5).map(|n| (f64::from(n) / 5.0, format!("{:.1}", f64::from(n) / 5.0))).collect()
}

use super::Plot;
use super::canvas::{BLACK, CAPITAL, Canvas, Colour, PALE, WHITE, width_of};
use crate::Evaluation;

const MARGIN: f64 = 16.0;
/// The colour of a cell that holds all of its row.
const FULL: Colour = [8, 69, 148];

impl Evaluation {
    /// A picture of the confusion matrix: rows are true classes, columns picked ones, and a cell's shade is its share of the
    /// row. Background's column counts missed particles, background's row picks that found nothing.
    ///
    /// Needs the feature `plot`.
    pub fn plot_confusion(&self) -> Plot {
        let names: Vec<_> = self.confusion.labels().iter().map(|&label| self.name(label)).collect();
        let widest = |texts: &mut dyn Iterator<Item = String>| texts.map(|text| width_of(&text)).fold(0.0, f64::max);
        let counts = widest(&mut self.confusion.rows().flatten().map(u64::to_string));
        let cell = [(counts + 14.0).max(44.0), 34.0];
        let name = widest(&mut names.iter().cloned());
        let title = CAPITAL + 12.0;
        let corner = [MARGIN + title + name + 10.0, MARGIN + title + name + 10.0];
        let end: [f64; 2] = std::array::from_fn(|axis| corner[axis] + cell[axis] * names.len() as f64);
        let mut canvas = Canvas::new(end[0] + MARGIN, end[1] + MARGIN);
        canvas.text([(corner[0] + end[0]) / 2.0, MARGIN], [0.5, 0.0], "pick", BLACK);
        canvas.text_upwards([MARGIN, (corner[1] + end[1]) / 2.0], [0.5, 0.0], "truth", BLACK);
        for (row, (truth, counts)) in names.iter().zip(self.confusion.rows()).enumerate() {
            let top = corner[1] + cell[1] * row as f64;
            canvas.text([corner[0] - 10.0, top + cell[1] / 2.0], [1.0, 0.5], truth, BLACK);
            let sum = counts.iter().sum::<u64>().max(1);
            for (column, &count) in counts.iter().enumerate() {
                let left = corner[0] + cell[0] * column as f64;
                let share = count as f64 / sum as f64;
                let shade = std::array::from_fn(|c| (255.0 - share * (255.0 - f64::from(FULL[c]))) as u8);
                canvas.fill([left, top], [left + cell[0], top + cell[1]], shade);
                let ink = match (count, share > 0.5) {
                    (0, _) => [170; 3],
                    (_, true) => WHITE,
                    (_, false) => BLACK,
                };
                canvas.text([left + cell[0] / 2.0, top + cell[1] / 2.0], [0.5, 0.5], &count.to_string(), ink);
            }
        }
        for (index, name) in names.iter().enumerate() {
            canvas.text_upwards([corner[0] + cell[0] * (index as f64 + 0.5), corner[1] - 10.0], [0.0, 0.5], name, BLACK);
        }
        for line in 0..=names.len() {
            let at: [f64; 2] = std::array::from_fn(|axis| corner[axis] + cell[axis] * line as f64);
            canvas.line([at[0], corner[1]], [at[0], end[1]], 1.0, PALE);
            canvas.line([corner[0], at[1]], [end[0], at[1]], 1.0, PALE);
        }
        Plot { canvas }
    }
}

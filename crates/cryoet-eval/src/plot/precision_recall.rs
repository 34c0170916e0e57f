use cryoet_core::ClassTable;

use super::Plot;
use super::axes::{Axes, fifths};
use super::canvas::{BLACK, Canvas, Colour};
use super::{legend, palette};
use crate::{Curve, Sweep};

const SIDE: f64 = 440.0;
const FRAME: [f64; 2] = [96.0, 20.0];

impl Sweep {
    /// A picture of precision against recall: finding in black, then every class in colour, each with its average precision and a ring where the
    /// best threshold lies.
    ///
    /// Curves are drawn as the steps whose area is the average precision. Classes unknown to the table go by their
    /// label. Precision above 1, which no curve of [`sweep`](crate::sweep()) has, would be cut. Needs the feature `plot`.
    pub fn plot_precision_recall(&self, names: &ClassTable) -> Plot {
        let named = |name: String, curve: &Curve| format!("{name}  AP {:.3}", curve.average_precision);
        let mut curves = vec![(named("all".to_owned(), &self.localisation), BLACK, &self.localisation)];
        curves.extend(
            self.classes
                .iter()
                .enumerate()
                .map(|(index, (&label, curve))| (named(names.name(label), curve), palette::colour(index), curve)),
        );
        let entries: Vec<(String, Colour)> = curves.iter().map(|(name, colour, _)| (name.clone(), *colour)).collect();
        let legend = legend::size(&entries);
        let end = FRAME.map(|corner| corner + SIDE);
        let mut canvas = Canvas::new(end[0] + 24.0 + legend[0] + 16.0, (end[1] + 64.0).max(FRAME[1] + legend[1] + 16.0));
        let axes = Axes { frame: [FRAME, end], x: [0.0, 1.0], y: [0.0, 1.0] };
        axes.draw(&mut canvas, [&fifths(), &fifths()], ["recall", "precision"]);
        // Finding lies above the classes.
        for (_, colour, curve) in curves.iter().rev() {
            let width = if *colour == BLACK { 2.5 } else { 2.0 };
            let mut from: Option<[f64; 2]> = None;
            for point in &curve.points {
                let to = axes.place(point.recall, point.precision);
                // A step leads along the recall at the precision reached with it.
                let start = from.map_or_else(|| axes.place(0.0, point.precision), |from| [from[0], to[1]]);
                if let Some(from) = from {
                    canvas.line(from, start, width, *colour);
                }
                canvas.line(start, to, width, *colour);
                from = Some(to);
            }
            if let Some(best) = curve.best {
                canvas.ring(axes.place(best.recall, best.precision), 6.0, 2.0, *colour);
            }
        }
        legend::draw(&mut canvas, [end[0] + 24.0, FRAME[1] + 4.0], &entries);
        Plot { canvas }
    }
}

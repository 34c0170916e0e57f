//! Pictures of evaluations: a confusion matrix, precision against recall, F1 against mass.

mod axes;
mod canvas;
mod confusion;
mod f1_by_mass;
mod font;
mod legend;
mod palette;
mod precision_recall;

use std::io::{self, Write};

use cryoet_core::ndarray::ArrayView3;

use canvas::Canvas;
pub use f1_by_mass::plot_f1_by_mass;

/// A picture, drawn without any font or library of the system: the same bytes everywhere.
///
/// Made by [`Evaluation::plot_confusion`](crate::Evaluation::plot_confusion),
/// [`Sweep::plot_precision_recall`](crate::Sweep::plot_precision_recall) and [`plot_f1_by_mass`].
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    canvas: Canvas,
}

impl Plot {
    /// The pixels `[row, column, channel]`: red, green and blue.
    pub fn pixels(&self) -> ArrayView3<'_, u8> {
        self.canvas.pixels()
    }

    /// Writes the picture as PNG.
    ///
    /// # Errors
    /// A failure of what is written to.
    ///
    /// ```
    /// use cryoet_core::{ClassLabel, Particle, Position};
    /// use cryoet_eval::{DistanceParams, evaluate_distance};
    /// let list = [Particle::new(ClassLabel::new(1), Position::new(1.0, 2.0, 3.0)?)];
    /// let evaluation = evaluate_distance(&list, &list, &DistanceParams::new(2.0))?;
    /// let mut file = Vec::new();
    /// evaluation.plot_confusion().write_png(&mut file)?;
    /// assert!(file.starts_with(b"\x89PNG"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_png(&self, sink: impl Write) -> io::Result<()> {
        let (height, width, _) = self.pixels().dim();
        // A canvas has at most a few thousand pixels on a side.
        let mut encoder = png::Encoder::new(sink, width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(io::Error::other)?;
        writer.write_image_data(&self.pixels().iter().copied().collect::<Vec<_>>()).map_err(io::Error::other)?;
        writer.finish().map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests;

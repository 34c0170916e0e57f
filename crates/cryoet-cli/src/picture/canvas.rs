use cryoet::ndarray::Array2;

use super::font;
use super::raster::Raster;

/// How much of a label's colour shows.
const TINT: f64 = 0.4;
/// Half the width of a circle's line, in pixels.
const LINE: f64 = 0.9;
const BACKGROUND: [u8; 3] = [24, 24, 24];
const TEXT: [u8; 3] = [235, 235, 235];
/// Pixels per dot of the font.
const DOT: u32 = 2;

/// An image whose pixels are voxels, enlarged.
pub(super) struct Canvas {
    image: Raster,
    zoom: u32,
}

impl Canvas {
    /// Values between black and white become grey levels; what is not finite becomes black.
    pub(super) fn grey(values: &Array2<f32>, [black, white]: [f32; 2], zoom: u32) -> Self {
        let (rows, columns) = values.dim();
        let width = f64::from(white) - f64::from(black);
        let image = Raster::from_fn(columns as u32 * zoom, rows as u32 * zoom, |x, y| {
            let value = f64::from(values[[(y / zoom) as usize, (x / zoom) as usize]]);
            let level = if width > 0.0 { ((value - f64::from(black)) / width).clamp(0.0, 1.0) } else { 0.5 };
            [(255.0 * level) as u8; 3]
        });
        Self { image, zoom }
    }

    /// Lays a colour over a voxel.
    pub(super) fn tint(&mut self, [row, column]: [usize; 2], colour: [u8; 3]) {
        let (x, y) = (column as u32 * self.zoom, row as u32 * self.zoom);
        for dy in 0..self.zoom {
            for dx in 0..self.zoom {
                self.image.blend([x + dx, y + dy], colour, TINT);
            }
        }
    }

    /// A circle about a place given in voxels.
    pub(super) fn circle(&mut self, [row, column]: [f64; 2], radius: f64, colour: [u8; 3]) {
        let zoom = f64::from(self.zoom);
        // A voxel's centre lies in the middle of its pixels.
        let [cy, cx] = [row, column].map(|voxel| (voxel + 0.5) * zoom - 0.5);
        let (radius, reach) = (radius * zoom, radius * zoom + LINE + 1.0);
        let span = |centre: f64, length: u32| {
            let from = (centre - reach).floor().max(0.0) as u32;
            from..((centre + reach).ceil().max(-1.0) + 1.0).min(f64::from(length)) as u32
        };
        for y in span(cy, self.image.height()) {
            for x in span(cx, self.image.width()) {
                let distance = (f64::from(x) - cx).hypot(f64::from(y) - cy);
                let cover = (LINE + 0.5 - (distance - radius).abs()).clamp(0.0, 1.0);
                self.image.blend([x, y], colour, cover);
            }
        }
    }

    pub(super) fn into_image(self) -> Raster {
        self.image
    }
}

/// Images below each other, then a legend.
pub(super) fn stack(images: &[Raster], legend: &[(String, [u8; 3])], gap: u32) -> Raster {
    let width = images.iter().map(Raster::width).max().unwrap_or(0) + 2 * gap;
    let lines = legend_lines(legend, width.saturating_sub(2 * gap));
    let line_height = 8 * DOT + gap;
    let below: u32 = images.iter().map(|image| image.height() + gap).sum();
    let mut whole = Raster::from_fn(width, below + gap + lines.len() as u32 * line_height, |_, _| BACKGROUND);
    let mut top = gap;
    for image in images {
        whole.paste(image, [gap, top]);
        top += image.height() + gap;
    }
    for line in lines {
        let mut left = gap;
        for (name, colour) in line {
            for y in 0..7 * DOT {
                for x in 0..7 * DOT {
                    whole.blend([left + x, top + y], *colour, 1.0);
                }
            }
            write(&mut whole, [left + 9 * DOT, top], name, TEXT);
            left += entry_width(name);
        }
        top += line_height;
    }
    whole
}

/// The width of a legend's entry: a square, the name, a space.
fn entry_width(name: &str) -> u32 {
    (9 + 6 * name.chars().count() as u32 + 10) * DOT
}

fn legend_lines(legend: &[(String, [u8; 3])], width: u32) -> Vec<Vec<&(String, [u8; 3])>> {
    let mut lines: Vec<Vec<_>> = Vec::new();
    let mut used = width;
    for entry in legend {
        let needed = entry_width(&entry.0);
        if used + needed > width || lines.is_empty() {
            lines.push(Vec::new());
            used = 0;
        }
        used += needed;
        if let Some(line) = lines.last_mut() {
            line.push(entry);
        }
    }
    lines
}

/// Text whose baseline lies at x, y; `anchor` is the share of its width to the left of x.
pub(crate) fn write_text(image: &mut Raster, [x, y]: [f64; 2], anchor: f64, text: &str, colour: [u8; 3]) {
    let width = f64::from(6 * text.chars().count() as u32 * DOT);
    let corner = [x - anchor * width, y - f64::from(7 * DOT)].map(|v| v.max(0.0).round() as u32);
    write(image, corner, text, colour);
}

fn write(image: &mut Raster, [left, top]: [u32; 2], text: &str, colour: [u8; 3]) {
    for (place, character) in text.chars().enumerate() {
        for (column, bits) in font::columns(character).into_iter().enumerate() {
            for row in (0..7).filter(|row| bits >> row & 1 == 1) {
                for dot in 0..DOT * DOT {
                    let x = left + (place as u32 * 6 + column as u32) * DOT + dot % DOT;
                    image.blend([x, top + row * DOT + dot / DOT], colour, 1.0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_lies_on_its_radius() {
        let mut canvas = Canvas::grey(&Array2::zeros((20, 20)), [-1.0, 1.0], 2);
        canvas.circle([10.0, 8.0], 4.0, [255, 0, 0]);
        let image = canvas.into_image();
        // Voxel 8 covers pixels 16 and 17; 4 voxels to the right lies pixel 24.5.
        assert!(image.pixel([24, 20])[0] > 200);
        assert_eq!(image.pixel([17, 20]), [127; 3]);
    }

    #[test]
    fn a_circle_outside_draws_nothing() {
        let mut canvas = Canvas::grey(&Array2::zeros((4, 4)), [0.0, 1.0], 1);
        canvas.circle([-50.0, 2.0], 3.0, [255; 3]);
        canvas.circle([2.0, 1e9], 3.0, [255; 3]);
        assert!(canvas.into_image().pixels().iter().all(|pixel| *pixel == [0; 3]));
    }

    #[test]
    fn the_legend_breaks_into_lines() {
        let legend: Vec<_> = (0..6).map(|n| (format!("class{n}"), [n; 3])).collect();
        assert_eq!(legend_lines(&legend, 250).iter().map(Vec::len).sum::<usize>(), 6);
        assert!(legend_lines(&legend, 250).len() > 1);
        assert!(legend_lines(&[], 250).is_empty());
    }
}

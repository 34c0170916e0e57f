use cryoet_core::ndarray::{Array3, ArrayView3};

use super::font;

pub(super) type Colour = [u8; 3];

pub(super) const BLACK: Colour = [0; 3];
pub(super) const GREY: Colour = [110; 3];
pub(super) const PALE: Colour = [224; 3];
pub(super) const WHITE: Colour = [255; 3];

/// Pixels per dot of the font.
const DOT: usize = 2;
/// The width of a letter with the gap behind it, and the height of a capital.
pub(super) const LETTER: f64 = (6 * DOT) as f64;
pub(super) const CAPITAL: f64 = (7 * DOT) as f64;

/// A white image to draw on. Places are x to the right and y down, in pixels; pixel i spans i to i + 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Canvas {
    pixels: Array3<u8>,
}

impl Canvas {
    pub(super) fn new(width: f64, height: f64) -> Self {
        // Casts saturate.
        Self { pixels: Array3::from_elem((height.ceil() as usize, width.ceil() as usize, 3), 255) }
    }

    pub(super) fn pixels(&self) -> ArrayView3<'_, u8> {
        self.pixels.view()
    }

    /// Lays a colour over a pixel; 0 leaves the pixel, 1 replaces it. Places outside the image are left alone.
    fn blend(&mut self, x: usize, y: usize, colour: Colour, share: f64) {
        let (height, width, _) = self.pixels.dim();
        if share > 0.0 && x < width && y < height {
            for (channel, new) in colour.into_iter().enumerate() {
                let old = &mut self.pixels[[y, x, channel]];
                *old = (f64::from(*old) * (1.0 - share) + f64::from(new) * share).round() as u8;
            }
        }
    }

    /// Fills a box from one corner to the opposite one, which is cut to whole pixels.
    pub(super) fn fill(&mut self, [left, top]: [f64; 2], [right, bottom]: [f64; 2], colour: Colour) {
        for y in top.round() as usize..bottom.round() as usize {
            for x in left.round() as usize..right.round() as usize {
                self.blend(x, y, colour, 1.0);
            }
        }
    }

    /// Colours every pixel near a box by how far its centre lies outside a shape: `outside` is negative inside.
    fn shade(&mut self, [left, top]: [f64; 2], [right, bottom]: [f64; 2], colour: Colour, outside: impl Fn([f64; 2]) -> f64) {
        let (height, width, _) = self.pixels.dim();
        for y in (top - 1.0) as usize..((bottom + 2.0) as usize).min(height) {
            for x in (left - 1.0) as usize..((right + 2.0) as usize).min(width) {
                let cover = (0.5 - outside([x as f64 + 0.5, y as f64 + 0.5])).clamp(0.0, 1.0);
                self.blend(x, y, colour, cover);
            }
        }
    }

    /// A straight line with round ends.
    pub(super) fn line(&mut self, from: [f64; 2], to: [f64; 2], width: f64, colour: Colour) {
        let [low, high] = [f64::min, f64::max].map(|pick| [pick(from[0], to[0]), pick(from[1], to[1])]);
        let along = [to[0] - from[0], to[1] - from[1]];
        let square = along[0] * along[0] + along[1] * along[1];
        let half = width / 2.0;
        self.shade(low.map(|v| v - half), high.map(|v| v + half), colour, |at| {
            let beside = [at[0] - from[0], at[1] - from[1]];
            let share = if square > 0.0 { ((beside[0] * along[0] + beside[1] * along[1]) / square).clamp(0.0, 1.0) } else { 0.0 };
            (beside[0] - share * along[0]).hypot(beside[1] - share * along[1]) - half
        });
    }

    pub(super) fn disc(&mut self, [x, y]: [f64; 2], radius: f64, colour: Colour) {
        self.shade([x - radius, y - radius], [x + radius, y + radius], colour, |at| (at[0] - x).hypot(at[1] - y) - radius);
    }

    pub(super) fn ring(&mut self, [x, y]: [f64; 2], radius: f64, width: f64, colour: Colour) {
        let reach = radius + width / 2.0;
        let outside = |at: [f64; 2]| ((at[0] - x).hypot(at[1] - y) - radius).abs() - width / 2.0;
        self.shade([x - reach, y - reach], [x + reach, y + reach], colour, outside);
    }

    /// Text from left to right; `anchor` is the share of its width and height left of and above `at`.
    pub(super) fn text(&mut self, at: [f64; 2], anchor: [f64; 2], text: &str, colour: Colour) {
        let left = (at[0] - anchor[0] * width_of(text)).round();
        let top = (at[1] - anchor[1] * CAPITAL).round();
        self.dots(text, colour, |column, row| [left + column as f64, top + row as f64]);
    }

    /// Text from below upwards; `anchor` is the share of its width below and of its height left of `at`.
    pub(super) fn text_upwards(&mut self, at: [f64; 2], anchor: [f64; 2], text: &str, colour: Colour) {
        let bottom = (at[1] + anchor[0] * width_of(text)).round() - 1.0;
        let left = (at[0] - anchor[1] * CAPITAL).round();
        self.dots(text, colour, |column, row| [left + row as f64, bottom - column as f64]);
    }

    /// Sets the pixels of a text, `place` of its column and row.
    fn dots(&mut self, text: &str, colour: Colour, place: impl Fn(usize, usize) -> [f64; 2]) {
        for (index, character) in text.chars().enumerate() {
            for (column, bits) in font::columns(character).into_iter().enumerate() {
                for row in (0..8).filter(|row| bits >> row & 1 == 1) {
                    for dot in 0..DOT * DOT {
                        let [x, y] = place((index * 6 + column) * DOT + dot % DOT, row * DOT + dot / DOT);
                        if x >= 0.0 && y >= 0.0 {
                            self.blend(x as usize, y as usize, colour, 1.0);
                        }
                    }
                }
            }
        }
    }
}

/// How wide a text is, without the gap behind its last letter.
pub(super) fn width_of(text: &str) -> f64 {
    (text.chars().count() as f64 * LETTER - DOT as f64).max(0.0)
}

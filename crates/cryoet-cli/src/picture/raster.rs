use std::io::{self, Write};

/// An image of red, green and blue, row by row.
pub(crate) struct Raster {
    width: u32,
    height: u32,
    pixels: Vec<[u8; 3]>,
}

impl Raster {
    /// An image whose pixel at column x and row y is `colour(x, y)`.
    pub(crate) fn from_fn(width: u32, height: u32, colour: impl Fn(u32, u32) -> [u8; 3]) -> Self {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| colour(x, y)).collect();
        Self { width, height, pixels }
    }

    /// The number of columns.
    pub(crate) fn width(&self) -> u32 {
        self.width
    }

    /// The number of rows.
    pub(crate) fn height(&self) -> u32 {
        self.height
    }

    /// Lays a colour over a pixel; 0 leaves the pixel, 1 replaces it. Places outside the image are left alone.
    pub(crate) fn blend(&mut self, [x, y]: [u32; 2], colour: [u8; 3], share: f64) {
        if share > 0.0 && x < self.width && y < self.height {
            let pixel = &mut self.pixels[(y as usize) * self.width as usize + x as usize];
            for (old, new) in pixel.iter_mut().zip(colour) {
                *old = (f64::from(*old) * (1.0 - share) + f64::from(new) * share).round() as u8;
            }
        }
    }

    /// Lays another image over this one, its first pixel at column and row `at`.
    pub(crate) fn paste(&mut self, other: &Self, at: [u32; 2]) {
        for y in 0..other.height {
            for x in 0..other.width {
                self.blend([at[0] + x, at[1] + y], other.pixels[(y as usize) * other.width as usize + x as usize], 1.0);
            }
        }
    }

    /// Writes the image as PNG.
    pub(crate) fn write_png(&self, sink: impl Write) -> io::Result<()> {
        let mut encoder = png::Encoder::new(sink, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(io::Error::other)?;
        writer.write_image_data(self.pixels.as_flattened()).map_err(io::Error::other)?;
        writer.finish().map_err(io::Error::other)
    }

    #[cfg(test)]
    pub(crate) fn pixel(&self, [x, y]: [u32; 2]) -> [u8; 3] {
        self.pixels[(y as usize) * self.width as usize + x as usize]
    }

    #[cfg(test)]
    pub(crate) fn pixels(&self) -> &[[u8; 3]] {
        &self.pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_reads_back() {
        let image = Raster::from_fn(5, 3, |x, y| [x as u8, y as u8, 200]);
        let mut bytes = Vec::new();
        image.write_png(&mut bytes).unwrap();
        let mut reader = png::Decoder::new(io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; 45];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, image.pixels().as_flattened());
    }
}

//! Line plots as SVG and PNG.

#[cfg(feature = "net")]
use std::{fmt::Write, path::Path};

#[cfg(feature = "net")]
use crate::failure::Failure;
use crate::picture::{Raster, write_text};

/// Width and height in the plot's units.
pub(crate) const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
/// Room around the axes.
const LEFT: f64 = 60.0;
pub(crate) const RIGHT: f64 = 50.0;
const TOP: f64 = 36.0;
const BOTTOM: f64 = 46.0;
/// Colours that are told apart by everyone, and those of axes.
pub(crate) const BLUE: [u8; 3] = [0, 114, 178];
pub(crate) const VERMILION: [u8; 3] = [213, 94, 0];
pub(crate) const GRID: [u8; 3] = [221, 221, 221];
pub(crate) const BLACK: [u8; 3] = [0, 0, 0];
/// Pixels of the PNG per unit of the plot.
const SCALE: f64 = 2.0;

/// What a plot is made of; x to the right and y downwards.
pub(crate) enum Mark {
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

impl Mark {
    pub(crate) fn text(at: [f64; 2], anchor: f64, colour: [u8; 3], text: impl Into<String>) -> Self {
        Self::Text { at, anchor, colour, text: text.into() }
    }

    /// A grid line at a share of the height.
    pub(crate) fn level(share: f64, width: f64) -> Self {
        Self::Line { points: vec![[LEFT, up(share)], [WIDTH - RIGHT, up(share)]], colour: GRID, width }
    }

    /// What a grid line stands for, at its left end.
    pub(crate) fn level_name(share: f64, colour: [u8; 3], text: impl Into<String>) -> Self {
        Self::text([LEFT - 6.0, up(share) + 4.0], 1.0, colour, text)
    }

    /// What a place along the lower axis stands for.
    pub(crate) fn place_name(share: f64, text: impl Into<String>) -> Self {
        Self::text([across(share), HEIGHT - BOTTOM + 18.0], 0.5, BLACK, text)
    }

    /// What the lower axis shows.
    pub(crate) fn axis_name(text: impl Into<String>) -> Self {
        Self::text([WIDTH / 2.0, HEIGHT - 8.0], 0.5, BLACK, text)
    }

    /// What is drawn in a colour, above the plot to the left.
    pub(crate) fn left_title(colour: [u8; 3], text: impl Into<String>) -> Self {
        Self::text([LEFT, 20.0], 0.0, colour, text)
    }

    /// The same to the right.
    pub(crate) fn right_title(colour: [u8; 3], text: impl Into<String>) -> Self {
        Self::text([WIDTH - RIGHT, 20.0], 1.0, colour, text)
    }
}

/// Where a share of the lower axis lies.
pub(crate) fn across(share: f64) -> f64 {
    LEFT + share * (WIDTH - LEFT - RIGHT)
}

/// Where a share of the height lies.
pub(crate) fn up(share: f64) -> f64 {
    HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
}

/// What a plot is written as.
#[cfg(feature = "net")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum PlotFormat {
    Png,
    Svg,
}

#[cfg(feature = "net")]
impl PlotFormat {
    /// The format that a file's extension names.
    pub(crate) fn of(path: &Path) -> Result<Self, Failure> {
        match path.extension().map(|extension| extension.to_ascii_lowercase()) {
            Some(extension) if extension == "png" => Ok(Self::Png),
            Some(extension) if extension == "svg" => Ok(Self::Svg),
            _ => Err(Failure::usage(format!("{}: plots are written as .png or .svg", path.display()))),
        }
    }
}

/// A plot: marks, the last on top.
pub(crate) struct Plot(pub(crate) Vec<Mark>);

impl Plot {
    /// The bytes of a file that shows the plot.
    #[cfg(feature = "net")]
    pub(crate) fn file(&self, format: PlotFormat) -> Result<Vec<u8>, Failure> {
        match format {
            PlotFormat::Svg => Ok(self.svg().into_bytes()),
            PlotFormat::Png => {
                let mut png = Vec::new();
                self.raster().write_png(&mut png)?;
                Ok(png)
            }
        }
    }

    /// The plot as SVG.
    #[cfg(feature = "net")]
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
                    let text = escaped(text);
                    writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{}\">{text}</text>", hex(colour))
                }
            };
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// The plot as an image.
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

/// Text as XML holds it; characters that it cannot hold become spaces.
#[cfg(feature = "net")]
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            character if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
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

#[cfg(all(test, feature = "net"))]
mod tests {
    use quick_xml::events::Event;

    use super::*;

    #[test]
    fn names_with_marks_of_xml_are_read_back() {
        let names = ["a & b", "<c>", "\"d\" 'e' ]]>", "\u{1}f\tg"];
        let marks = names.map(|name| Mark::Text { at: [1.0, 2.0], anchor: 0.0, colour: BLACK, text: name.to_owned() });
        let svg = Plot(marks.into()).svg();
        let (mut reader, mut texts) = (quick_xml::Reader::from_str(&svg), Vec::new());
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) if tag.name().as_ref() == "text" => texts.push(String::new()),
                Event::Text(text) => {
                    if let Some(last) = texts.last_mut() {
                        last.push_str(text.trim_end_matches('\n'));
                    }
                }
                Event::GeneralRef(entity) => {
                    texts.last_mut().unwrap().push_str(quick_xml::escape::resolve_predefined_entity(&entity).unwrap());
                }
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(texts, ["a & b", "<c>", "\"d\" 'e' ]]>", " f g"]);
    }

    #[test]
    fn a_plot_is_what_its_extension_says() {
        let plot = Plot(Vec::new());
        let bytes = |name: &str| PlotFormat::of(Path::new(name)).map(|format| plot.file(format).unwrap()).map_err(|failure| failure.code());
        assert!(bytes("a.SVG").unwrap().starts_with(b"<svg") && bytes("a.png").unwrap().starts_with(b"\x89PNG"));
        assert_eq!((bytes("a.jpg"), bytes("png")), (Err(2), Err(2)));
    }
}

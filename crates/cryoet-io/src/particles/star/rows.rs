use std::ops::Range;

use rayon::prelude::*;

/// So many bytes of a table are looked through at first; longer ones in windows that grow, so that no short table costs a look at all of
/// the file behind it.
const FIRST_WINDOW: usize = 256 << 10;

/// Bytes of a window that a thread looks through at once.
const PIECE: usize = 1 << 20;

/// The rows of one block.
#[derive(Debug)]
pub(in super::super) enum Rows<'a> {
    Table(TableRows<'a>),
    /// Single values, which make a table of one row, and the line of their block.
    Single(u64, Vec<&'a str>),
}

/// Where the rows of a table begin; each ends with its line.
#[derive(Debug)]
pub(in super::super) struct TableRows<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// Rows of lines one after the other, in order; a new run begins after lines that are no rows.
    runs: Vec<Run>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Run {
    /// Its first row, counted from 0, and that row's line, counted from 1 (in a [`Stretch`] both from the stretch's beginning).
    row: usize,
    line: u64,
}

/// What a line of a table is.
enum Line {
    /// A row, which begins so many bytes behind the line's beginning.
    Row(usize),
    /// Blank, or a comment.
    Nothing,
    /// No longer the table.
    Other,
}

/// What was found in a stretch of text.
#[derive(Default)]
struct Stretch {
    starts: Vec<usize>,
    runs: Vec<Run>,
    lines: u64,
    /// Where the line begins that is no longer the table.
    end: Option<usize>,
}

impl<'a> TableRows<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, starts: Vec::new(), runs: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// A row's line, and the text from its first word on.
    pub(super) fn row(&self, row: usize) -> (u64, &'a str) {
        let run = match self.runs.as_slice() {
            [all] => all,
            runs => &runs[runs.partition_point(|run| run.row <= row) - 1],
        };
        (run.line + (row - run.row) as u64, &self.text[self.starts[row]..])
    }

    /// Adds the row that begins at a byte of the text.
    pub(super) fn push(&mut self, start: usize, line: u64) {
        self.runs.push(Run { row: self.len(), line });
        self.starts.push(start);
    }

    /// Adds the rows from a line on, which begins at byte `at`, to the first line that is no longer the table; that one's byte and number.
    pub(super) fn extend(&mut self, mut at: usize, mut line: u64) -> (usize, u64) {
        let mut window = FIRST_WINDOW;
        while at < self.text.len() {
            let end = line_after(self.text, at.saturating_add(window));
            let pieces = pieces(self.text, at..end);
            let stretches: Vec<Stretch> = match pieces.as_slice() {
                [one] => vec![look_through(self.text, one.clone())],
                several => several.par_iter().map(|piece| look_through(self.text, piece.clone())).collect(),
            };
            for stretch in stretches {
                let before = self.len();
                self.runs.extend(stretch.runs.iter().map(|run| Run { row: before + run.row, line: line + run.line }));
                self.starts.extend(stretch.starts);
                line += stretch.lines;
                if let Some(end) = stretch.end {
                    return (end, line);
                }
            }
            (at, window) = (end, window.saturating_mul(2));
        }
        (at, line)
    }
}

/// Where the line after that of byte `at` begins.
pub(super) fn line_after(text: &str, at: usize) -> usize {
    // A line end is one byte in UTF-8, and never part of another character.
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    newline(rest).map_or(text.len(), |newline| at + newline + 1)
}

fn newline(bytes: &[u8]) -> Option<usize> {
    memchr::memchr(b'\n', bytes)
}

/// A range of text in pieces of whole lines.
fn pieces(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let end = line_after(text, at.saturating_add(PIECE)).min(range.end);
        pieces.push(at..end);
        at = end;
    }
    pieces
}

fn look_through(text: &str, piece: Range<usize>) -> Stretch {
    let mut found = Stretch::default();
    let (mut at, mut runs_on) = (piece.start, false);
    let ends = memchr::memchr_iter(b'\n', &text.as_bytes()[piece.clone()]).map(|newline| piece.start + newline + 1);
    for next in ends.chain([piece.end]) {
        if at == next {
            break;
        }
        match kind(&text[at..next]) {
            Line::Row(offset) => {
                if !runs_on {
                    found.runs.push(Run { row: found.starts.len(), line: found.lines });
                }
                found.starts.push(at + offset);
                runs_on = true;
            }
            Line::Nothing => runs_on = false,
            Line::Other => {
                found.end = Some(at);
                return found;
            }
        }
        at = next;
        found.lines += 1;
    }
    found
}

fn kind(line: &str) -> Line {
    // Most lines of a long file are rows that begin with a number or a name.
    if matches!(line.as_bytes().first(), Some(b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z')) {
        return Line::Row(0);
    }
    let words = line.trim_start();
    if words.is_empty() || words.starts_with('#') {
        Line::Nothing
    } else if line.starts_with(';') || ["data_", "loop_", "_"].iter().any(|word| words.starts_with(word)) {
        Line::Other
    } else {
        Line::Row(line.len() - words.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (Vec<(u64, String)>, (usize, u64)) {
        let mut rows = TableRows::new(text);
        let end = rows.extend(0, 1);
        let row = |row| rows.row(row);
        ((0..rows.len()).map(row).map(|(line, rest)| (line, rest.lines().next().unwrap_or_default().into())).collect(), end)
    }

    #[test]
    fn rows_know_their_lines_and_where_the_table_ends() {
        let (rows, end) = found("1 2\r\n\n  3 4\n# no row\n\ta\n\u{e9} 5\n \ndata_next\n6\n");
        let expected = [(1, "1 2"), (3, "3 4"), (5, "a"), (6, "\u{e9} 5")].map(|(line, text)| (line, text.to_string()));
        assert_eq!((rows, end), (expected.to_vec(), (31, 8)));
        assert_eq!(found("1\n2").1, (3, 3));
        assert_eq!(found("_column\n1\n"), (Vec::new(), (0, 1)));
        assert_eq!(found(""), (Vec::new(), (0, 1)));
    }

    #[test]
    fn long_tables_are_found_as_line_by_line() {
        let mut text = String::new();
        let mut expected = Vec::new();
        for n in 0..200_000u64 {
            let line = match n % 70_001 {
                0 => "# comment".to_string(),
                1 => String::new(),
                _ => format!("{} TS_{:05} {}", n, n, "x".repeat((n % 13) as usize)),
            };
            if n % 70_001 > 1 {
                expected.push((n + 1, line.clone()));
            }
            text += &line;
            text.push('\n');
        }
        let end = text.len();
        text += "data_other\nloop_\n";
        assert!(end > 4 * PIECE);
        assert!(found(&text) == (expected, (end, 200_001)));
    }
}

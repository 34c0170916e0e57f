mod rows;

use std::{collections::HashSet, sync::Mutex};

use rayon::prelude::*;

use super::{ReadParticlesError, names::Names, read::Place};
use crate::large_pages::prefer_large_pages;
use rows::{Rows, TableRows, line_after};

/// Rows that a thread takes at once.
const ROWS_AT_ONCE: usize = 1024;

/// One `data_` block: a table, or single values, which make a table of one row.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub(super) name: &'a str,
    /// Column names without the leading underscore.
    pub(super) columns: Vec<&'a str>,
    pub(super) rows: Rows<'a>,
}

impl<'a> Block<'a> {
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|&column| column == name)
    }

    /// Calls `row` with each row's line and cells, as many cells as there are columns.
    pub(super) fn each_row<F>(&self, place: Place, mut row: F) -> Result<(), ReadParticlesError>
    where
        F: FnMut(u64, &[&'a str]) -> Result<(), ReadParticlesError>,
    {
        match &self.rows {
            Rows::Single(line, cells) => row(*line, cells),
            Rows::Table(rows) => {
                let mut cells = Vec::with_capacity(self.columns.len());
                (0..rows.len()).try_for_each(|index| {
                    let line = self.cells(place, rows, index, &mut cells)?;
                    row(line, &cells)
                })
            }
        }
    }

    /// Makes something of each row, on all threads, in the rows' order; where rows fail, the first one's error comes back. `spare`
    /// stands for a row that failed until that is seen; names that rows have in common are kept in the [`Names`] given.
    pub(super) fn map_rows<T, F>(&self, place: Place, spare: &T, row: F) -> Result<Vec<T>, ReadParticlesError>
    where
        T: Clone + Send + Sync,
        F: Fn(u64, &[&'a str], &mut Names) -> Result<T, ReadParticlesError> + Sync,
    {
        let table = match &self.rows {
            Rows::Single(line, cells) => return Ok(vec![row(*line, cells, &mut Names::default())?]),
            Rows::Table(rows) => rows,
        };
        let failed: Mutex<Option<(usize, ReadParticlesError)>> = Mutex::new(None);
        let note = |index: usize, error: ReadParticlesError| {
            // A lock that another thread's panic poisoned still holds what was put there.
            let mut failed = failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if failed.as_ref().is_none_or(|(first, _)| index < *first) {
                *failed = Some((index, error));
            }
            spare.clone()
        };
        let made = |(cells, names): &mut (Vec<&'a str>, Names), index: usize| match self.cells(place, table, index, cells) {
            Err(error) => note(index, error),
            Ok(line) => match row(line, cells, names) {
                Err(error) => note(index, error),
                Ok(made) => made,
            },
        };
        let mut rows = Vec::with_capacity(table.len());
        prefer_large_pages(&mut rows);
        (0..table.len()).into_par_iter().with_min_len(ROWS_AT_ONCE).map_init(Default::default, made).collect_into_vec(&mut rows);
        match failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Some((_, error)) => Err(error),
            None => Ok(rows),
        }
    }

    /// Splits a row into as many cells as there are columns; its line.
    fn cells(&self, place: Place, rows: &TableRows<'a>, index: usize, cells: &mut Vec<&'a str>) -> Result<u64, ReadParticlesError> {
        let (line, text) = rows.row(index);
        cells.clear();
        split(text, cells).map_err(|message| place.syntax(line, message))?;
        if cells.len() == self.columns.len() {
            Ok(line)
        } else {
            let message = format!("{} values, expected one for each of the {} columns", cells.len(), self.columns.len());
            Err(place.syntax(line, message))
        }
    }
}

/// Parses a STAR file as the programs of the field write it: one row a line.
pub(super) fn parse<'a>(place: Place, text: &'a str) -> Result<Vec<Block<'a>>, ReadParticlesError> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut in_loop = false;
    // The columns of the block that is read.
    let mut names = HashSet::new();
    let (mut at, mut next_line) = (0, 1);
    while at < text.len() {
        if in_loop && let Some(Block { rows: Rows::Table(rows), .. }) = blocks.last_mut() {
            let end = rows.extend(at, next_line);
            if end.0 > at {
                (at, next_line) = end;
                continue;
            }
        }
        let (start, line) = (at, next_line);
        (at, next_line) = (line_after(text, at), line + 1);
        let raw = &text[start..at];
        let words = raw.trim();
        if words.is_empty() || words.starts_with('#') {
            continue;
        }
        if let Some(name) = words.strip_prefix("data_") {
            let name = name.split_whitespace().next().unwrap_or("");
            blocks.push(Block { name, columns: Vec::new(), rows: Rows::Single(line, Vec::new()) });
            in_loop = false;
            names.clear();
            continue;
        }
        let Some(block) = blocks.last_mut() else {
            return Err(place.syntax(line, format!("{:?} before any data_ block: this is no STAR file", beginning(words))));
        };
        if raw.starts_with(';') {
            return Err(place.syntax(line, "a text of several lines (;), expected one row a line"));
        }
        if words == "loop_" || words.starts_with("loop_") && words[5..].trim_start().starts_with('#') {
            if !block.columns.is_empty() {
                return Err(place.syntax(line, "a second table in one data_ block"));
            }
            in_loop = true;
            block.rows = Rows::Table(TableRows::new(text));
        } else if let Some(name) = words.strip_prefix('_') {
            let (name, value) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
            if !names.insert(name) {
                return Err(place.syntax(line, format!("a second column named _{name}")));
            }
            match &mut block.rows {
                Rows::Table(rows) if in_loop && rows.len() == 0 => block.columns.push(name),
                Rows::Table(_) => return Err(place.syntax(line, format!("column _{name} after the table's first row"))),
                Rows::Single(_, values) => {
                    let mut cells = Vec::new();
                    split(value, &mut cells).map_err(|message| place.syntax(line, message))?;
                    if cells.len() != 1 {
                        return Err(place.syntax(line, format!("{} values of _{name}, expected 1", cells.len())));
                    }
                    block.columns.push(name);
                    values.push(cells[0]);
                }
            }
        } else {
            match &mut block.rows {
                Rows::Table(rows) => rows.push(start + raw.len() - raw.trim_start().len(), line),
                Rows::Single(..) => return Err(place.syntax(line, format!("{:?} outside of any table", beginning(words)))),
            }
        }
    }
    if blocks.is_empty() {
        return Err(place.syntax(1, "no data_ block: this is no STAR file"));
    }
    Ok(blocks)
}

fn beginning(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Splits a text's first line at blanks; quotes hold blanks, `#` at the start of a word ends the line.
fn split<'a>(text: &'a str, cells: &mut Vec<&'a str>) -> Result<(), &'static str> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        while let Some(b' ' | b'\t' | b'\r' | b'\x0c') = bytes.get(at) {
            at += 1;
        }
        let start = at;
        match bytes.get(at) {
            None | Some(b'\n' | b'#') => return Ok(()),
            Some(&quote @ (b'"' | b'\'')) => {
                // The closing quote is the one before a blank or the line's end: don't is one word.
                let closes = |i: &usize| bytes[*i] == quote && bytes.get(i + 1).is_none_or(u8::is_ascii_whitespace);
                let line = start + 1..line_after(text, start);
                let end = line.into_iter().find(closes).ok_or("a quote that is not closed")?;
                cells.push(&text[start + 1..end]);
                at = end + 1;
            }
            Some(_) => {
                at = word_end(bytes, at);
                cells.push(&text[start..at]);
            }
        }
    }
}

/// The place of the first blank from a place on, eight bytes at a time.
fn word_end(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    while let Some(eight) = bytes[at..].first_chunk() {
        let eight = u64::from_le_bytes(*eight);
        // The highest bit of the first byte below 33 is set, and none before it.
        let low = eight.wrapping_sub(33 * ONES) & !eight & (0x80 * ONES);
        if low == 0 {
            at += 8;
        } else {
            at += low.trailing_zeros() as usize / 8;
            if bytes[at].is_ascii_whitespace() {
                return at;
            }
            at += 1;
        }
    }
    bytes[at..].iter().position(u8::is_ascii_whitespace).map_or(bytes.len(), |blank| at + blank)
}

/// A word as STAR holds it: quoted where it has blanks; none where no quotes can hold it.
pub(super) fn quoted(word: &str) -> Option<String> {
    let plain = !word.is_empty()
        && !word.contains(|c: char| c.is_whitespace() || c.is_control())
        && !word.starts_with(['"', '\'', '_', '#', '$', ';', '[', ']'])
        && !["data_", "loop_", "save_", "stop_", "global_"].iter().any(|reserved| word.to_ascii_lowercase().starts_with(reserved));
    if plain {
        Some(word.into())
    } else if word.contains(|c: char| c.is_control() || c != ' ' && c.is_whitespace()) {
        None
    } else {
        ['"', '\''].into_iter().find(|&quote| !word.contains(quote)).map(|quote| format!("{quote}{word}{quote}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn place() -> Place<'static> {
        Place::new(Path::new("t.star"))
    }

    fn rows(block: &Block) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        block
            .each_row(place(), |_, cells| {
                rows.push(cells.iter().map(|&cell| cell.to_string()).collect());
                Ok(())
            })
            .unwrap();
        rows
    }

    #[test]
    fn tables_single_values_quotes_and_comments() {
        let text = "# c\ndata_general\n_a 'quote string' # why\n_b \"\"\n\ndata_t\nloop_ \n_x #1\n_y #2\n\n1 \"don't\"\n2 'a b'#c\n  # end\n3 z # n\n";
        let text = text.replace("'a b'#c", "'a b' #c");
        let blocks = parse(place(), &text).unwrap();
        assert_eq!(blocks.iter().map(|block| block.name).collect::<Vec<_>>(), ["general", "t"]);
        assert_eq!(rows(&blocks[0]), [["quote string", ""]]);
        assert_eq!(rows(&blocks[1]), [["1", "don't"], ["2", "a b"], ["3", "z"]]);
        assert_eq!(blocks[1].column("y"), Some(1));
    }

    #[test]
    fn errors_name_the_line() {
        for (text, message) in [
            ("hello", "line 1: \"hello\" before any data_ block"),
            ("# c\n", "no data_ block"),
            ("data_\nhello", "line 2: \"hello\" outside"),
            ("data_\n_a 1 2", "line 2: 2 values of _a"),
            ("data_\nloop_\n_a\n1\n_b", "line 5: column _b"),
            ("data_\n_a 1\nloop_\n", "line 3: a second table"),
            ("data_\nloop_\n_a\n;\n", "line 4: a text of several"),
            ("data_\nloop_\n_a\n_b\n_a\n", "line 5: a second column named _a"),
            ("data_\n_a 1\ndata_\n_a 1\n_a 2\n", "line 5: a second column named _a"),
        ] {
            let found = parse(place(), text).unwrap_err().to_string();
            assert!(found.contains(message), "{found}");
        }
        for (row, message) in [("1 2", "line 4: 2 values"), ("'1", "line 4: a quote")] {
            let text = format!("data_\nloop_\n_a\n{row}\n");
            let found = parse(place(), &text).unwrap()[0].each_row(place(), |_, _| Ok(())).unwrap_err().to_string();
            assert!(found.contains(message), "{found}");
        }
    }

    #[test]
    fn quoted_words_come_back() {
        for word in ["plain", "two words", "", "_x", "#x", "don't", "\"x", "data_x", "a\"b"] {
            let text = format!("data_\nloop_\n_a\n_b\n{} end\n", quoted(word).unwrap());
            assert_eq!(rows(&parse(place(), &text).unwrap()[0]), [[word, "end"]]);
        }
        assert_eq!(quoted("a\nb"), None);
        assert_eq!(quoted("a 'b\" c"), None);
    }

    #[test]
    fn the_first_of_the_rows_that_fail_is_named() {
        let text: String = (0..5000).map(|n| format!("{n} {}\n", if n % 2000 == 1999 { "odd" } else { "1" })).collect();
        let text = format!("data_\nloop_\n_a\n_b\n{text}");
        let blocks = parse(place(), &text).unwrap();
        let number = |line: u64, cells: &[&str], _: &mut Names| place().number(line, "b", cells[1]);
        let message = blocks[0].map_rows(place(), &0.0, number).unwrap_err().to_string();
        assert!(message.contains("line 2004, b: found \"odd\""), "{message}");
        let rows = blocks[0].map_rows(place(), &0.0, |line, cells, _| place().number(line, "a", cells[0])).unwrap();
        assert_eq!(rows, (0..5000).map(f64::from).collect::<Vec<_>>());
    }

    proptest::proptest! {
        #[test]
        fn words_are_those_between_blanks(text in "([!-~]|\u{e9}|[ \t]|\u{1}){0,40}") {
            let text = text.replace(['"', '\'', '#'], "a");
            let mut cells = Vec::new();
            split(&text, &mut cells).unwrap();
            proptest::prop_assert_eq!(cells, text.split_ascii_whitespace().collect::<Vec<_>>());
        }

        #[test]
        fn no_text_panics(text in "(data_|loop_|_a|\n|[ -~]|\u{e9}|;|\t){0,60}") {
            if let Ok(blocks) = parse(place(), &text) {
                for block in &blocks {
                    let _ = block.each_row(place(), |_, _| Ok(()));
                }
            }
        }
    }
}

use super::{ReadParticlesError, read::Place};

/// One `data_` block: a table, or single values, which make a table of one row.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub(super) name: &'a str,
    /// Column names without the leading underscore.
    pub(super) columns: Vec<&'a str>,
    pub(super) rows: Rows<'a>,
}

/// A block's rows, each with its line counted from 1.
#[derive(Debug)]
pub(super) enum Rows<'a> {
    Lines(Vec<(u64, &'a str)>),
    Single(u64, Vec<&'a str>),
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
            Rows::Lines(lines) => {
                let mut cells = Vec::with_capacity(self.columns.len());
                for &(line, text) in lines {
                    cells.clear();
                    split(text, &mut cells).map_err(|message| place.syntax(line, message))?;
                    if cells.len() != self.columns.len() {
                        let message = format!("{} values, expected one for each of the {} columns", cells.len(), self.columns.len());
                        return Err(place.syntax(line, message));
                    }
                    row(line, &cells)?;
                }
                Ok(())
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        match &self.rows {
            Rows::Single(..) => 1,
            Rows::Lines(lines) => lines.len(),
        }
    }
}

/// Parses a STAR file as the programs of the field write it: one row a line.
pub(super) fn parse<'a>(place: Place, text: &'a str) -> Result<Vec<Block<'a>>, ReadParticlesError> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut in_loop = false;
    for (line, raw) in (1..).zip(text.lines()) {
        let words = raw.trim();
        if words.is_empty() || words.starts_with('#') {
            continue;
        }
        if let Some(name) = words.strip_prefix("data_") {
            let name = name.split_whitespace().next().unwrap_or("");
            blocks.push(Block { name, columns: Vec::new(), rows: Rows::Single(line, Vec::new()) });
            in_loop = false;
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
            block.rows = Rows::Lines(Vec::new());
        } else if let Some(name) = words.strip_prefix('_') {
            let (name, value) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
            match &mut block.rows {
                Rows::Lines(lines) if in_loop && lines.is_empty() => block.columns.push(name),
                Rows::Lines(_) => return Err(place.syntax(line, format!("column _{name} after the table's first row"))),
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
                Rows::Lines(lines) => lines.push((line, words)),
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

/// Splits a line at blanks; quotes hold blanks, `#` at the start of a word ends the line.
fn split<'a>(text: &'a str, cells: &mut Vec<&'a str>) -> Result<(), &'static str> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        while at < bytes.len() && bytes[at].is_ascii_whitespace() {
            at += 1;
        }
        if at == bytes.len() || bytes[at] == b'#' {
            return Ok(());
        }
        let first = bytes[at];
        if first == b'"' || first == b'\'' {
            // The closing quote is the one before a blank or the line's end: don't is one word.
            let start = at + 1;
            let closes = |i: &usize| bytes[*i] == first && bytes.get(i + 1).is_none_or(u8::is_ascii_whitespace);
            let end = (start..bytes.len()).find(closes).ok_or("a quote that is not closed")?;
            cells.push(&text[start..end]);
            at = end + 1;
        } else {
            let start = at;
            while at < bytes.len() && !bytes[at].is_ascii_whitespace() {
                at += 1;
            }
            cells.push(&text[start..at]);
        }
    }
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
        assert_eq!((blocks[1].column("y"), blocks[1].len()), (Some(1), 3));
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

    proptest::proptest! {
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

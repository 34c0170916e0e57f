//! Tables of a CIF file: a category's columns and rows, whether written as a loop or item by item.

use super::StructureError;

/// The rows of one category; values are texts, absent ones none.
pub(crate) struct CifTable<'a> {
    name: &'static str,
    columns: Vec<String>,
    rows: Vec<Row<'a>>,
}

/// A row and the line on which it begins, from 1.
pub(crate) struct Row<'a> {
    pub(crate) line: usize,
    values: Vec<Option<&'a str>>,
}

impl<'a> Row<'a> {
    pub(crate) fn get(&self, column: Option<usize>) -> Option<&'a str> {
        column.and_then(|column| self.values.get(column).copied().flatten())
    }
}

impl<'a> CifTable<'a> {
    /// The table of a category (`atom_site`), which is empty where the file has none.
    pub(crate) fn read(text: &'a str, name: &'static str) -> Result<Self, StructureError> {
        let mut table = Self { name, columns: Vec::new(), rows: Vec::new() };
        let mut tokens = Tokens::new(text).peekable();
        while let Some(token) = tokens.next() {
            if token.is_word("loop_") {
                let mut tags = Vec::new();
                while let Some(tag) = tokens.next_if(Token::is_tag) {
                    tags.push(tag.text);
                }
                let columns: Option<Vec<String>> = tags.iter().map(|tag| table.column_of(tag)).collect();
                let wanted = columns.filter(|columns| !columns.is_empty());
                if let Some(columns) = &wanted {
                    table.columns.clone_from(columns);
                }
                let mut values = Vec::new();
                while let Some(value) = tokens.next_if(Token::is_value) {
                    if wanted.is_some() {
                        if values.is_empty() {
                            table.rows.push(Row { line: value.line, values: Vec::new() });
                        }
                        values.push(value.value());
                        if values.len() == tags.len()
                            && let Some(row) = table.rows.last_mut()
                        {
                            row.values = std::mem::take(&mut values);
                        }
                    }
                }
                if !values.is_empty() {
                    return Err(StructureError::Row { line: token.line, table: name.into() });
                }
            } else if token.is_tag()
                && let Some(column) = table.column_of(token.text)
                && let Some(value) = tokens.next_if(Token::is_value)
            {
                table.columns.push(column);
                if table.rows.is_empty() {
                    table.rows.push(Row { line: token.line, values: Vec::new() });
                }
                table.rows[0].values.push(value.value());
            }
        }
        Ok(table)
    }

    /// What follows `_category.` in a tag of this category.
    fn column_of(&self, tag: &str) -> Option<String> {
        let rest = tag.strip_prefix('_')?;
        let (category, column) = rest.split_once('.')?;
        category.eq_ignore_ascii_case(self.name).then(|| column.to_ascii_lowercase())
    }

    pub(crate) fn rows(&self) -> &[Row<'a>] {
        &self.rows
    }

    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.eq_ignore_ascii_case(name))
    }

    pub(crate) fn required(&self, name: &'static str) -> Result<Option<usize>, StructureError> {
        match self.column(name) {
            None => Err(StructureError::Column { table: self.name, column: name }),
            found => Ok(found),
        }
    }
}

/// A word of a CIF file.
struct Token<'a> {
    text: &'a str,
    /// Whether it stood in quotes or between semicolons, and so is a value whatever it looks like.
    quoted: bool,
    line: usize,
}

impl<'a> Token<'a> {
    fn is_word(&self, word: &str) -> bool {
        !self.quoted && self.text.eq_ignore_ascii_case(word)
    }

    fn is_tag(&self) -> bool {
        !self.quoted && self.text.starts_with('_')
    }

    fn is_value(&self) -> bool {
        let reserved = |word: &str| self.text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        self.quoted || !(self.is_tag() || ["loop_", "data_", "save_", "global_", "stop_"].into_iter().any(reserved))
    }

    fn value(&self) -> Option<&'a str> {
        (self.quoted || !matches!(self.text, "." | "?")).then_some(self.text)
    }
}

struct Tokens<'a> {
    text: &'a str,
    /// Byte offset of what is still to be read.
    at: usize,
    line: usize,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// Takes what comes before an offset from here.
    fn take(&mut self, length: usize) -> &'a str {
        let taken = &self.text[self.at..self.at + length];
        self.line += taken.bytes().filter(|&byte| byte == b'\n').count();
        self.at += length;
        taken
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = &self.text[self.at..];
            let first = rest.chars().next()?;
            let line_starts = self.at == 0 || self.text.as_bytes()[self.at - 1] == b'\n';
            if first.is_whitespace() {
                self.take(first.len_utf8());
            } else if first == '#' {
                self.take(rest.find('\n').unwrap_or(rest.len()));
            } else if first == ';' && line_starts {
                let line = self.line;
                let end = rest.find("\n;");
                let text = self.take(end.unwrap_or(rest.len()));
                self.take(if end.is_some() { 2 } else { 0 });
                return Some(Token { text: &text[1..], quoted: true, line });
            } else if first == '\'' || first == '"' {
                // A quote ends where white space follows it.
                let bytes = rest.as_bytes();
                let closes = |i: &usize| bytes[*i] == first as u8 && bytes.get(i + 1).is_none_or(u8::is_ascii_whitespace);
                let line = self.line;
                let end = (1..bytes.len()).take_while(|&i| bytes[i] != b'\n').find(closes);
                if let Some(end) = end {
                    let text = &self.take(end + 1)[1..end];
                    return Some(Token { text, quoted: true, line });
                }
                return Some(self.word(rest));
            } else {
                return Some(self.word(rest));
            }
        }
    }
}

impl<'a> Tokens<'a> {
    fn word(&mut self, rest: &'a str) -> Token<'a> {
        let line = self.line;
        Token { text: self.take(rest.find(char::is_whitespace).unwrap_or(rest.len())), quoted: false, line }
    }
}

use std::collections::BTreeMap;

use super::{ReadParticlesError, read::Place};

/// A row of a table whose columns have names: its cells, and its line.
pub(super) struct Row<'a> {
    pub(super) place: Place<'a>,
    pub(super) columns: &'a BTreeMap<String, usize>,
    pub(super) record: &'a csv::StringRecord,
    pub(super) line: u64,
}

impl<'a> Row<'a> {
    /// The cell of a column; none where there is no such column or the cell is empty.
    pub(super) fn cell(&self, column: &str) -> Option<&'a str> {
        let index = *self.columns.get(column)?;
        self.record.get(index).map(str::trim).filter(|cell| !cell.is_empty())
    }

    pub(super) fn number(&self, column: &str) -> Result<f64, ReadParticlesError> {
        self.place.number(self.line, &self.name(column), self.cell(column).unwrap_or(""))
    }

    /// A column's name and number, for messages.
    pub(super) fn name(&self, column: &str) -> String {
        self.columns.get(column).map_or_else(|| format!("column {column}"), |index| format!("column {} ({column})", index + 1))
    }

    /// The cells of all columns but the known ones.
    pub(super) fn extras(&self, known: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
        let further = self.columns.keys().filter(|column| !known(column));
        further.filter_map(|column| Some((column.clone(), self.cell(column)?.to_string()))).collect()
    }
}

/// Column names to their places; the axes must be among them, and no name twice. Else what is wrong with them.
pub(super) fn columns<'a>(names: impl Iterator<Item = &'a str>) -> Result<BTreeMap<String, usize>, String> {
    let mut columns = BTreeMap::new();
    let mut found = Vec::new();
    for (index, name) in names.enumerate() {
        found.push(name);
        if columns.insert(name.to_string(), index).is_some() {
            return Err(format!("two columns are named {name:?}"));
        }
    }
    if let Some(missing) = ["z", "y", "x"].iter().find(|&&axis| !columns.contains_key(axis)) {
        return Err(format!("no column {missing:?} in {found:?}, expected at least z, y, x"));
    }
    Ok(columns)
}

/// Whether a line names the axes between commas.
pub(super) fn is_header(line: &[u8]) -> bool {
    let has = |axis: &[u8]| line.split(|&byte| byte == b',').any(|cell| cell.trim_ascii() == axis);
    has(b"z") && has(b"y") && has(b"x")
}

/// Calls `each` with every row of a comma-separated table with a header; lines that start with # are skipped.
pub(super) fn each_row<F>(place: Place, text: &str, mut each: F) -> Result<(), ReadParticlesError>
where
    F: FnMut(&Row) -> Result<(), ReadParticlesError>,
{
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
    let syntax = |error: &csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                place.syntax(line, format!("{len} columns, expected the header's {expected_len}"))
            }
            _ => place.syntax(line, error.to_string()),
        }
    };
    let headers = reader.headers().map_err(|error| syntax(&error))?.clone();
    let columns = columns(headers.iter()).map_err(|message| {
        let line = headers.position().map_or(1, csv::Position::line);
        let bare = !headers.is_empty() && headers.iter().all(|cell| cell.parse::<f64>().is_ok());
        if bare { place.no_header(line) } else { place.syntax(line, message) }
    })?;
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| syntax(&error))? {
        let line = record.position().map_or(0, csv::Position::line);
        each(&Row { place, columns: &columns, record: &record, line })?;
    }
    Ok(())
}

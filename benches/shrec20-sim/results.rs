use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use cryoet_eval::SizeGroup;
use cryoet_io::write_whole;
use cryoet_sim::Complex;

use crate::data::Data;
use crate::scores::Scores;
use crate::trial::Training;
use crate::{Common, Outcome};

/// One line of a table: column and value.
pub(crate) type Row = Vec<(String, String)>;

/// Columns by which rows of one experiment are told from others': all but times.
const TIMES: [&str; 2] = ["training_s", "picking_s"];

/// A table that grows by a row a run, as CSV.
pub(crate) struct Results {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A row of the benchmark: how, how long, and every figure of the paper's tables.
pub(crate) fn row(common: &Common, method: &str, data: &Data, training: &Training, picking: f64, clustering: &str, scores: &Scores) -> Row {
    let cell = |column: &str, value: String| (column.to_owned(), value);
    let l = &scores.evaluation.localisation;
    let figure = |value: f64| format!("{value:.4}");
    let mut row = vec![
        cell("size", common.size.to_string()),
        cell("method", method.to_owned()),
        cell("seed", common.seed.to_string()),
        cell("densities", data.densities().unwrap_or("unknown").to_owned()),
        cell("commit", commit()),
        cell("voxels", training.voxels.to_string()),
        cell("training_s", format!("{:.0}", training.seconds)),
        cell("picking_s", format!("{picking:.1}")),
        cell("clustering", clustering.to_owned()),
    ];
    let counts = [("RR", l.reported), ("TP", l.tp), ("FP", l.fp), ("FN", l.fn_), ("MH", l.multiple_hits), ("RO", l.outside)];
    row.extend(counts.map(|(column, count)| cell(column, count.to_string())));
    let figures = [("AD", l.mean_distance), ("recall", l.recall), ("precision", l.precision), ("miss_rate", l.miss_rate)];
    row.extend(figures.map(|(column, value)| cell(column, figure(value))));
    row.extend([("F1", l.f1), ("macro_F1", scores.evaluation.macro_f1)].map(|(column, value)| cell(column, figure(value))));
    for group in [SizeGroup::Small, SizeGroup::Medium, SizeGroup::Large] {
        row.push(cell(&group.to_string(), scores.by_size.get(&group).map_or_else(String::new, |&f1| figure(f1))));
    }
    row.extend(Complex::builtin_names().map(|name| cell(name, scores.class_f1(name).map_or_else(String::new, figure))));
    row
}

/// A row for people to read.
pub(crate) fn on_a_line(row: &Row) -> String {
    row.iter().map(|(column, value)| format!("{column} {value}")).collect::<Vec<_>>().join(", ") + "\n"
}

/// The checkout's commit, for who wants to know which recipe a row is of; empty outside a checkout.
pub(crate) fn commit() -> String {
    let git = std::process::Command::new("git").args(["describe", "--always", "--dirty"]).current_dir(crate::home()).output();
    git.ok()
        .filter(|output| output.status.success())
        .map_or_else(String::new, |output| String::from_utf8_lossy(&output.stdout).trim().into())
}

impl Results {
    /// Reads a table; an absent file is an empty one.
    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        if !path.is_file() {
            return Ok(Self { columns: Vec::new(), rows: Vec::new() });
        }
        let mut reader = csv::Reader::from_path(path)?;
        let columns = reader.headers()?.iter().map(str::to_owned).collect();
        let rows = reader.records().map(|record| Ok(record?.iter().map(str::to_owned).collect())).collect::<Outcome<_>>()?;
        Ok(Self { columns, rows })
    }

    /// Appends a row to a file, unless it is there but for its times; whether it was not.
    pub(crate) fn append(path: &Path, row: Row) -> Outcome<bool> {
        let mut table = Self::read(path)?;
        if table.columns.is_empty() {
            table.columns = row.iter().map(|(column, _)| column.clone()).collect();
        }
        if !row.iter().map(|(column, _)| column).eq(&table.columns) {
            return Err(format!("{}: its columns are not those of this program", path.display()).into());
        }
        let values: Vec<String> = row.into_iter().map(|(_, value)| value).collect();
        let told = |row: &[String]| -> Vec<String> {
            let columns = table.columns.iter().zip(row).filter(|(column, _)| !TIMES.contains(&column.as_str()));
            columns.map(|(_, value)| value.clone()).collect()
        };
        if table.rows.iter().any(|other| told(other) == told(&values)) {
            return Ok(false);
        }
        table.rows.push(values);
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&table.columns)?;
        table.rows.iter().try_for_each(|row| writer.write_record(row))?;
        let text = writer.into_inner()?;
        write_whole(path, |file| std::io::Write::write_all(file, &text))?;
        Ok(true)
    }

    /// Mean and spread (largest less smallest) of figures over the runs of one size that are alike in `keys`, in Markdown.
    pub(crate) fn summary(&self, size: &str, keys: &[&str], figures: &[&str]) -> String {
        let value = |row: &[String], column: &str| {
            self.columns.iter().position(|other| other == column).and_then(|place| row.get(place)).cloned().unwrap_or_default()
        };
        let mut groups: BTreeMap<Vec<String>, Vec<Vec<f64>>> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| value(row, "size") == size) {
            let key = keys.iter().map(|column| value(row, column)).collect();
            let run = figures.iter().map(|column| value(row, column).parse().unwrap_or(f64::NAN)).collect();
            groups.entry(key).or_default().push(run);
        }
        let mut text = format!("| {} | runs |", keys.join(" | "));
        figures.iter().for_each(|figure| text += &format!(" {figure} | spread |"));
        text += &format!("\n{}|\n", "|---".repeat(keys.len() + 1 + 2 * figures.len()));
        for (key, runs) in groups {
            let _ = write!(text, "| {} | {} |", key.join(" | "), runs.len());
            for place in 0..figures.len() {
                let values: Vec<f64> = runs.iter().map(|run| run[place]).collect();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                let spread = values.iter().copied().fold(f64::MIN, f64::max) - values.iter().copied().fold(f64::MAX, f64::min);
                let _ = write!(text, " {mean:.3} | {spread:.3} |");
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_grows_by_new_rows_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.csv");
        let row = |seed: &str, seconds: &str, f1: &str| {
            let cells = [("size", "small"), ("method", "a, b"), ("seed", seed), ("training_s", seconds), ("F1", f1), ("macro_F1", "0.5")];
            cells.map(|(column, value)| (column.to_owned(), value.to_owned())).to_vec()
        };
        assert!(Results::append(&path, row("1", "10", "0.80")).unwrap());
        assert!(!Results::append(&path, row("1", "11", "0.80")).unwrap()); // only its time differs
        assert!(Results::append(&path, row("2", "10", "0.90")).unwrap());
        assert!(Results::append(&path, row("2", "10", "0.90")[1..].to_vec()).is_err());
        let table = Results::read(&path).unwrap();
        assert_eq!(table.rows.len(), 2);
        let summary = |size: &str| table.summary(size, &["method", "voxels"], &["F1", "macro_F1"]);
        let expected = "| method | voxels | runs | F1 | spread | macro_F1 | spread |\n|---|---|---|---|---|---|---|\n";
        assert_eq!(summary("small"), expected.to_owned() + "| a, b |  | 2 | 0.850 | 0.100 | 0.500 | 0.000 |\n");
        assert_eq!(summary("full"), expected);
    }
}

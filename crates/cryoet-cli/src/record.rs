use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use cryoet::io::write_whole;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::paths::record_of;

/// How an output came to be: written beside it, as `NAME.record.json`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Record {
    command: &'static str,
    version: &'static str,
    parameters: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    inputs: Vec<Input>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<serde_json::Value>,
}

#[derive(Debug, Clone, Serialize)]
struct Input {
    path: String,
    bytes: u64,
    sha256: String,
}

impl Record {
    /// The record of a command with its parameters.
    pub(crate) fn new(command: &'static str, parameters: &impl Serialize) -> Result<Self, Failure> {
        let parameters = serde_json::to_value(parameters)?;
        Ok(Self { command, version: env!("CARGO_PKG_VERSION"), parameters, seed: None, inputs: Vec::new(), result: None })
    }

    /// The same record of other parameters.
    pub(crate) fn with_parameters(mut self, parameters: &impl Serialize) -> Result<Self, Failure> {
        self.parameters = serde_json::to_value(parameters)?;
        Ok(self)
    }

    /// The same record with a seed.
    pub(crate) fn with_seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The same record with what was measured on the way.
    pub(crate) fn with_result(mut self, result: serde_json::Value) -> Self {
        self.result = Some(result);
        self
    }

    /// Adds what a parameter came to mean, defaults included.
    pub(crate) fn add(&mut self, name: &str, value: serde_json::Value) {
        if let Some(parameters) = self.parameters.as_object_mut() {
            parameters.insert(name.to_owned(), value);
        }
    }

    /// The same record with an input file and its hash.
    pub(crate) fn with_input(mut self, path: &Path) -> Result<Self, Failure> {
        let (bytes, sha256) = hash(path).map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
        self.inputs.push(Input { path: path.display().to_string(), bytes, sha256 });
        Ok(self)
    }

    /// The same record with several input files.
    pub(crate) fn with_inputs<'a>(self, paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<Self, Failure> {
        paths.into_iter().try_fold(self, |record, path| record.with_input(path))
    }

    /// Writes the record beside an output.
    pub(crate) fn write_beside(&self, output: &Path) -> Result<(), Failure> {
        self.write(&record_of(output))
    }

    /// Writes the record to a file of its own.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(write_whole(path, |file| file.write_all(text.as_bytes()))?)
    }

    /// In what the work differs from that of an earlier record: parameters that either has, or the contents of inputs; paths may differ.
    pub(crate) fn difference(&self, before: &serde_json::Value) -> Result<Option<String>, Failure> {
        let now = serde_json::to_value(self)?;
        let names =
            [&now, before].into_iter().flat_map(|record| record["parameters"].as_object().into_iter().flatten()).map(|(name, _)| name);
        if let Some(name) = names.into_iter().find(|name| now["parameters"].get(name) != before["parameters"].get(name)) {
            return Ok(Some(format!("parameters ({name})")));
        }
        let sums = |record: &serde_json::Value| -> Vec<_> {
            record["inputs"].as_array().into_iter().flatten().map(|input| input["sha256"].clone()).collect()
        };
        Ok((sums(&now) != sums(before)).then(|| "data".to_owned()))
    }

    /// Whether an earlier record is of the same work by the same version, whose results are the same to the bit.
    pub(crate) fn is_of_same_work(&self, before: &serde_json::Value) -> Result<bool, Failure> {
        let same = before["command"] == self.command && before["version"] == self.version && before["seed"] == json!(self.seed);
        Ok(same && self.difference(before)?.is_none())
    }

    /// The record as one line of text, for files that carry it inside.
    #[cfg(feature = "net")]
    pub(crate) fn line(&self) -> Result<String, Failure> {
        Ok(serde_json::to_string(self)?)
    }
}

/// Bytes and SHA-256 of a file, or of a folder's files (an OME-Zarr's): of their names and contents, in the names' order.
fn hash(path: &Path) -> std::io::Result<(u64, String)> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    if path.is_dir() {
        add_folder(path, path, &mut hash, &mut bytes)?;
    } else {
        add_file(path, &mut hash, &mut bytes)?;
    }
    Ok((bytes, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

fn add_folder(root: &Path, folder: &Path, hash: &mut Sha256, bytes: &mut u64) -> std::io::Result<()> {
    let mut paths = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add_folder(root, &path, hash, bytes)?;
        } else {
            hash.update(path.strip_prefix(root).unwrap_or(&path).as_os_str().as_encoded_bytes());
            add_file(&path, hash, bytes)?;
        }
    }
    Ok(())
}

fn add_file(path: &Path, hash: &mut Sha256, bytes: &mut u64) -> std::io::Result<()> {
    let (mut file, mut buffer) = (File::open(path)?, vec![0; 1 << 20]);
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(());
        }
        *bytes += n as u64;
        hash.update(&buffer[..n]);
    }
}

#[cfg(all(test, feature = "net"))]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_of_either_record_are_compared() {
        let difference = |now: serde_json::Value, before: serde_json::Value| {
            Record::new("train", &now).unwrap().difference(&json!({"parameters": before, "inputs": []})).unwrap()
        };
        assert_eq!(difference(json!({"a": 1}), json!({"a": 1})), None);
        assert_eq!(difference(json!({"a": 1}), json!({"a": 1, "b": 2})), Some("parameters (b)".to_owned()));
        assert_eq!(difference(json!({"a": 1, "b": null}), json!({"a": 1})), Some("parameters (b)".to_owned()));
        assert_eq!(difference(json!({"a": 1}), json!({"a": 2})), Some("parameters (a)".to_owned()));
    }
}

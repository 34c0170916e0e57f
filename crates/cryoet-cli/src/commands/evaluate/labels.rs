//! Label volumes against label volumes, voxel by voxel.

use std::path::Path;

use cryoet::eval::voxel_confusion;
use cryoet::io::read_labels;
use cryoet::{ClassLabel, ClassTable};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output;
use crate::voxel_sizes::check_voxel_sizes;

/// Dice and intersection over union per class, their means, the figures of VP-Detector, and which label was taken for which.
pub(super) fn compare_labels(truth: &Path, labels: &Path, classes: &ClassTable) -> Result<(Value, String), Failure> {
    let paths = [truth, labels];
    let (truth, labels) = (read_labels(truth)?, read_labels(labels)?);
    check_voxel_sizes(paths.into_iter().zip([truth.voxel_size(), labels.voxel_size()]))?;
    let confusion = voxel_confusion(truth.view(), labels.view())?;
    let row = |name: &str, dice: f64, iou: f64| vec![name.to_owned(), format!("{dice:.4}"), format!("{iou:.4}")];
    let mut rows = vec![["class", "Dice", "IoU"].map(str::to_owned).to_vec()];
    for &label in confusion.labels().iter().filter(|label| !label.is_background()) {
        rows.push(row(&classes.name(label), confusion.dice(label), confusion.iou(label)));
    }
    rows.push(row("mean", confusion.mean_dice(), confusion.mean_iou()));
    let [va, mva, miou] = [confusion.va(), confusion.mva(), confusion.miou()];
    let name = |label: &ClassLabel| if label.is_background() { "background".to_owned() } else { classes.name(*label) };
    let names: Vec<_> = confusion.labels().iter().map(name).collect();
    let mut matrix = vec![[&["truth".to_owned()][..], &names].concat()];
    for (name, &truth) in names.iter().zip(confusion.labels()) {
        let counts = confusion.labels().iter().map(|&label| confusion.count(truth, label).to_string());
        matrix.push(std::iter::once(name.clone()).chain(counts).collect());
    }
    let figures = format!("with background: VA {va:.4}, MVA {mva:.4}, MIoU {miou:.4}");
    let text = format!("{}\n{figures}\n\n{}", output::table(&rows), output::table(&matrix));
    let mut value = serde_json::to_value(&confusion)?;
    value["confusion"]["classes"] = json!(names);
    Ok((value, text))
}

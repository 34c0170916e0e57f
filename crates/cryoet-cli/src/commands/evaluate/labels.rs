//! Label volumes against label volumes, voxel by voxel.

use std::path::Path;

use cryoet::ClassTable;
use cryoet::eval::voxel_confusion;
use cryoet::io::read_labels;
use serde_json::Value;

use crate::failure::Failure;
use crate::output;

/// Dice and intersection over union per class, their means, and the figures of VP-Detector.
pub(super) fn compare_labels(truth: &Path, labels: &Path, classes: &ClassTable) -> Result<(Value, String), Failure> {
    let (truth, labels) = (read_labels(truth)?, read_labels(labels)?);
    let confusion = voxel_confusion(truth.view(), labels.view())?;
    let row = |name: &str, dice: f64, iou: f64| vec![name.to_owned(), format!("{dice:.4}"), format!("{iou:.4}")];
    let mut rows = vec![["class", "Dice", "IoU"].map(str::to_owned).to_vec()];
    for &label in confusion.labels().iter().filter(|label| !label.is_background()) {
        rows.push(row(&classes.name(label), confusion.dice(label), confusion.iou(label)));
    }
    rows.push(row("mean", confusion.mean_dice(), confusion.mean_iou()));
    let [va, mva, miou] = [confusion.va(), confusion.mva(), confusion.miou()];
    let text = format!("{}\nwith background: VA {va:.4}, MVA {mva:.4}, MIoU {miou:.4}\n", output::table(&rows));
    Ok((serde_json::to_value(&confusion)?, text))
}

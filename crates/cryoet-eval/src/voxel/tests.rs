use cryoet_core::ndarray::{Array3, arr3};

use super::*;

#[test]
fn figures_by_hand() {
    let truth = arr3(&[[[0u8, 0, 1, 1], [2, 2, 2, 255]]]);
    let predicted = arr3(&[[[0u8, 1, 1, 1], [2, 0, 0, 3]]]);
    let confusion = voxel_confusion(truth.view(), predicted.view()).unwrap();
    let [zero, one, two, three] = [0, 1, 2, 3].map(ClassLabel::new);
    assert_eq!(confusion.labels(), [zero, one, two]);
    assert_eq!((confusion.count(zero, one), confusion.count(two, zero)), (1, 2));
    assert_eq!((confusion.dice(one), confusion.iou(one)), (4.0 / 5.0, 2.0 / 3.0));
    assert_eq!((confusion.recall(two), confusion.precision(two)), (1.0 / 3.0, 1.0));
    assert_eq!((confusion.dice(two), confusion.dice(three)), (0.5, 0.0));
    assert_eq!(confusion.accuracy(), 4.0 / 7.0);
    assert_eq!(confusion.mean_dice(), (4.0 / 5.0 + 0.5) / 2.0);
    assert_eq!(confusion.mean_iou(), (2.0 / 3.0 + 1.0 / 3.0) / 2.0);
}

#[test]
fn equal_volumes_are_perfect_and_empty_ones_zero() {
    let labels = Array3::from_shape_fn((7, 6, 5), |(z, y, x)| ((z * y + x) % 4) as u8);
    let same = voxel_confusion(labels.view(), labels.view()).unwrap();
    assert_eq!((same.mean_dice(), same.mean_iou(), same.accuracy()), (1.0, 1.0, 1.0));
    let nothing = Array3::<u8>::zeros((0, 4, 4));
    let empty = voxel_confusion(nothing.view(), nothing.view()).unwrap();
    assert_eq!((empty.mean_dice(), empty.accuracy(), empty.voxels()), (0.0, 0.0, 0));
    let background = Array3::<u8>::zeros((4, 4, 4));
    let missed = voxel_confusion(background.view(), background.view()).unwrap();
    assert_eq!((missed.mean_dice(), missed.accuracy()), (0.0, 1.0));
}

#[test]
fn shapes_must_agree() {
    let error = voxel_confusion(Array3::zeros((2, 3, 4)).view(), Array3::zeros((2, 4, 3)).view()).unwrap_err();
    assert_eq!(error, VoxelConfusionError::Shape { truth: [2, 3, 4], predicted: [2, 4, 3] });
}

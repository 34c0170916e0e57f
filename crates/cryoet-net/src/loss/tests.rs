use approx::assert_relative_eq;

use super::*;

/// Logits for two voxels (channels 3), their targets and validity.
fn loss_of(params: &LossParams, logits: &[[f64; 3]], target: &[i64], valid: &[f32]) -> f64 {
    let n = target.len() as i64;
    let flat: Vec<f32> = (0..3).flat_map(|c| logits.iter().map(move |voxel| voxel[c] as f32)).collect();
    let logits = Tensor::from_slice(&flat).view([1, 3, 1, 1, n]);
    let target = Tensor::from_slice(target).view([1, 1, 1, n]);
    let valid = Tensor::from_slice(valid).view([1, 1, 1, n]);
    params.compute(&logits, &target, &valid).unwrap().double_value(&[])
}

/// The same in plain f64.
fn oracle(params: &LossParams, logits: &[[f64; 3]], target: &[i64], valid: &[f32]) -> f64 {
    let soft: Vec<[f64; 3]> = logits
        .iter()
        .map(|v| {
            let sum: f64 = v.iter().map(|l| l.exp()).sum();
            v.map(|l| l.exp() / sum)
        })
        .collect();
    let (mut entropy, mut weights) = (0.0, 0.0);
    for (i, &t) in target.iter().enumerate() {
        let of_class = |t: i64| params.class_weights.get(t as usize - 1).copied().unwrap_or(1.0);
        let w = f64::from(valid[i]) * if t == 0 { params.background_weight } else { of_class(t) };
        let p = soft[i][t as usize];
        entropy -= w * (1.0 - p).powf(params.focal) * p.ln();
        weights += w;
    }
    let (mut sum, mut counted) = (0.0, 0.0);
    for c in 0..3usize {
        let (mut tp, mut fp, mut fneg, mut support) = (0.0, 0.0, 0.0, 0.0);
        for ((&t, &v), probabilities) in target.iter().zip(valid).zip(&soft) {
            let (v, p) = (f64::from(v), probabilities[c]);
            if t as usize == c {
                tp += v * p;
                fneg += v * (1.0 - p);
                support += v;
            } else {
                fp += v * p;
            }
        }
        if params.absent_classes || support > 0.0 {
            sum += (tp + 1.0) / (tp + params.false_positive * fp + params.false_negative * fneg + 1.0);
            counted += 1.0;
        }
    }
    params.overlap * (1.0 - sum / f64::max(counted, 1.0)) + params.cross_entropy * entropy / f64::max(weights, 1e-30)
}

#[test]
fn agrees_with_plain_sums() {
    let logits = [[0.2, -1.0, 3.0], [1.5, 0.1, -0.4], [-2.0, 0.7, 0.6], [0.0, 0.0, 0.0]];
    let valid = [1.0, 1.0, 0.0, 1.0];
    for params in [
        LossParams::default(),
        LossParams::deepfinder(),
        LossParams { cross_entropy: 0.3, background_weight: 0.1, absent_classes: true, ..LossParams::default() },
        LossParams { class_weights: vec![0.5, 3.0], focal: 2.0, ..LossParams::default() },
    ] {
        for target in [[0, 1, 2, 1], [0, 0, 0, 0], [2, 2, 1, 0]] {
            assert_relative_eq!(loss_of(&params, &logits, &target, &valid), oracle(&params, &logits, &target, &valid), epsilon = 1e-6);
        }
    }
}

#[test]
fn absent_classes_and_empty_masks_are_finite() {
    let generalised = LossParams { overlap: 0.0, cross_entropy: 0.0, generalised_dice: 1.0, ..LossParams::default() };
    for params in [LossParams::default(), LossParams::deepfinder(), generalised] {
        let logits = [[50.0, -50.0, -50.0], [60.0, -60.0, -60.0]];
        let loss = loss_of(&params, &logits, &[0, 0], &[1.0, 1.0]);
        assert!(loss.abs() < 1e-6, "all right, yet the loss is {loss}");
        assert!(loss_of(&params, &logits, &[1, 2], &[0.0, 0.0]).is_finite());
    }
}

#[test]
fn gradient_agrees_with_finite_differences() {
    check_gradient(&LossParams::default());
    check_gradient(&LossParams { class_weights: vec![0.5, 3.0], focal: 1.5, ..LossParams::default() });
}

fn check_gradient(params: &LossParams) {
    let logits = [[0.2, -1.0, 0.5], [1.5, 0.1, -0.4]];
    let flat: Vec<f32> = (0..3).flat_map(|c| logits.iter().map(move |voxel| voxel[c] as f32)).collect();
    let tensor = Tensor::from_slice(&flat).view([1, 3, 1, 1, 2]).set_requires_grad(true);
    let target = Tensor::from_slice(&[1i64, 0]).view([1, 1, 1, 2]);
    let valid = Tensor::from_slice(&[1f32, 1.0]).view([1, 1, 1, 2]);
    params.compute(&tensor, &target, &valid).unwrap().backward();
    let step = 1e-5;
    for c in 0..3 {
        for voxel in 0..2 {
            let shifted = |by: f64| {
                let mut moved = logits;
                moved[voxel][c] += by;
                oracle(params, &moved, &[1, 0], &[1.0, 1.0])
            };
            let expected = (shifted(step) - shifted(-step)) / (2.0 * step);
            let found = tensor.grad().double_value(&[0, c as i64, 0, 0, voxel as i64]);
            assert_relative_eq!(found, expected, epsilon = 1e-5);
        }
    }
}

/// `tests/oracles/losses.py` wrote values and gradients.
#[test]
fn every_loss_agrees_with_numpy() {
    let oracle: serde_json::Value = serde_json::from_str(include_str!("../../tests/oracles/losses.json")).unwrap();
    let numbers = |value: &serde_json::Value| -> Vec<f64> { value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect() };
    let (logits, target, valid) = (numbers(&oracle["logits"]), numbers(&oracle["target"]), numbers(&oracle["valid"]));
    let voxels = target.len() as i64;
    let values: Vec<f32> = logits.iter().map(|&v| v as f32).collect();
    let target = Tensor::from_slice(&target.iter().map(|&v| v as i64).collect::<Vec<_>>()).view([1, voxels, 1, 1]);
    let valid = Tensor::from_slice(&valid.iter().map(|&v| v as f32).collect::<Vec<_>>()).view([1, voxels, 1, 1]);
    let cases = oracle["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 10);
    for case in cases {
        let params: LossParams = serde_json::from_value(case["params"].clone()).unwrap();
        let leaf = Tensor::from_slice(&values).view([voxels, 5]).set_requires_grad(true);
        let loss = params.compute(&leaf.transpose(0, 1).view([1, 5, voxels, 1, 1]), &target, &valid).unwrap();
        assert_relative_eq!(loss.double_value(&[]), case["loss"].as_f64().unwrap(), epsilon = 1e-5);
        loss.backward();
        let found: Vec<f32> = leaf.grad().contiguous().view([-1]).try_into().unwrap();
        for (found, expected) in found.into_iter().zip(numbers(&case["gradient"])) {
            assert!((f64::from(found) - expected).abs() < 1e-6, "{}: {found} for {expected}", case["name"]);
        }
    }
}

#[test]
fn squared_differences_leave_out_what_is_not_known() {
    let tensor = |values: &[f32]| Tensor::from_slice(values).view([2, 1, 1, 1, 2]);
    let known = |values: &[f32]| Tensor::from_slice(values).view([2, 1, 1, 1, 1]);
    let (answer, target) = (tensor(&[1.0, 2.0, 5.0, 7.0]), tensor(&[0.0, 4.0, 1.0, 1.0]));
    let of = |values: &[f32]| squared_difference(&answer, &target, &known(values)).unwrap().double_value(&[]);
    assert_relative_eq!(of(&[1.0, 1.0]), (1.0 + 4.0 + 16.0 + 36.0) / 4.0);
    assert_relative_eq!(of(&[1.0, 0.0]), 2.5);
    assert_relative_eq!(of(&[0.0, 0.0]), 0.0);
}

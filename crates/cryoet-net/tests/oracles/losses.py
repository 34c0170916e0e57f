"""Losses in plain NumPy, with gradients by central differences: writes losses.json, which src/loss/tests.rs compares with.

    python losses.py        # needs NumPy
"""

import json
from pathlib import Path

import numpy as np

SMOOTHING = 1.0


def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def tversky(p, target, valid, alpha, beta, absent):
    """1 - mean over classes of (TP + 1) / (TP + alpha FP + beta FN + 1); alpha weighs false positives."""
    one_hot = np.eye(p.shape[1])[target] * valid[:, None]
    q = p * valid[:, None]
    tp, fp, fn = (q * one_hot).sum(0), (q * (1 - one_hot)).sum(0), ((1 - p) * one_hot).sum(0)
    score = (tp + SMOOTHING) / (tp + alpha * fp + beta * fn + SMOOTHING)
    counted = np.ones(len(score), bool) if absent else one_hot.sum(0) > 0
    return 1 - score[counted].sum() / max(counted.sum(), 1)


def generalised_dice(p, target, valid):
    """Sudre et al. 2017: weights of one over the square of a class's voxels, over the classes present."""
    one_hot = np.eye(p.shape[1])[target] * valid[:, None]
    q, support = p * valid[:, None], one_hot.sum(0)
    present = support > 0
    w = 1 / support[present] ** 2
    return 1 - 2 * (w * (q * one_hot).sum(0)[present]).sum() / (w * (q + one_hot).sum(0)[present]).sum()


def cross_entropy(p, target, valid, weights, gamma):
    truth = p[np.arange(len(target)), target]
    w = np.asarray(weights)[target] * valid
    return -(w * (1 - truth) ** gamma * np.log(truth)).sum() / w.sum()


def total(logits, target, valid, case):
    p, loss = softmax(logits), 0.0
    if case["overlap"]:
        shape = case["false_positive"], case["false_negative"], case["absent_classes"]
        loss += case["overlap"] * tversky(p, target, valid, *shape)
    if case.get("generalised_dice"):
        loss += case["generalised_dice"] * generalised_dice(p, target, valid)
    if case["cross_entropy"]:
        weights = [case["background_weight"], *case["class_weights"]]
        loss += case["cross_entropy"] * cross_entropy(p, target, valid, weights, case["focal"])
    return loss


def gradient(logits, target, valid, case, step=1e-6):
    g = np.zeros_like(logits)
    for index in np.ndindex(logits.shape):
        moved = logits.copy()
        moved[index] += step
        above = total(moved, target, valid, case)
        moved[index] -= 2 * step
        g[index] = (above - total(moved, target, valid, case)) / (2 * step)
    return g


def case(name, **given):
    plain = dict(overlap=0.0, false_positive=0.5, false_negative=0.5, absent_classes=False, cross_entropy=0.0)
    plain |= dict(background_weight=1.0, class_weights=[1.0] * 4, focal=0.0)
    return dict(name=name, params=plain | given)


CASES = [
    case("Dice over all classes (DeepFinder)", overlap=1.0, absent_classes=True),
    case("Dice over the classes present", overlap=1.0),
    case("Tversky that minds false positives", overlap=1.0, false_positive=0.7, false_negative=0.3, absent_classes=True),
    case("Tversky that minds false negatives", overlap=1.0, false_positive=0.3, false_negative=0.7, absent_classes=True),
    case("cross-entropy", cross_entropy=1.0),
    case("weighted cross-entropy", cross_entropy=1.0, background_weight=0.1, class_weights=[0.5, 3.0, 1.0, 2.0]),
    case("focal (VP-Detector)", cross_entropy=1.0, focal=2.0, background_weight=0.2, class_weights=[1.0, 0.5, 2.0, 1.5]),
    case("generalised Dice", generalised_dice=1.0),
    case("generalised Dice and cross-entropy", generalised_dice=0.6, cross_entropy=0.8, background_weight=0.5),
    case("a sum", overlap=0.7, false_positive=0.4, false_negative=0.6, cross_entropy=1.3, background_weight=0.3),
]


def main():
    random = np.random.default_rng(7)
    logits = random.normal(0, 1.5, (60, 5)).astype(np.float32).astype(float)
    # Class 3 is absent; some voxels are ignored.
    target = random.choice([0, 0, 0, 1, 2, 4], 60)
    valid = (random.random(60) > 0.15).astype(float)
    answers = [
        dict(**c, loss=total(logits, target, valid, c["params"]), gradient=gradient(logits, target, valid, c["params"]).ravel().tolist())
        for c in CASES
    ]
    data = dict(logits=logits.ravel().tolist(), target=target.tolist(), valid=valid.tolist(), cases=answers)
    Path(__file__).with_name("losses.json").write_text(json.dumps(data))


if __name__ == "__main__":
    main()

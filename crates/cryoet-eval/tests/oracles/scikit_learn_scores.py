"""Makes golden/scores.json: true and predicted labels and what scikit-learn's metrics say of them.

    pip install scikit-learn
    python scikit_learn_scores.py > ../golden/scores.json
"""
import json

import numpy as np
import sklearn
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    fbeta_score,
    jaccard_score,
    precision_recall_fscore_support,
)

CLASSES = list(range(6))
FOREGROUND = CLASSES[1:]

cases = []
for seed in range(12):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(5, 120))
    # Class 5 is never true, class 4 never predicted in every other case.
    truth = rng.integers(0, 5, count)
    predicted = np.where(rng.random(count) < 0.6, truth, rng.integers(0, 6, count))
    if seed % 2:
        predicted[predicted == 4] = 0
    either = (truth > 0) | (predicted > 0)
    truth, predicted = truth[either], predicted[either]
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, labels=FOREGROUND, zero_division=0)
    present = sorted(set(truth.tolist()) - {0})
    hits, scores = (rng.random(count) < 0.5).astype(int), rng.integers(0, 30, count) / 32
    hits[0] = 1
    cases.append(
        dict(
            truth=truth.tolist(),
            predicted=predicted.tolist(),
            confusion=confusion_matrix(truth, predicted, labels=CLASSES).tolist(),
            precision=precision.tolist(),
            recall=recall.tolist(),
            f1=f1.tolist(),
            support=support.tolist(),
            macro_f1=float(f1_score(truth, predicted, labels=present, average="macro", zero_division=0)),
            micro_f1=float(f1_score(truth, predicted, labels=FOREGROUND, average="micro", zero_division=0)),
            f4=fbeta_score(truth, predicted, beta=4, labels=FOREGROUND, average=None, zero_division=0).tolist(),
            # The same labels as voxels.
            accuracy=float(accuracy_score(truth, predicted)),
            balanced_accuracy=float(balanced_accuracy_score(truth, predicted)),
            jaccard=jaccard_score(truth, predicted, labels=CLASSES, average=None, zero_division=0).tolist(),
            # Scored picks, some of them on a particle.
            hits=hits.tolist(),
            scores=scores.tolist(),
            average_precision=float(average_precision_score(hits, scores)),
        )
    )
print(json.dumps(dict(scikit_learn=sklearn.__version__, cases=cases)))

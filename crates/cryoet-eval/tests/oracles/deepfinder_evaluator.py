"""Makes src/deepfinder/golden.json: random lists and what cryoet-deepfinder 0.2.1's Evaluator says of them.

    pip install cryoet-deepfinder==0.2.1
    python deepfinder_evaluator.py > ../../src/deepfinder/golden.json
"""
import json

import numpy as np
from deepfinder.utils.eval import Evaluator


def listed(rows):
    return [dict(tomo_idx=0, obj_id=i, label=int(r[0]), z=r[1], y=r[2], x=r[3], cluster_size=1) for i, r in enumerate(rows)]


cases = []
for seed in range(30):
    rng = np.random.default_rng(seed)
    draw = lambda n: [[int(rng.integers(1, 4)), *rng.uniform(0, 20, 3).round(2).tolist()] for _ in range(n)]
    truth, picks = draw(int(rng.integers(3, 40))), draw(int(rng.integers(3, 40)))
    radius = round(float(rng.uniform(2, 6)), 2)
    result = Evaluator({"t": {"object_list": listed(truth)}}, {"t": {"object_list": listed(picks)}}, radius).get_evaluation()["t"]
    counts = {key: {str(label): int(n) for label, n in result[key].items() if label} for key in ("n_tp", "n_fp", "n_fn")}
    cases.append(dict(truth=truth, picks=picks, radius=radius, **counts))
print(json.dumps(cases))

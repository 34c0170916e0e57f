"""Makes golden/assignment.json: points on both sides and what SciPy's assignment pairs of them within a radius.

    pip install scipy
    python scipy_assignment.py > ../golden/assignment.json

A pair beyond the radius costs more than all allowed ones together, so that SciPy's answer has the most allowed pairs and, of these, the least sum.
"""
import json

import numpy as np
import scipy
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

cases = []
for seed in range(24):
    rng = np.random.default_rng(seed)
    # From sparse, where pairs are plain, to so dense that every pair depends on its neighbours.
    rows, columns = rng.integers(1, 90, 2)
    side = rng.choice([12.0, 20.0, 40.0])
    truth, picks = (rng.uniform(0, side, (int(n), 3)).round(2) for n in (rows, columns))
    radius = round(float(rng.uniform(1, 6)), 2)
    distance = cdist(truth, picks)
    allowed = distance <= radius
    at = linear_sum_assignment(np.where(allowed, distance, radius * (min(distance.shape) + 1)))
    paired = allowed[at]
    cases.append(
        dict(truth=truth.tolist(), picks=picks.tolist(), radius=radius, pairs=int(paired.sum()), sum=float(distance[at][paired].sum()))
    )
print(json.dumps(dict(scipy=scipy.__version__, cases=cases)))

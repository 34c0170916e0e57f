"""Processor seconds of pyTME on one core: python template_matching.py EDGE TEMPLATE ORIENTATIONS

One process and one thread; the tomogram is noise, as for the other side. What a call for a single
orientation takes, once warm, is taken off: processes and plans.
"""

import os
import resource
import sys
from importlib.metadata import version

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from scipy.spatial.transform import Rotation
from tme import MatchingData
from tme.analyzer import MaxScoreOverRotations
from tme.matching_exhaustive import MATCHING_EXHAUSTIVE_REGISTER, match_exhaustive

edge, size, count = (int(a) for a in sys.argv[1:])
random = np.random.default_rng(1)
tomogram = random.random((edge,) * 3, dtype=np.float32)
template = random.random((size,) * 3, dtype=np.float32)
z, y, x = np.mgrid[:size, :size, :size] - size // 2
mask = (z**2 + y**2 + x**2 <= (size // 2 - 2) ** 2).astype(np.float32)


def seconds():
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def run(rotations):
    setup, scoring = MATCHING_EXHAUSTIVE_REGISTER["FLCSphericalMask"]
    start = seconds()
    match_exhaustive(
        MatchingData(target=tomogram, template=template, template_mask=mask, rotations=rotations),
        matching_setup=setup,
        matching_score=scoring,
        callback_class=MaxScoreOverRotations,
        job_schedule=(1, 1),
        pad_target_edges=True,
    )
    return seconds() - start


rotations = Rotation.random(count + 1, random_state=1).as_matrix().astype(np.float32)
run(rotations[:1])
single = run(rotations[:1])
taken = run(rotations) - single
memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1e3
print(f"{taken:.2f} s, pyTME {version('pytme')}, {1e3 * taken / count:.1f} ms an orientation, peak memory {memory:.0f} MB")

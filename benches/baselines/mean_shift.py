"""Seconds and clusters of scikit-learn's mean-shift on a label volume: python mean_shift.py LABELS.npy RADIUS"""

import sys
import time

import numpy as np
import sklearn
from sklearn.cluster import MeanShift

voxels = np.argwhere(np.load(sys.argv[1]) > 0)
start = time.perf_counter()
fitted = MeanShift(bandwidth=float(sys.argv[2]), bin_seeding=True).fit(voxels)
seconds = time.perf_counter() - start
print(f"{seconds:.1f} s, {len(fitted.cluster_centers_)} clusters, scikit-learn {sklearn.__version__}")

"""Time and clusters of scikit-learn's mean-shift on a label volume: python mean_shift.py LABELS.npy RADIUS

Prints seconds of wall time, seconds of processor time, clusters and the version.
"""

import sys
import time

import numpy as np
import sklearn
from sklearn.cluster import MeanShift

voxels = np.argwhere(np.load(sys.argv[1]) > 0)
start = time.perf_counter(), time.process_time()
fitted = MeanShift(bandwidth=float(sys.argv[2]), bin_seeding=True).fit(voxels)
wall, processor = time.perf_counter() - start[0], time.process_time() - start[1]
print(f"{wall:.2f} {processor:.2f} {len(fitted.cluster_centers_)} {sklearn.__version__}")

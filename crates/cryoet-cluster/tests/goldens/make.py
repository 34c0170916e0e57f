"""Golden results of scikit-learn's mean-shift. Made with scikit-learn 1.3.2, numpy 1.26, scipy.

Usage: python make.py [DATA]      (DATA: the folder that holds shrec-2019/, for the one case made from real targets)

Writes next to itself, for each case: NAME.points.npy, NAME.labels.npy, NAME.centres.npy, and cases.txt, which says for each case
its name, bandwidth, seeding (binned, points, given) and whether its points are voxels of a lattice.
"""

import pathlib
import sys
import warnings

import numpy as np
from sklearn.cluster import MeanShift

from shrec_labels import shrec_labels

HERE = pathlib.Path(__file__).parent
warnings.simplefilter("ignore")
cases = []


def case(name, points, bandwidth, seeding="binned", seeds=None, lattice=False):
    fitted = MeanShift(bandwidth=bandwidth, bin_seeding=seeding == "binned", seeds=seeds).fit(points)
    np.save(HERE / f"{name}.points.npy", points.astype(np.int16) if lattice else points)
    np.save(HERE / f"{name}.labels.npy", fitted.labels_.astype(np.int16))
    np.save(HERE / f"{name}.centres.npy", fitted.cluster_centers_.astype(np.float64))
    if seeds is not None:
        np.save(HERE / f"{name}.seeds.npy", seeds)
    cases.append(f"{name} {bandwidth} {seeding} {'lattice' if lattice else 'cloud'}\n")
    print(name, len(points), len(fitted.cluster_centers_))


def votes(name, labels, classes):
    """The clusters as DeepFinder names them: for each its majority class (of equals the lowest) and its number of voxels."""
    np.save(HERE / f"{name}.classes.npy", classes.astype(np.int16))
    members = [classes[labels == cluster] for cluster in range(labels.max() + 1)]
    np.save(HERE / f"{name}.votes.npy", np.array([[np.bincount(m).argmax(), len(m)] for m in members], np.int16))


def balls(shape, *balls):
    grid = np.indices(shape)
    inside = [((grid - np.array(centre)[:, None, None, None]) ** 2).sum(axis=0) <= radius**2 for centre, radius in balls]
    return np.argwhere(np.any(inside, axis=0))


random = np.random.default_rng(7)
blobs = np.concatenate([random.normal(c, 1.2, (150, 3)) for c in random.uniform(-15, 15, (10, 3))])
case("blobs", blobs, 2.5)
case("blobs-wide", blobs, 9.0)
case("blobs-every-point-seeds", blobs[::4], 2.5, "points")
case("blobs-seeds-given", blobs, 2.5, "given", random.uniform(-15, 15, (40, 3)))
case("few-points", random.uniform(-3, 3, (7, 3)), 2.0)

touching = balls((20, 20, 40), ((9, 9, 9), 6), ((9, 10, 21), 6), ((10, 9, 31), 5))
for bandwidth in (2.0, 2.7, 4.0, 5.0):
    case(f"touching-{bandwidth}", touching, bandwidth, lattice=True)
case("touching-seeds-given", touching, 5.0, "given", np.array([[9.5, 9.5, 20.0], [2.0, 2.0, 2.0]]), lattice=True)
case("single-voxels", np.array([[2, 2, 2], [2, 2, 30], [30, 4, 4], [17, 18, 19]]), 5.0, lattice=True)
case("full-plane", np.argwhere(np.ones((1, 40, 40))), 5.0, lattice=True)
case("full-cube", np.argwhere(np.ones((16, 16, 16))), 4.0, lattice=True)
case("radius-larger-than-volume", balls((9, 9, 9), ((2, 2, 2), 2), ((6, 6, 6), 2)), 40.0, lattice=True)
case("noise", np.argwhere(random.random((24, 24, 24)) < 0.06), 3.0, lattice=True)
# Of classes 1 to 5 only 2 and 5 occur, a fifth of the voxels with the other's label.
near = np.linalg.norm(touching - [9, 9, 9], axis=1) < np.linalg.norm(touching - [9, 10, 21], axis=1)
swapped = np.random.default_rng(11).random(len(touching)) < 0.2
classes = np.where(near ^ swapped, 5, 2)
case("class-missing", touching, 4.0, lattice=True)
votes("class-missing", np.load(HERE / "class-missing.labels.npy"), classes)
if len(sys.argv) > 1:
    real = shrec_labels(sys.argv[1])[60:130, 100:180, 200:280]
    case("shrec-2019", np.argwhere(real > 0), 5.0, lattice=True)
(HERE / "cases.txt").write_text("".join(cases))

"""DeepFinder's own package on the data of `shrec20-sim`: trained on the same tomograms, with as many voxels seen, scored by the same
evaluation, appended to the same table.

    cargo xtask shrec20-sim small --seed 1                                          # makes the data, and says how many voxels are seen
    python3.11 benches/baselines/shrec20_sim.py target/release/shrec20-sim small 1

makes an environment of its own with pip (cryoet-deepfinder 0.2.1 wants TensorFlow 2.13, which wants Python 3.8 to 3.11). Batch, patch and
learning rate are the package's own (25 patches of 56^3 a step, 1e-4) unless given: `--batch 2 --patch 48 --learning-rate 1e-3` are ours, but its
loss becomes NaN with so small a batch (of a class that a batch lacks it can be 0 / 0); with `--batch 10` it does not. It cannot go on where it was stopped. The radius of its mean-shift and the smallest clusters are chosen on the validation tomogram as for ours;
test labels are clustered by the package itself.
"""

import argparse
import csv
import json
import math
import subprocess
import sys
import time
import tomllib
import venv
from pathlib import Path

PACKAGE, VERSION = "cryoet-deepfinder", "0.2.1"
STEPS_PER_EPOCH = 20


def in_environment(runs):
    """Starts this script anew in an environment with the package, unless it is there already."""
    try:
        import deepfinder  # noqa: F401
    except ImportError:
        folder = runs / "deepfinder-environment"
        python = folder / "bin" / "python"
        if not (folder / "ready").is_file():
            venv.create(folder, with_pip=True, clear=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", f"{PACKAGE}=={VERSION}"], check=True)
            (folder / "ready").touch()
        sys.exit(subprocess.run([python, __file__, *sys.argv[1:]]).returncode)


class Data:
    """The data set that the benchmark simulated."""

    def __init__(self, folder):
        self.folder = folder
        listed = tomllib.loads((folder / "dataset.toml").read_text())
        self.classes = len(tomllib.loads((folder / listed["classes"]).read_text())["class"])
        self.tomograms = listed["tomogram"]

    def of(self, split):
        return [tomogram for tomogram in self.tomograms if tomogram["split"] == split]

    def objects(self, split):
        """The package's object list of a split; tomograms are numbered within all of them."""
        from deepfinder.utils import objl

        found = []
        for index, tomogram in enumerate(self.tomograms):
            if tomogram["split"] != split:
                continue
            rows = csv.DictReader(line for line in (self.folder / tomogram["particles"]).open() if not line.startswith("#"))
            for row in rows:
                position = [round(float(row[axis])) for axis in "zyx"]
                objl.add_obj(found, label=int(row["class"]), coord=position, tomo_idx=index)
        return found

    def paths(self, what):
        return [str(self.folder / tomogram[what]) for tomogram in self.tomograms]


def launch(part, *arguments):
    """Runs a part of the package, which ends the process with success when it refuses its input."""
    try:
        return part.launch(*arguments)
    except SystemExit as end:
        raise RuntimeError(f"{type(part).__name__} refused its input: its message stands above") from end


def voxels_seen(network):
    """Voxels of all patches of our training."""
    params = json.loads((network / "record.json").read_text())["parameters"]
    steps = len(json.loads((network / "history.json").read_text())["steps"])
    return steps * params["batch"] * params["patch"] ** 3


def train(data, folder, steps, options):
    """Trains with the package; seconds, the weights' path, and how many steps it took."""
    from deepfinder.training import Train
    from tensorflow.keras.optimizers import Adam

    # The package asks for one step of validation at least after each epoch.
    epochs = max(1, round(steps / STEPS_PER_EPOCH))
    trainer = Train(Ncl=data.classes + 1, dim_in=options.patch)
    trainer.path_out = f"{folder}/"
    trainer.batch_size = options.batch
    trainer.epochs = epochs
    trainer.steps_per_epoch = math.ceil(steps / epochs)
    trainer.steps_per_valid = 1
    trainer.flag_direct_read = False
    if options.learning_rate is not None:
        trainer.optimizer = Adam(learning_rate=options.learning_rate)
    start = time.perf_counter()
    launch(trainer, data.paths("volume"), data.paths("labels"), data.objects("train"), data.objects("validation"))
    return time.perf_counter() - start, folder / "net_weights_FINAL.h5", epochs * trainer.steps_per_epoch


def are_numbers(weights):
    """Whether all weights in a file are numbers: the package's loss can be 0 / 0 where a batch lacks a class."""
    import h5py
    import numpy as np

    finite = []
    with h5py.File(weights) as file:
        file.visititems(lambda _, item: finite.append(np.isfinite(item[()]).all()) if isinstance(item, h5py.Dataset) else None)
    return all(finite)


def segment(data, volume, weights):
    """The package's label map of a tomogram."""
    from deepfinder.inference import Segment
    from deepfinder.utils.common import read_array
    from deepfinder.utils.smap import to_labelmap

    tomogram = read_array(str(volume))
    # It fails where a patch is no smaller than the tomogram padded by 25, and refuses patches longer than the tomogram's longest side.
    patch = min(192, (min(tomogram.shape) + 49) // 4 * 4, max(tomogram.shape) // 4 * 4)
    return to_labelmap(launch(Segment(data.classes + 1, str(weights), patch_size=patch), tomogram))


def cluster(labels, choice, path):
    """The package's clustering, and a size filter for each class."""
    from deepfinder.inference import Cluster

    objects = launch(Cluster(clustRadius=int(choice["radius"])), labels) if labels.any() else []
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["class", "z", "y", "x", "size"])
        for found in objects:
            if found["cluster_size"] >= choice["min_sizes"][found["label"] - 1]:
                writer.writerow([found["label"], found["z"], found["y"], found["x"], found["cluster_size"]])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("benchmark", type=Path, help="the built shrec20-sim")
    parser.add_argument("size")
    parser.add_argument("seed", type=int)
    parser.add_argument("--runs", type=Path, default=Path(__file__).resolve().parents[2] / "runs" / "shrec20-sim")
    parser.add_argument("--table", type=Path)
    parser.add_argument("--voxels", type=int, help="voxels to see; by default as many as our training of this size and seed")
    parser.add_argument("--batch", type=int, default=25)
    parser.add_argument("--patch", type=int, default=56)
    parser.add_argument("--learning-rate", type=float)
    options = parser.parse_args()
    in_environment(options.runs)

    import numpy as np
    import tensorflow as tf
    from deepfinder.utils.common import write_array

    tf.keras.utils.set_random_seed(options.seed)
    run = options.runs / f"{options.size}-{options.seed}"
    folder = run / f"deepfinder-{options.batch}x{options.patch}"
    folder.mkdir(parents=True, exist_ok=True)
    data = Data(run / "data")
    voxels = options.voxels or voxels_seen(run / "network")
    steps = max(1, round(voxels / (options.batch * options.patch**3)))
    training, weights, steps = train(data, folder, steps, options)
    if not are_numbers(weights):
        print(f"the weights are NaN: a larger batch than {options.batch} lacks a class less often", file=sys.stderr)

    labels = segment(data, data.folder / data.of("validation")[0]["volume"], weights)
    write_array(np.asarray(labels, dtype=np.int8), str(folder / "validation-labels.mrc"))
    common = [options.size, "--seed", str(options.seed), "--runs", str(options.runs)]
    choose = [options.benchmark, "choose", "--labels", folder / "validation-labels.mrc", *common]
    choice = json.loads(subprocess.run(choose, check=True, stdout=subprocess.PIPE).stdout)

    start = time.perf_counter()
    labels = segment(data, data.folder / data.of("test")[0]["volume"], weights)
    cluster(labels, choice, folder / "picks.csv")
    picking = time.perf_counter() - start
    sizes = " ".join(map(str, choice["min_sizes"]))
    rate = "" if options.learning_rate is None else f" at {options.learning_rate:g}"
    score = [options.benchmark, "score", "--picks", folder / "picks.csv", "--voxels", str(steps * options.batch * options.patch**3)]
    score += ["--method", f"deepfinder {VERSION} ({options.batch} x {options.patch}^3{rate})", "--training", str(training)]
    score += ["--picking", str(picking), "--clustering", f"mean-shift {choice['radius']:g} sizes {sizes}", *common]
    if options.table:
        score += ["--table", options.table]
    sys.exit(subprocess.run(score).returncode)


if __name__ == "__main__":
    main()

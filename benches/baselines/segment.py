"""Whole-volume segmentation: DeepFinder's own package and `cryoet segment`, the same weights and volume, one run.

    python -m venv df && df/bin/pip install cryoet-deepfinder==0.2.1
    df/bin/python benches/baselines/segment.py target/release/cryoet 200 512 512

Prints seconds and peak memory of both and their ratio. That imported weights give the same probabilities is tested in
crates/cryoet-net/tests/keras_import.rs; whole volumes are not compared here: the original has patches of 192 voxels with a margin of 25, where its
network looks 34 voxels far, and pads the volume with 25 voxels of zeros.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

CLASSES, PATCH = 13, 192
KIB_PER_GIB = 2**20


def original(folder):
    from deepfinder.inference import Segment
    from deepfinder.utils.smap import to_labelmap

    volume = np.load(folder / "volume.npy")
    start = time.perf_counter()
    to_labelmap(Segment(CLASSES, str(folder / "net.h5"), patch_size=PATCH).launch(volume))
    seconds, usage = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    (folder / "original.txt").write_text(f"{seconds} {usage.ru_maxrss / KIB_PER_GIB}")


def prepare(folder, shape):
    from deepfinder.models import my_model

    random = np.random.default_rng(1)
    model = my_model(PATCH, CLASSES)
    model.save(folder / "net.h5", include_optimizer=False)
    np.save(folder / "volume.npy", random.standard_normal(shape, dtype=np.float32))
    table = "".join(f'[[class]]\nlabel = {label}\nname = "class-{label}"\n\n' for label in range(1, CLASSES))
    (folder / "classes.toml").write_text(table)


def ours(command, folder, precision):
    arguments = ["volume.npy", "--weights", "net.safetensors", "--device", "cpu", "--precision", precision, "-o", "ours.npy"]
    start = time.perf_counter()
    child = subprocess.Popen([command, "segment", *arguments], cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit(f"cryoet segment failed: {status}")
    return time.perf_counter() - start, usage.ru_maxrss / KIB_PER_GIB


def main():
    if sys.argv[1] == "--part":
        part, folder = sys.argv[2], Path(sys.argv[3])
        return {"prepare": lambda: prepare(folder, tuple(map(int, sys.argv[4:7]))), "original": lambda: original(folder)}[part]()
    command, shape = str(Path(sys.argv[1]).resolve()), sys.argv[2:5]
    if not Path(command).is_file():
        raise SystemExit(f"{command} is no file: cargo build --release, and the path of its cryoet")
    if min(map(int, shape)) < PATCH:
        raise SystemExit(f"the original takes no volume thinner than its patch of {PATCH} voxels")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Each in a process of its own, so that peak memory is its own too.
        subprocess.run([sys.executable, __file__, "--part", "prepare", name, *shape], check=True)
        subprocess.run([sys.executable, __file__, "--part", "original", name], check=True, stdout=subprocess.DEVNULL)
        theirs, memory = map(float, (folder / "original.txt").read_text().split())
        print(f"DeepFinder 0.2.1   {theirs:8.1f} s  {memory:5.1f} GiB")
        subprocess.run([command, "convert", "net.h5", "net.safetensors", "--classes", "classes.toml"], cwd=folder, check=True)
        for precision in ("f32", "bf16"):
            seconds, memory = ours(command, folder, precision)
            print(f"cryoet {precision:11s} {seconds:8.1f} s  {memory:5.1f} GiB  ratio {theirs / seconds:.2f}")


if __name__ == "__main__":
    main()

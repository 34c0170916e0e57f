"""DeepFinder's tomograms of 2018: the data set for `cryoet train`. Needs Python's standard library only.

    python benches/experiments/deepfinder_2018.py FOLDER      # dataset.toml and classes.toml, from $CRYOET_DATA

Tomograms 1 to 7 train, 8 validates. The recipes beside it and docs/benchmarks.md have the rest.
"""

import os
import sys
from pathlib import Path

DATA = Path(os.environ["CRYOET_DATA"]) / "deepfinder-2018"
CLASSES, TOMOGRAMS = 9, 8


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "classes.toml").write_text("\n".join(f'[[class]]\nlabel = {i}\nname = "class-{i}"\n' for i in range(1, CLASSES + 1)))
    entries = ['classes = "classes.toml"\n']
    for i in range(1, TOMOGRAMS + 1):
        split = "train" if i < TOMOGRAMS else "validation"
        entries.append(
            f'[[tomogram]]\nname = "tomo{i}"\nvolume = "{DATA}/tomo{i}_data.h5"\nlabels = "{DATA}/tomo{i}_target.h5"\nsplit = "{split}"\n'
        )
    (folder / "dataset.toml").write_text("\n".join(entries))


if __name__ == "__main__":
    main()

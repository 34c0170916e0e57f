"""Ribosomes in EMPIAR-10499 series 00254: data set and scores. Needs Python's standard library only.

    python benches/experiments/empiar_10499.py prepare FOLDER      # lists, class tables and data set from $CRYOET_DATA
    python benches/experiments/empiar_10499.py score PICKS.csv     # on the labelled part with y >= 420, the largest clusters

docs/benchmarks.md has the commands between the two.
"""

import csv
import math
import os
import sys
from pathlib import Path

DATA = Path(os.environ["CRYOET_DATA"]) / "empiar-10499"
CLASSES = {"ribosome_like": 1, "fiducial_or_artifact": 2, "uncertain": 3}
TRAINED_BELOW_Y, LABELLED_BELOW_X = 420, 326
DISTANCE, PICKS_PER_LABEL = 10.0, 1.5


def candidates():
    lines = [line for line in (DATA / "positions-x-below-326.csv").read_text().splitlines() if not line.startswith("#")]
    return [(row["label"], float(row["z"]), float(row["y"]), float(row["x"]), row["score"]) for row in csv.DictReader(lines)]


def prepare(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "candidates.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["class", "z", "y", "x", "score", "class_name"])
        writer.writerows([CLASSES[label], z, y, x, score, label] for label, z, y, x, score in candidates())
    table = {name: f'[[class]]\nlabel = {label}\nname = "{name}"\n\n' for name, label in CLASSES.items()}
    (folder / "candidate-classes.toml").write_text("".join(table.values()))
    # Fiducials are a class of their own: patches are then centred on them as often as on ribosomes, which they are taken for otherwise.
    (folder / "classes.toml").write_text(table["ribosome_like"] + table["fiducial_or_artifact"])
    (folder / "dataset.toml").write_text(
        f'classes = "classes.toml"\n\n[[tomogram]]\nname = "00254"\nvolume = "{DATA / "tomogram.mrc"}"\nlabels = "labels.mrc"\nsplit = "train"\n'
    )


def score(path, rank):
    def held_out(y, x):
        return y >= TRAINED_BELOW_Y and x < LABELLED_BELOW_X

    places = {name: [(z, y, x) for label, z, y, x, _ in candidates() if label == name and held_out(y, x)] for name in CLASSES}
    with open(path, newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        picks = [(float(row[rank] or 0), (float(row["z"]), float(row["y"]), float(row["x"]))) for row in rows if row["class"] == "1"]
    inside = sorted((pick for pick in picks if held_out(pick[1][1], pick[1][2])), reverse=True)
    labels = places["ribosome_like"]
    kept = inside[: int(PICKS_PER_LABEL * len(labels))]

    def near(place, others):
        return any(math.dist(place, other) <= DISTANCE for other in others)

    found = sum(near(label, [place for _, place in kept]) for label in labels)
    gold = sum(near(place, places["fiducial_or_artifact"]) for _, place in kept)
    print(f"ribosome picks in the whole tomogram {len(picks)}")
    print(f"picks where y >= 420 and x < 326     {len(inside)}, the best {len(kept)} kept")
    print(f"ribosome_like labels there           {len(labels)}")
    print(f"of them within 10 voxels of a pick   {found} ({found / len(labels):.3f})")
    print(f"picks near a fiducial_or_artifact    {gold} ({gold / max(1, len(kept)):.3f})")


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]))
    else:
        for column in ("size", "score"):
            print(f"ranked by {column}")
            score(Path(sys.argv[2]), column)

"""Ribosomes in EMPIAR-10499 series 00254 by template matching: both hands, and the picks to average. Needs Python's standard library only.

    python benches/experiments/empiar_10499_averaging.py half BINNED.mrc HALF.mrc     # the labelled part, x < 326, of the binned tomogram
    python benches/experiments/empiar_10499_averaging.py hands PICKS.csv OTHER.csv     # histograms of scores, and which hand is higher
    python benches/experiments/empiar_10499_averaging.py best PICKS.csv N LEAST BEST.csv  # the N best of at least a score
    python benches/experiments/empiar_10499_averaging.py labels PICKS.csv              # how many of the ribosome_like labels are found

The commands between them, on the tomogram binned twice:

    cryoet convert $CRYOET_DATA/empiar-10499/tomogram.mrc --bin 2 binned.mrc
    python benches/experiments/empiar_10499_averaging.py half binned.mrc half.mrc
    cryoet match half.mrc --template $CRYOET_DATA/maps-10A/4v4r.mrc --step 24 --tilts -60,60 --min-score 0.05 --distance 5 --most 2000 -o map.csv
    cryoet match half.mrc --template $CRYOET_DATA/maps-10A/4v4r.mrc --mirrored --step 24 --tilts -60,60 --min-score 0.05 --distance 5 --most 2000 -o mirrored.csv
    cryoet average half.mrc --particles best.csv --box 24 --tilts -60,60 --reference $CRYOET_DATA/maps-10A/4v4r.mrc --control -o ribosome
    cryoet view ribosome/average.mrc --zoom 8 -o ribosome.png
"""

import csv
import math
import os
import struct
import sys
from pathlib import Path

HEADER = 1024
BIN = 2
LABELLED_BELOW_X = 326
DISTANCE = 10.0 / BIN


def half(source, target):
    data = Path(source).read_bytes()
    nx, ny, nz, mode = struct.unpack("<4i", data[:16])
    start = HEADER + struct.unpack("<i", data[92:96])[0]
    if mode != 2:
        sys.exit(f"{source}: mode {mode}, expected 2 (float)")
    kept = min(nx, LABELLED_BELOW_X // BIN)
    header = bytearray(data[:HEADER])
    # Extent, sampling and cell along x; no extended header.
    struct.pack_into("<i", header, 0, kept)
    struct.pack_into("<i", header, 28, kept)
    struct.pack_into("<f", header, 40, struct.unpack_from("<f", data, 40)[0] * kept / nx)
    struct.pack_into("<i", header, 92, 0)
    rows = (data[start + 4 * nx * row : start + 4 * (nx * row + kept)] for row in range(ny * nz))
    Path(target).write_bytes(bytes(header) + b"".join(rows))


def picks(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def hands(ours, other):
    scores = {name: sorted((float(row["score"]) for row in picks(path)), reverse=True) for name, path in (("map", ours), ("mirrored", other))}
    most = max(values[0] for values in scores.values())
    width = most / 40
    print("score      map  mirrored")
    for i in range(40):
        low = i * width
        counts = [sum(low <= value < low + width or (i == 39 and value == most) for value in scores[name]) for name in ("map", "mirrored")]
        if any(counts):
            print(f"{low:.3f}  {counts[0]:6}  {counts[1]:8}")
    for n in (50, 100, 200):
        means = {name: sum(values[:n]) / len(values[:n]) for name, values in scores.items()}
        print(f"mean of the {n} best: map {means['map']:.4f}, mirrored {means['mirrored']:.4f}, ratio {means['map'] / means['mirrored']:.4f}")


def best(path, count, least, target):
    rows = sorted((row for row in picks(path) if float(row["score"]) >= least), key=lambda row: -float(row["score"]))[:count]
    with open(target, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} picks, scores {rows[-1]['score']} to {rows[0]['score']}")


def labels(path):
    data = Path(os.environ["CRYOET_DATA"]) / "empiar-10499" / "positions-x-below-326.csv"
    lines = [line for line in data.read_text().splitlines() if not line.startswith("#")]
    places = {}
    for row in csv.DictReader(lines):
        # Bins of two voxels: (i - 0.5) / 2.
        places.setdefault(row["label"], []).append(tuple((float(row[axis]) - 0.5) / BIN for axis in "zyx"))
    found = [tuple(float(row[axis]) for axis in "zyx") for row in picks(path)]
    for name, listed in places.items():
        near = sum(any(math.dist(place, pick) <= DISTANCE for pick in found) for place in listed)
        print(f"{name}: {near} of {len(listed)} have a pick within {DISTANCE:g} voxels")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:] or ["help"]
    if command == "half" and len(arguments) == 2:
        half(*arguments)
    elif command == "hands" and len(arguments) == 2:
        hands(*arguments)
    elif command == "best" and len(arguments) == 4:
        best(arguments[0], int(arguments[1]), float(arguments[2]), arguments[3])
    elif command == "labels" and len(arguments) == 1:
        labels(*arguments)
    else:
        sys.exit(__doc__)

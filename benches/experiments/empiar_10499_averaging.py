"""Ribosomes in EMPIAR-10499 series 00254 by template matching: both hands, and the picks to average. Needs Python's standard library only.

    python benches/experiments/empiar_10499_averaging.py part BINNED.mrc PART.mrc [Y]  # x < 326 (and y < 2 Y) of the binned tomogram
    python benches/experiments/empiar_10499_averaging.py hands PICKS.csv OTHER.csv    # which hand scores higher at the labelled ribosomes
    python benches/experiments/empiar_10499_averaging.py histogram PICKS.csv          # of scores
    python benches/experiments/empiar_10499_averaging.py labels PICKS.csv             # how many labels are found
    python benches/experiments/empiar_10499_averaging.py best PICKS.csv N LEAST BEST.csv  # the N best of at least a score

docs/benchmarks.md has the commands between them.
"""

import csv
import math
import os
import statistics
import struct
import sys
from pathlib import Path

HEADER = 1024
BIN = 2
LABELLED_BELOW_X = 326
DISTANCE = 10.0 / BIN
WIDTH = 0.005


def part(source, target, most_y=None):
    data = Path(source).read_bytes()
    nx, ny, nz, mode = struct.unpack("<4i", data[:16])
    start = HEADER + struct.unpack("<i", data[92:96])[0]
    if mode != 2:
        sys.exit(f"{source}: mode {mode}, expected 2 (float)")
    kept, rows_kept = min(nx, LABELLED_BELOW_X // BIN), min(ny, int(most_y or ny))
    header = bytearray(data[:HEADER])
    # Extent, sampling and cell along x and y; no extended header.
    for axis, (count, all_of_them) in enumerate([(kept, nx), (rows_kept, ny)]):
        struct.pack_into("<i", header, 4 * axis, count)
        struct.pack_into("<i", header, 28 + 4 * axis, count)
        struct.pack_into("<f", header, 40 + 4 * axis, struct.unpack_from("<f", data, 40 + 4 * axis)[0] * count / all_of_them)
    struct.pack_into("<i", header, 92, 0)
    starts = (start + 4 * nx * (z * ny + y) for z in range(nz) for y in range(rows_kept))
    rows = (data[first : first + 4 * kept] for first in starts)
    Path(target).write_bytes(bytes(header) + b"".join(rows))


def picks(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def best(path, count, least, target):
    rows = sorted((row for row in picks(path) if float(row["score"]) >= least), key=lambda row: -float(row["score"]))[:count]
    with open(target, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} picks, scores {rows[-1]['score']} to {rows[0]['score']}")


def labelled():
    """Places z, y, x in binned voxels by label: (i - 0.5) / 2."""
    data = Path(os.environ["CRYOET_DATA"]) / "empiar-10499" / "positions-x-below-326.csv"
    lines = [line for line in data.read_text().splitlines() if not line.startswith("#")]
    places = {}
    for row in csv.DictReader(lines):
        places.setdefault(row["label"], []).append(tuple((float(row[axis]) - 0.5) / BIN for axis in "zyx"))
    return places


def best_near(place, found):
    return max((score for at, score in found if math.dist(place, at) <= DISTANCE), default=None)


def placed(path):
    return [(tuple(float(row[axis]) for axis in "zyx"), float(row["score"])) for row in picks(path)]


def labels(path):
    found = placed(path)
    for name, places in labelled().items():
        scores = sorted(score for place in places if (score := best_near(place, found)) is not None)
        median = f", median score {scores[len(scores) // 2]:.3f}" if scores else ""
        print(f"{name}: {len(scores)} of {len(places)} have a pick within {DISTANCE:g} voxels{median}")


def hands(ours, other):
    """Both hands' best scores at the ribosome_like labels, pair by pair."""
    scores = [placed(path) for path in (ours, other)]
    pairs = [tuple(best_near(place, found) for found in scores) for place in labelled()["ribosome_like"]]
    pairs = [pair for pair in pairs if None not in pair]
    gains = [a - b for a, b in pairs]
    error = statistics.stdev(gains) / math.sqrt(len(gains))
    first, second = (statistics.mean(column) for column in zip(*pairs))
    print(f"{len(pairs)} labels: map {first:.4f}, mirrored {second:.4f}, ratio {first / second:.4f}")
    print(f"the map's hand is higher by {statistics.mean(gains):.4f} +- {error:.4f}, at {sum(gain > 0 for gain in gains)} labels")


def histogram(path):
    scores = [score for _, score in placed(path)]
    for low in range(int(min(scores) / WIDTH), int(max(scores) / WIDTH) + 1):
        count = sum(low * WIDTH <= score < (low + 1) * WIDTH for score in scores)
        if count:
            print(f"{low * WIDTH:.3f}  {count:4}  {'#' * count}")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:] or ["help"]
    if command == "part" and len(arguments) in (2, 3):
        part(*arguments)
    elif command == "hands" and len(arguments) == 2:
        hands(*arguments)
    elif command == "best" and len(arguments) == 4:
        best(arguments[0], int(arguments[1]), float(arguments[2]), arguments[3])
    elif command == "labels" and len(arguments) == 1:
        labels(*arguments)
    elif command == "histogram" and len(arguments) == 1:
        histogram(*arguments)
    else:
        sys.exit(__doc__)

"""Seconds by the clock and of processor time to read a file: python read_files.py mrc|star|xml FILE REPETITIONS"""

import sys
import time
from importlib.metadata import version

kind, path, repetitions = sys.argv[1], sys.argv[2], int(sys.argv[3])

if kind == "mrc":
    import mrcfile

    def read():
        with mrcfile.open(path) as mrc:
            return mrc.data

    def count(data):
        return data.size

    name = f"mrcfile {version('mrcfile')}"
elif kind == "star":
    import starfile

    def read():
        return starfile.read(path, always_dict=True)

    def count(blocks):
        return len(blocks["particles"])

    name = f"starfile {version('starfile')}"
else:
    from deepfinder.utils import objl

    def read():
        return objl.read_xml(path)

    count = len

    name = f"deepfinder.utils.objl.read_xml of cryoet-deepfinder {version('cryoet-deepfinder')}"
    # Its time grows faster than the list: once is enough.
    repetitions = 1

wall, processor = float("inf"), float("inf")
for _ in range(repetitions):
    clock, cpu = time.perf_counter(), time.process_time()
    found = read()
    wall, processor = min(wall, time.perf_counter() - clock), min(processor, time.process_time() - cpu)
    number = count(found)
    # What was read is freed before it is read again, not while the clock runs.
    del found
print(f"{wall:.4f} s, {processor:.4f} s of processor time, {number} read, {name}")

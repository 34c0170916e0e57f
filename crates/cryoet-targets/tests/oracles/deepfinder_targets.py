"""Makes the goldens of tests/deepfinder_golden.rs and, given the SHREC'19 lists, the volumes of tests/deepfinder_full.rs.

    pip install cryoet-deepfinder==0.2.1
    python deepfinder_targets.py small OUT_FOLDER
    python deepfinder_targets.py full OUT_FOLDER SHREC_2019_FOLDER
"""
import contextlib
import glob
import io
import os
import sys
import time
import xml.etree.ElementTree as ET

import mrcfile
import numpy as np
from deepfinder.training import TargetBuilder


def quietly(work, *arguments):
    with contextlib.redirect_stdout(io.StringIO()):
        return work(*arguments)


def entry(label, z, y, x, phi, psi, the):
    return dict(tomo_idx=0, obj_id=None, label=label, x=x, y=y, z=z, phi=phi, psi=psi, the=the)


def small(out):
    """Two asymmetric masks, even and odd, 40 objects that overlap and reach over the borders."""
    z, y, x = np.indices((12, 12, 12))
    even = ((y >= 4) & (y < 7) & (z >= 5) & (z < 8) & (x >= 1)) | ((x < 4) & (x >= 1) & (y >= 4) & (y < 11) & (z >= 5) & (z < 11))
    z, y, x = np.indices((9, 9, 9))
    odd = ((z - 4) ** 2 + (y - 3) ** 2 + (x - 5) ** 2 <= 9) | ((z == 4) & (y == 3))
    rng = np.random.default_rng(19)
    rows = []
    for index in range(40):
        place = rng.uniform(0, 47, 3).round(3)
        angles = rng.uniform(-180, 180, 2).round(2).tolist() + [round(rng.uniform(0, 180), 2)]
        rows.append([1 + index % 2, *place, *angles])
    objl = [entry(int(r[0]), *r[1:]) for r in rows]
    masks = [m.astype(np.int8) for m in (even, odd)]
    shape = (48, 48, 48)
    np.save(f"{out}/shapes.npy", quietly(TargetBuilder().generate_with_shapes, objl, np.zeros(shape), masks).astype(np.uint8))
    np.save(f"{out}/spheres.npy", quietly(TargetBuilder().generate_with_spheres, objl, np.zeros(shape), [4, 6]).astype(np.uint8))
    np.save(f"{out}/objects.npy", np.array(rows, dtype=np.float64))
    for name, mask in (("even", even), ("odd", odd)):
        np.save(f"{out}/{name}.npy", mask.astype(np.uint8))


def full(out, shrec):
    objl = []
    for node in ET.parse(os.path.join(shrec, "object_list_tomo0.xml")).getroot():
        a = {key: float(value) for key, value in node.attrib.items()}
        objl.append(entry(int(a["class_label"]), a["z"], a["y"], a["x"], a["phi"], a["psi"], a["the"]))
    masks = [mrcfile.open(f, permissive=True).data.astype(np.int8) for f in sorted(glob.glob(os.path.join(shrec, "masks", "*.mrc")))]
    radii = [6, 6, 3, 6, 6, 7, 6, 4, 4, 3, 10, 8]
    for name, work, argument in (("shapes", "generate_with_shapes", masks), ("spheres", "generate_with_spheres", radii)):
        start, spent = time.time(), time.process_time()
        volume = quietly(getattr(TargetBuilder(), work), objl, np.zeros((200, 512, 512)), argument)
        print(f"{name}: {time.time() - start:.2f} s, {time.process_time() - spent:.2f} s of processor time")
        np.save(f"{out}/{name}.npy", volume.astype(np.uint8))


if __name__ == "__main__":
    {"small": small, "full": full}[sys.argv[1]](*sys.argv[2:])

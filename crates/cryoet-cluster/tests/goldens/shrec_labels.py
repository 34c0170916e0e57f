"""The label volume of a SHREC'19 object list: each class's mask, turned and pasted at each object.

Usage: python shrec_labels.py DATA OUT.npy      (DATA: the folder that holds shrec-2019/)

Arrays are [z, y, x]; classes are the masks in the order of their names; a later object covers an earlier one.
"""

import pathlib
import sys
import xml.etree.ElementTree as xml

import numpy as np
from scipy.ndimage import map_coordinates

SHAPE = (200, 512, 512)


def read_mask(path):
    raw = path.read_bytes()
    nx, ny, nz, mode = np.frombuffer(raw, "<i4", 4)
    extended = np.frombuffer(raw, "<i4", 1, 92)[0]
    dtype = {0: "i1", 1: "<i2", 2: "<f4"}[mode]
    voxels = np.frombuffer(raw, dtype, nx * ny * nz, 1024 + extended)
    return voxels.reshape(nz, ny, nx).astype(np.float32)


def rotation(phi, psi, the):
    """Rz(psi) Rx(the) Rz(phi), acting on (x, y, z)."""

    def rz(degrees):
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])

    c, s = np.cos(np.radians(the)), np.sin(np.radians(the))
    rx = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    return rz(psi) @ rx @ rz(phi)


def turned(mask, matrix):
    """The binary mask after the active rotation about voxel N // 2."""
    half = np.array(mask.shape) // 2
    out = np.indices(mask.shape).reshape(3, -1) - half[:, None]
    source = matrix.T @ out[::-1]
    values = map_coordinates(mask, source[::-1] + half[:, None], order=1)
    return values.reshape(mask.shape) > 0.5


def shrec_labels(data):
    folder = pathlib.Path(data) / "shrec-2019"
    masks = [read_mask(path) for path in sorted((folder / "masks").iterdir())]
    labels = np.zeros(SHAPE, np.uint8)
    for item in xml.parse(folder / "object_list_tomo0.xml").getroot():
        label = int(item.get("class_label"))
        shape = turned(masks[label - 1], rotation(*(float(item.get(a)) for a in ("phi", "psi", "the"))))
        start = np.array([int(item.get(a)) for a in "zyx"]) - np.array(shape.shape) // 2
        voxels = np.argwhere(shape) + start
        inside = ((voxels >= 0) & (voxels < SHAPE)).all(axis=1)
        labels[tuple(voxels[inside].T)] = label
    return labels


if __name__ == "__main__":
    np.save(sys.argv[2], shrec_labels(sys.argv[1]))

"""The Python packages of the field against cryoet-io, in both directions.

    python -m venv v && v/bin/pip install mrcfile starfile imodmodel emfile dynamotable copick h5py numpy pandas scipy
    v/bin/python tests/oracles/oracles.py run        # has tests/goldens.rs read their files, and write files that they then read

In single steps:

    v/bin/python tests/oracles/oracles.py make       # writes tests/goldens, which tests/goldens.rs reads
    CRYOET_IO_WRITE=DIR cargo test -p cryoet-io --test goldens
    v/bin/python tests/oracles/oracles.py check DIR  # reads what that test wrote
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import copick.models
import copick.util.formats
import dynamotable
import emfile
import h5py
import imodmodel
import mrcfile
import numpy as np
import pandas as pd
import starfile
from scipy.spatial.transform import Rotation

GOLDENS = Path(__file__).parent.parent / "goldens"

# Three particles: x, y, z in voxels from 0; RELION angles; score; class.
XYZ = np.array([[30.25, 20.0, 10.5], [0.0, 0.0, 0.0], [99.0, 63.0, 44.0]])
ANGLES = np.array([[10.0, 20.0, 30.0], [0.0, 0.0, 0.0], [-120.0, 150.0, 75.0]])
SCORES = np.array([0.75, 0.5, 0.25])
CLASSES = np.array([2, 1, 2])
VOXEL_SIZE = 13.48
SHAPE = np.array([45, 64, 100])  # z, y, x


def volume(dtype):
    values = np.arange(3 * 4 * 5).reshape(3, 4, 5)
    return (values - 20 if np.issubdtype(dtype, np.signedinteger) or np.issubdtype(dtype, np.floating) else values).astype(dtype)


def make():
    GOLDENS.mkdir(exist_ok=True)
    for name, dtype in [("int8", np.int8), ("int16", np.int16), ("float32", np.float32), ("uint16", np.uint16), ("float16", np.float16)]:
        with mrcfile.new(GOLDENS / f"mrcfile_{name}.mrc", overwrite=True) as mrc:
            mrc.set_data(volume(dtype))
            mrc.voxel_size = VOXEL_SIZE
            mrc.header.origin = (1.0, 2.0, 3.0)
            mrc.header.exttyp = b"FEI1"
            mrc.set_extended_header(np.frombuffer(b"seven..", dtype="V7"))
    for compression, suffix in [("gzip", "gz"), ("bzip2", "bz2")]:
        with mrcfile.new(GOLDENS / f"mrcfile.mrc.{suffix}", compression=compression, overwrite=True) as mrc:
            mrc.set_data(volume(np.float32))
            mrc.voxel_size = VOXEL_SIZE
    with h5py.File(GOLDENS / "h5py_float16.h5", "w") as file:
        file.create_dataset("dataset", data=volume(np.float16), chunks=(2, 2, 2), compression="gzip", shuffle=True)
    with h5py.File(GOLDENS / "h5py_int8.h5", "w") as file:
        file.create_dataset("dataset", data=volume(np.int8))
    with h5py.File(GOLDENS / "h5py_bool.h5", "w") as file:
        file.create_dataset("mask", data=volume(np.uint8) % 3 == 1)
    with h5py.File(GOLDENS / "h5py_lzf.h5", "w") as file:
        file.create_dataset("tomogram", data=volume(np.float32), chunks=(3, 4, 3), compression="lzf")
    np.save(GOLDENS / "numpy_fortran_big_endian.npy", np.asfortranarray(volume(np.dtype(">i4"))))
    np.savez(GOLDENS / "numpy.npz", tomogram=volume(np.float32), labels=volume(np.uint8))
    np.savez_compressed(GOLDENS / "numpy_compressed.npz", tomogram=np.asfortranarray(volume(np.int16)))
    with h5py.File(GOLDENS / "h5py_scores.h5", "w") as file:
        for label in range(12):
            file.create_dataset(f"class{label}", data=volume(np.float16) + label)
    # A group, one within it, and a link back.
    with h5py.File(GOLDENS / "h5py_groups.h5", "w") as file:
        file.create_dataset("tomograms/t", data=volume(np.int8))
        file.create_dataset("tomograms/more/u", data=volume(np.uint8))
        file.create_dataset("tomograms/names", data=np.arange(3))
        file["tomograms/more/back"] = file["tomograms"]
    # A promise of 10^18 voxels in a file of a few kilobytes.
    with h5py.File(GOLDENS / "h5py_promises.h5", "w") as file:
        file.create_dataset("dataset", shape=(10**6,) * 3, dtype=np.float32, chunks=(64, 64, 64), fillvalue=3)
    with mrcfile.new(GOLDENS / "mrcfile_complex.mrc", overwrite=True) as mrc:
        mrc.set_data((volume(np.float32) + 1j * volume(np.float32)[::-1]).astype(np.complex64))
    with mrcfile.new(GOLDENS / "mrcfile_stack.mrc", overwrite=True) as mrc:
        mrc.set_data(np.stack([volume(np.int16), volume(np.int16) + 100]))
    emfile.write(GOLDENS / "emfile.em", volume(np.float32), overwrite=True)

    centred = (XYZ - SHAPE[::-1] / 2) * VOXEL_SIZE
    particles = pd.DataFrame(
        {
            "rlnTomoName": ["TS_01"] * 3,
            **{f"rlnCenteredCoordinate{axis}Angst": centred[:, i] for i, axis in enumerate("XYZ")},
            **{f"rlnAngle{name}": ANGLES[:, i] for i, name in enumerate(["Rot", "Tilt", "Psi"])},
            "rlnOpticsGroup": [1, 1, 1],
            "rlnClassNumber": CLASSES,
            "rlnAutopickFigureOfMerit": SCORES,
            "note": ["a b", "plain", "c d"],
        }
    )
    optics = pd.DataFrame({"rlnOpticsGroup": [1], "rlnVoltage": [300.0]})
    starfile.write({"optics": optics, "particles": particles}, GOLDENS / "starfile_relion5.star", overwrite=True)

    # Dynamo counts from the first voxel's corner; the angles are those of another test.
    table = pd.DataFrame({"x": XYZ[:, 0] + 0.5, "y": XYZ[:, 1] + 0.5, "z": XYZ[:, 2] + 0.5, "cc": SCORES, "class": CLASSES, "tomo": [4, 4, 4]})
    dynamotable.write(table, GOLDENS / "dynamotable.tbl")

    model = pd.DataFrame({"object_id": [0] * 3, "contour_id": [0] * 3, "x": XYZ[:, 0] + 0.5, "y": XYZ[:, 1] + 0.5, "z": XYZ[:, 2]})
    imodmodel.write(model, GOLDENS / "imodmodel.mod")

    points = [
        copick.models.CopickPoint(location=dict(zip("xyz", xyz * VOXEL_SIZE)), score=score, instance_id=i)
        for i, (xyz, score) in enumerate(zip(XYZ, SCORES))
    ]
    picks = copick.models.CopickPicksFile(
        pickable_object_name="ribosome", user_id="oracle", session_id="1", run_name="TS_01", voxel_spacing=VOXEL_SIZE, points=points
    )
    turns = np.tile(np.eye(4), (3, 1, 1))
    # RELION's angles turn the particle back onto the reference.
    turns[:, :3, :3] = Rotation.from_euler("ZYZ", ANGLES, degrees=True).inv().as_matrix()
    copick.util.formats.write_picks_csv(GOLDENS / "copick.csv", "TS_01", XYZ * VOXEL_SIZE, turns, SCORES, np.arange(3))
    (GOLDENS / "copick.json").write_text(json.dumps(picks.model_dump()))


def check(folder):
    def close(ours, expected, what, tolerance=1e-3):
        assert np.allclose(ours, expected, atol=tolerance), f"{what}: {ours} instead of {expected}"
        print("agrees:", what)

    with mrcfile.open(folder / "volume.mrc") as mrc:
        close(mrc.data, volume(np.float32), "mrcfile: voxels")
        close([mrc.voxel_size[axis] for axis in "xyz"], [VOXEL_SIZE] * 3, "mrcfile: voxel size")
        close([mrc.header.origin[axis] for axis in "xyz"], [3.0, 2.0, 1.0], "mrcfile: origin")
        assert mrcfile.validate(folder / "volume.mrc"), "mrcfile: not valid MRC2014"
    with mrcfile.open(folder / "labels.mrc") as mrc:
        assert mrc.data.dtype == np.int8
        close(mrc.data, volume(np.uint16), "mrcfile: labels")
    close(np.load(folder / "volume.npy"), volume(np.float32), "numpy: voxels")
    with np.load(folder / "volume.npz") as arrays:
        close(arrays["arr_0"], volume(np.float32), "numpy: voxels of an archive")
    with np.load(folder / "named.npz") as arrays:
        assert arrays["first"].dtype == arrays["zweite \u00e5"].dtype == np.int16
        close([arrays["first"], arrays["zweite \u00e5"]], [volume(np.int16), volume(np.int16) + 50], "numpy: named voxels")
    for name, dtype in [("volume", np.float32), ("labels", np.uint8)]:
        with h5py.File(folder / f"{name}.h5") as file:
            assert list(file) == ["dataset"] and file["dataset"].dtype == dtype and file["dataset"].fillvalue == 0
            close(file["dataset"][...], volume(dtype), f"h5py: {name}")
    for dtype in [np.int8, np.uint8, np.int16, np.uint16, np.uint32, np.float32]:
        with h5py.File(folder / f"named_{np.dtype(dtype)}.h5") as file:
            assert file["first"].dtype == dtype
            close([file["first"][...], file["zweite \u00e5"][...]], [volume(dtype), volume(dtype) + 50], f"h5py: {np.dtype(dtype)}")
    with h5py.File(folder / "scores.h5") as file:
        assert sorted(file) == sorted(f"class{label}" for label in range(13)) and file["class12"].dtype == np.float16
        close([file[f"class{label}"][...] for label in range(13)], [volume(np.float32) + label for label in range(13)], "h5py: score maps")
    close(emfile.read(folder / "volume.em")[1], volume(np.float32), "emfile: voxels")

    for name in ["relion5", "relion4", "relion31", "relion3"]:
        blocks = starfile.read(folder / f"{name}.star", always_dict=True)
        table = blocks.get("particles", next(iter(blocks.values())))
        if name == "relion5":
            xyz = np.stack([table[f"rlnCenteredCoordinate{axis}Angst"] for axis in "XYZ"], 1) / VOXEL_SIZE + SHAPE[::-1] / 2
        else:
            xyz = np.stack([table[f"rlnCoordinate{axis}"] for axis in "XYZ"], 1) / (4 if name == "relion4" else 1)
        close(xyz, XYZ, f"starfile: positions of {name}")
        close(np.stack([table[f"rlnAngle{a}"] for a in ["Rot", "Tilt", "Psi"]], 1)[[0, 2]], ANGLES[[0, 2]], f"starfile: angles of {name}")
        close(table["rlnAutopickFigureOfMerit"], SCORES, f"starfile: scores of {name}")
        close(table["rlnClassNumber"], CLASSES, f"starfile: classes of {name}")

    table = dynamotable.read(folder / "dynamo.tbl")
    close(table[["x", "y", "z"]] - 0.5, XYZ, "dynamotable: positions")
    close(table["apix"], [VOXEL_SIZE] * 3, "dynamotable: voxel size")

    model = imodmodel.read(folder / "imod.mod")
    order = np.argsort(CLASSES, kind="stable")
    close(model[["x", "y", "z"]] - [0.5, 0.5, 0.0], XYZ[order], "imodmodel: positions")

    _, motl = emfile.read(folder / "motl.em")
    motl = motl.reshape(-1, 20)
    close(motl[:, 7:10] + motl[:, 10:13] - 1, XYZ, "emfile: positions of a motive list")
    close(motl[:, 0], SCORES, "emfile: scores of a motive list")

    picks = copick.models.CopickPicksFile(**json.loads((folder / "copick.json").read_text()))
    xyz = [[p.location.x, p.location.y, p.location.z] for p in picks.points]
    close(np.array(xyz) / picks.voxel_spacing, XYZ, "copick: positions")
    close([p.score for p in picks.points], SCORES, "copick: scores")
    table = copick.util.formats.read_picks_csv(folder / "copick.csv")
    positions, turns, scores = copick.util.formats.csv_to_copick_arrays(table)["TS_01"][:3]
    close(positions / VOXEL_SIZE, XYZ, "copick's table: positions")
    expected = Rotation.from_euler("ZYZ", ANGLES, degrees=True).inv().as_matrix()
    close(turns[:, :3, :3], expected, "copick's table: orientations")
    close(scores, SCORES, "copick's table: scores")


def run():
    with tempfile.TemporaryDirectory() as folder:
        command = ["cargo", "test", "--quiet", "--package", "cryoet-io", "--test", "goldens"]
        subprocess.run(command, check=True, cwd=GOLDENS, env={**os.environ, "CRYOET_IO_WRITE": folder})
        check(Path(folder))


if __name__ == "__main__":
    if sys.argv[1:] == ["make"]:
        make()
    elif sys.argv[1:] == ["run"]:
        run()
    elif len(sys.argv) == 3 and sys.argv[1] == "check":
        check(Path(sys.argv[2]))
    else:
        sys.exit(__doc__)

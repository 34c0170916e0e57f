"""zarr-python 3 and ome-zarr against cryoet-io's feature zarr, in both directions (copick, which oracles.py needs, wants zarr 2).

    python -m venv z && z/bin/pip install "zarr>=3" ome-zarr numpy
    z/bin/python tests/oracles/zarr_oracles.py make       # writes tests/goldens/zarr, which tests/goldens.rs reads
    CRYOET_IO_WRITE=DIR cargo test -p cryoet-io --features zarr --test goldens
    z/bin/python tests/oracles/zarr_oracles.py check DIR  # reads what that test wrote
"""

import shutil
import sys
from pathlib import Path

import numcodecs
import numpy as np
import ome_zarr.io
import ome_zarr.reader
import zarr

GOLDENS = Path(__file__).parent.parent / "goldens" / "zarr"
VOXEL_SIZE = 13.48


def volume(dtype):
    return (np.arange(3 * 4 * 5).reshape(3, 4, 5) - 20).astype(dtype)


def make(folder):
    """One OME-Zarr of each version, of different codecs, axes and levels."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, version, compressor in [
        ("blosc_lz4", 2, numcodecs.Blosc("lz4", shuffle=numcodecs.Blosc.BITSHUFFLE)),
        ("blosc_zstd", 2, numcodecs.Blosc("zstd")),
        ("gzip", 2, numcodecs.GZip(5)),
        ("zstd", 2, numcodecs.Zstd(3)),
        ("plain", 2, None),
        ("v3_zstd", 3, zarr.codecs.ZstdCodec()),
        ("v3_gzip", 3, zarr.codecs.GzipCodec()),
        ("v3_blosc", 3, zarr.codecs.BloscCodec(cname="lz4", shuffle="shuffle")),
        ("v3_sharded", 3, zarr.codecs.ZstdCodec()),
    ]:
        group = zarr.open_group(folder / f"{name}.zarr", mode="w", zarr_format=version)
        # A channel in front, as other fields have it; the portal's have z, y, x alone.
        data = volume(np.float32)[None] if name == "gzip" else volume(np.int16 if name == "blosc_zstd" else np.float32)
        more = {"shards": (4, 6, 5)} if name == "v3_sharded" else {}
        extra = {"chunk_key_encoding": {"name": "v2", "separator": "/"}} if version == 2 else {}
        array = group.create_array(
            "0", shape=data.shape, dtype=data.dtype, chunks=(1,) * (data.ndim - 3) + (2, 3, 5), compressors=compressor, fill_value=0, **more, **extra
        )
        array[...] = data
        axes = [{"name": "c", "type": "channel"}] * (data.ndim - 3) + [{"name": a, "type": "space", "unit": "angstrom"} for a in "zyx"]
        scale = [1.0] * (data.ndim - 3) + [VOXEL_SIZE] * 3
        translation = [0.0] * (data.ndim - 3) + [3.0, 2.0, 1.0]
        transformations = [{"type": "scale", "scale": scale}, {"type": "translation", "translation": translation}]
        multiscales = [{"name": "/", "axes": axes, "datasets": [{"path": "0", "coordinateTransformations": transformations}]}]
        if version == 2:
            group.attrs["multiscales"] = [{**multiscales[0], "version": "0.4"}]
        else:
            group.attrs["ome"] = {"version": "0.5", "multiscales": multiscales}


def close(ours, expected, what, tolerance=1e-3):
    assert np.allclose(ours, expected, atol=tolerance), f"{what}: {ours} instead of {expected}"
    print("agrees:", what)


def check(folder):
    for name in ["volume_04.zarr", "volume_05.zarr"]:
        group = zarr.open_group(folder / name, mode="r")
        attributes = dict(group.attrs)
        attributes = attributes.get("ome", attributes)["multiscales"][0]
        assert [axis["unit"] for axis in attributes["axes"]] == ["angstrom"] * 3
        close(group["0"][...], volume(np.float32), f"zarr: voxels of {name}")
        scale, translation = attributes["datasets"][0]["coordinateTransformations"]
        close(scale["scale"], [VOXEL_SIZE] * 3, f"zarr: voxel size of {name}")
        close(translation["translation"], [1.0, 2.0, 3.0], f"zarr: origin of {name}")
        half = volume(np.float32)[:2, :, :4].reshape(1, 2, 2, 2, 2, 2).mean((1, 3, 5))
        close(group["1"][...], half, f"zarr: second level of {name}")
        (node,) = ome_zarr.reader.Reader(ome_zarr.io.parse_url(folder / name, mode="r"))()
        close(node.data[0].compute(), volume(np.float32), f"ome-zarr: voxels of {name}")
        close(node.data[1].compute(), half, f"ome-zarr: second level of {name}")
        close(node.metadata["coordinateTransformations"][0][0]["scale"], [VOXEL_SIZE] * 3, f"ome-zarr: voxel size of {name}")


if __name__ == "__main__":
    if sys.argv[1:] == ["make"]:
        make(GOLDENS)
    elif len(sys.argv) == 3 and sys.argv[1] == "check":
        check(Path(sys.argv[2]))
    else:
        sys.exit(__doc__)

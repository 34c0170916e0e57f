"""DeepFinder's network saved by Keras 2 and Keras 3, and its soft-max outputs: goldens for tests/keras_import.rs.

    python -m pip install cryoet-deepfinder==0.2.1                 # Keras 2, TensorFlow 2.13; the package builds its own network
    python crates/cryoet-net/tests/oracles/keras_files.py crates/cryoet-net/tests/oracles/keras2

    python -m pip install keras==3.* torch==2.11.0 h5py            # Keras 3, the network built here
    KERAS_BACKEND=torch python crates/cryoet-net/tests/oracles/keras_files.py crates/cryoet-net/tests/oracles/keras3

Weights follow a closed formula with a short period, so that the files, rewritten with gzip, stay small.
"""

import json
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np

EDGE, CLASSES = 12, 3


def build():
    try:
        from deepfinder.models import my_model
    except ImportError:
        return build_here()
    return my_model(EDGE, CLASSES)


def build_here():
    from keras import Input, Model, layers

    def conv(filters, size, x):
        return layers.Conv3D(filters, size, padding="same", activation="relu")(x)

    given = Input((None, None, None, 1))
    high = conv(32, 3, conv(32, 3, given))
    mid = conv(48, 3, conv(48, 3, layers.MaxPooling3D(2)(high)))
    x = layers.MaxPooling3D(2)(mid)
    for _ in range(4):
        x = conv(64, 3, x)
    x = conv(64, 2, layers.UpSampling3D(2)(x))
    x = conv(48, 3, conv(48, 3, layers.Concatenate()([x, mid])))
    x = conv(48, 2, layers.UpSampling3D(2)(x))
    x = conv(32, 3, conv(32, 3, layers.Concatenate()([x, high])))
    return Model(given, layers.Conv3D(CLASSES, 1, padding="same", activation="softmax")(x))


def pattern(count, scale, phase):
    return (scale * (((np.arange(count, dtype=np.int64) * 7919 + phase) % 211) / 105.0 - 1.0)).astype(np.float32)


def rewrite(source, target):
    """The same tree and attributes with compressed data sets."""

    def copy(name, item):
        if isinstance(item, h5py.Dataset):
            packed = dict(chunks=item.shape, compression="gzip", compression_opts=9) if item.size > 100 else {}
            new = target.create_dataset(name, data=item[()], **packed)
        else:
            new = target.require_group(name)
        for key, value in item.attrs.items():
            new.attrs[key] = value

    for key, value in source.attrs.items():
        if key not in ("model_config", "training_config"):
            target.attrs[key] = value
    source.visititems(lambda name, item: copy(name, item) if "optimizer" not in name else None)


def main():
    out = Path(sys.argv[1])
    model = build()
    weights = model.get_weights()
    for index, array in enumerate(weights):
        fan_in = int(np.prod(array.shape[:-1]))
        scale = 0.1 if array.ndim == 1 else (3.0 / fan_in) ** 0.5
        weights[index] = pattern(array.size, scale, 31 * index).reshape(array.shape)
    model.set_weights(weights)
    volume = pattern(EDGE**3, 1.0, 5).astype(np.float64)
    volume = ((volume - volume.mean()) / volume.std()).astype(np.float32).reshape(1, EDGE, EDGE, EDGE, 1)
    probability = np.asarray(model.predict(volume, verbose=0))[0]
    with tempfile.TemporaryDirectory() as folder:
        names = ["model.h5"] + (["model.weights.h5"] if hasattr(model, "save_weights") and "3" in out.name else [])
        for name in names:
            path = Path(folder) / name
            (model.save_weights if "weights" in name else model.save)(path)
            with h5py.File(path) as source, h5py.File(f"{out}.{name}", "w") as target:
                rewrite(source, target)
    golden = {"score": [round(float(v), 6) for v in probability.max(-1).ravel()], "channel": [int(c) for c in probability.argmax(-1).ravel()]}
    Path(f"{out}.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""make_keras.py: records Keras's models and answers in tests/golden/keras.

With Keras 3 (KERAS_BACKEND=torch) writes keras3*.zip and hdf5.zip, with TensorFlow 2.15 (Keras 2) keras2.zip. An archive of models has
for each NAME its file NAME.keras or NAME.h5, inputs NAME.x.npy (h and c of
states), answers NAME.y.npy, and where some steps are padding NAME.lengths.npy
and the same with the padding in front, NAME.left_x.npy and NAME.left_y.npy.
"""
import io
import json
import os
import pathlib
import sys
import tempfile
import zipfile

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import h5py
import numpy as np

import keras

import keras_hdf5
from keras_models import (
    I, T, H, Graphs, Models, refused, refused_graphs, repeated, operations)

SECOND = keras.__version__ < "3"
HERE = pathlib.Path(__file__).parent / "keras"
B = 2


def numbers(value):
    """An array of whichever tensor."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.asarray(value, dtype=np.float32)


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


class Archive:
    """A zip file that is the same for the same content."""

    def __init__(self, name):
        HERE.mkdir(exist_ok=True)
        self.zip = zipfile.ZipFile(HERE / name, "w", zipfile.ZIP_DEFLATED,
                                   compresslevel=9)

    def add(self, name, data):
        self.zip.writestr(zipfile.ZipInfo(name), data,
                          compress_type=zipfile.ZIP_DEFLATED, compresslevel=9)


def fill(model, rng):
    """Weights large enough to matter, variances positive."""
    for w in model.weights:
        if "seed" in w.name + getattr(w, "path", "") or w.name.startswith(
                ("mean", "variance", "count")):
            continue
        low = 0.2 if "variance" in w.name else -0.8
        w.assign(rng.uniform(low, 0.9, tuple(w.shape)).astype(np.float32))


def inputs(kind, rng):
    """What a model reads, and the lengths if some of it is padding."""
    lengths = np.array([T, 3], np.int64)
    if kind in ("tokens", "padded"):
        x = rng.integers(1, 7, (B, T)).astype(np.int32)
        if kind == "tokens":
            return [x], None
        x[1, lengths[1]:] = 0
        return [x], lengths
    if kind == "numbers":
        return [rng.standard_normal((B, T)).astype(np.float32)], None
    x = rng.standard_normal((B, T, I)).astype(np.float32)
    if kind == "masked":
        x[1, lengths[1]:] = -1
        return [x], lengths
    if kind == "states":
        return [x] + [rng.uniform(-1, 1, (B, H)).astype(np.float32)
                      for _ in range(2)], None
    return [x], None


def bytes_of(model, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / ("model" + suffix)
        model.save(path if not SECOND else str(path))
        return path.read_bytes()


def record(archive, name, model, kind, suffixes, rng):
    fill(model, rng)
    x, lengths = inputs(kind, rng)
    y = model(x[0] if len(x) == 1 else x)
    for suffix in suffixes:
        archive.add(name + suffix, bytes_of(model, suffix))
    for letter, value in zip(("x", "h", "c"), x):
        archive.add(f"{name}.{letter}.npy", npy(value))
    if lengths is not None:
        archive.add(f"{name}.lengths.npy", npy(lengths))
    if lengths is not None:
        left = np.stack([np.roll(row, T - n, axis=0)
                         for row, n in zip(x[0], lengths)])
        archive.add(f"{name}.left_x.npy", npy(left))
        archive.add(f"{name}.left_y.npy", npy(numbers(model(left))))
    y = y if isinstance(y, (list, tuple)) else [y]
    letters = "yhc" if kind == "states" else "yz"
    for letter, value in zip(letters, y):
        end = "" if letter in "yz" else "_n"
        archive.add(f"{name}.{letter}{end}.npy", npy(numbers(value)))


def trained(rng):
    """With what an optimizer keeps."""
    L = keras.layers
    model = keras.Sequential([keras.Input((T, I)), L.LSTM(H, dropout=0.1),
                              L.Dropout(0.1), L.Dense(2)])
    model.compile("adam", "mse")
    model.fit(rng.standard_normal((4, T, I)), rng.standard_normal((4, 2)),
              verbose=0)
    return model


def typed(name):
    """In another type of numbers."""
    L = keras.layers
    return keras.Sequential([
        keras.Input((T, I), dtype=name),
        L.LSTM(H, dtype=name, recurrent_initializer="zeros"),
        L.Dense(2, dtype=name)])


def record_old(archive, rng):
    """The .h5 of early Keras, whose config is the list of layers."""
    L = keras.layers
    model = keras.Sequential([keras.Input((T, I)), L.Bidirectional(L.LSTM(H)),
                              L.Dense(2)])
    fill(model, rng)
    out = io.BytesIO(bytes_of(model, ".h5"))
    with h5py.File(out, "r+") as f:
        config = json.loads(f.attrs["model_config"])
        config["config"] = [layer for layer in config["config"]["layers"]
                            if layer["class_name"] != "InputLayer"]
        config["config"][0]["config"]["batch_input_shape"] = [None, T, I]
        config["config"][0]["config"].pop("backward_layer", None)
        f.attrs["model_config"] = np.bytes_(json.dumps(config).encode())
    x = inputs("steps", rng)[0][0]
    archive.add("old.h5", out.getvalue())
    archive.add("old.x.npy", npy(x))
    archive.add("old.y.npy", npy(numbers(model(x))))


def record_half(archive, rng):
    """Weights in bfloat16, and what they give in float32."""
    half, whole = typed("bfloat16"), typed("float32")
    fill(half, rng)
    for a, b in zip(half.weights, whole.weights):
        b.assign(numbers(a.value.float()))
    x = inputs("steps", rng)[0][0]
    archive.add("bfloat16.keras", bytes_of(half, ".keras"))
    archive.add("bfloat16.x.npy", npy(x))
    archive.add("bfloat16.y.npy", npy(numbers(whole(x))))


def record_adapted(archive, rng):
    """Small kernels that training adds to others (LoRA), apart in an .h5."""
    L = keras.layers
    model = keras.Sequential([keras.Input((T,), dtype="int32"),
                              L.Embedding(7, I), L.LSTM(H), L.Dense(3)])
    model.layers[0].enable_lora(2)
    model.layers[2].enable_lora(2, lora_alpha=5)
    record(archive, "adapted", model, "tokens", [".keras", ".h5"], rng)


def record_unknown(archive):
    """A setting that a later Keras may have."""
    L = keras.layers
    model = keras.Sequential([keras.Input((T, I)), L.Bidirectional(
        L.RNN(L.LSTMCell(H), return_sequences=True), name="both")])
    whole = zipfile.ZipFile(io.BytesIO(bytes_of(model, ".keras")))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in whole.namelist():
            data = whole.read(name)
            if name == "config.json":
                config = json.loads(data)
                both = config["config"]["layers"][-1]["config"]
                both["layer"]["config"]["cell"]["config"]["projection"] = 3
                data = json.dumps(config)
            changed.writestr(zipfile.ZipInfo(name), data)
    archive.add("refused/unknown.keras", out.getvalue())


def record_graphs():
    """Functional models, by themselves."""
    keras.utils.set_random_seed(15)
    rng = np.random.default_rng(15)
    archive = Archive("keras3_graphs.zip")
    for i, (name, (model, kind)) in enumerate(
            Graphs(keras, False).build().items()):
        suffixes = [".keras", ".h5"] if i % 3 == 0 else [".keras"]
        record(archive, name, model, kind, suffixes, rng)
    for name, model in refused_graphs(keras).items():
        archive.add(f"refused/{name}.keras", bytes_of(model, ".keras"))
    record_packed(archive, rng)
    record_compressed(archive, rng)
    archive.zip.close()


def record_repeated():
    """Vectors that are repeated, in an archive of their own."""
    keras.utils.set_random_seed(21)
    rng = np.random.default_rng(21)
    archive = Archive("keras3_repeat.zip")
    made, bad = repeated(keras)
    for i, (name, (model, kind)) in enumerate(made.items()):
        suffixes = [".keras", ".h5"] if i % 4 == 0 else [".keras"]
        record(archive, name, model, kind, suffixes, rng)
    for name, model in bad.items():
        archive.add(f"refused/{name}.keras", bytes_of(model, ".keras"))
    archive.zip.close()


def record_operations():
    """Functions and operators, in an archive of their own."""
    keras.utils.set_random_seed(22)
    rng = np.random.default_rng(22)
    archive = Archive("keras3_operations.zip")
    made, bad = operations(keras)
    for name, (model, kind) in made.items():
        suffixes = [".keras", ".h5"] if name == "each" else [".keras"]
        record(archive, name, model, kind, suffixes, rng)
    for name, model in bad.items():
        archive.add(f"refused/{name}.keras", bytes_of(model, ".keras"))
    model = keras.Sequential([keras.Input((T, I)), keras.layers.GRU(3),
                              keras.layers.Dense(2, name="dense")])
    model.quantize("int8")
    archive.add("refused/int8.keras", bytes_of(model, ".keras"))
    archive.zip.close()


def record_apart():
    """Layers as JSON and weights as the HDF5 of older Keras, apart."""
    from keras.src.legacy.saving import legacy_h5_format
    keras.utils.set_random_seed(16)
    L = keras.layers
    archive = Archive("keras3_apart.zip")
    model = keras.Sequential([keras.Input((T, I)), L.LSTM(
        H, recurrent_activation="hard_sigmoid", return_sequences=True),
        L.Bidirectional(L.GRU(3)), L.Dense(2)])
    record(archive, "apart", model, "steps", [], np.random.default_rng(16))
    archive.add("apart.json", model.to_json().encode())
    out = io.BytesIO()
    with h5py.File(out, "w") as f:
        legacy_h5_format.save_weights_to_hdf5_group(f, model)
    archive.add("apart.h5", out.getvalue())

    # a layer that takes a mask of steps for one of features
    masked = keras.Sequential([keras.Input((T,)), L.Embedding(
        7, T, mask_zero=True), L.Softmax(name="soft"), L.LSTM(H)])
    archive.add("refused/softmax.keras", bytes_of(masked, ".keras"))
    archive.zip.close()


def record_compressed(archive, rng):
    """An .h5 that h5py wrote again, in chunks that are compressed."""
    L = keras.layers
    model = keras.Sequential([keras.Input((T, I)), L.GRU(
        H, return_sequences=True), L.BatchNormalization(), L.Dense(2)])
    record(archive, "compressed", model, "steps", [], rng)
    how = {"compression": "gzip", "shuffle": True, "fletcher32": True}
    out = io.BytesIO()
    with h5py.File(io.BytesIO(bytes_of(model, ".h5")), "r") as old, \
            h5py.File(out, "w", libver=("v110", "v110")) as new:
        new.attrs.update(old.attrs)

        def copy(name, item):
            if isinstance(item, h5py.Dataset):
                made = new.create_dataset(name, data=item[()],
                                          **(how if item.ndim else {}))
            else:
                made = new.require_group(name)
            made.attrs.update(item.attrs)

        old.visititems(copy)
    archive.add("compressed.h5", out.getvalue())


def record_packed(archive, rng):
    """A .keras file that was unpacked, and packed with its folder."""
    L = keras.layers
    model = keras.Sequential([keras.Input((T, I)), L.LSTM(H), L.Dense(2)])
    record(archive, "packed", model, "steps", [], rng)
    whole = zipfile.ZipFile(io.BytesIO(bytes_of(model, ".keras")))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in whole.namelist():
            changed.writestr(zipfile.ZipInfo("model/" + name), whole.read(name))
            changed.writestr(zipfile.ZipInfo("__MACOSX/model/._" + name), "x")
    archive.add("packed.keras", out.getvalue())


def main():
    if "repeat" in sys.argv:
        return record_repeated()
    if "operations" in sys.argv:
        return record_operations()
    keras.utils.set_random_seed(14)
    rng = np.random.default_rng(14)
    archive = Archive("keras2.zip" if SECOND else "keras3.zip")
    for i, (name, (model, kind)) in enumerate(
            Models(keras, SECOND).build().items()):
        # the older file of every second one as well
        suffixes = [".keras", ".h5"] if i % 2 == 0 else [".keras"]
        record(archive, name, model, kind, suffixes, rng)
    record(archive, "trained", trained(rng), "steps", [".keras", ".h5"], rng)
    record(archive, "float64", typed("float64"), "steps", [".keras"], rng)
    record_old(archive, rng)
    if not SECOND:
        record_half(archive, rng)
        model = typed("float32")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "model.weights.h5"
            model.save_weights(path)
            archive.add("refused/weights.h5", path.read_bytes())
        for name, model in refused(keras).items():
            archive.add(f"refused/{name}.keras", bytes_of(model, ".keras"))
        record_adapted(archive, rng)
        record_unknown(archive)
    archive.zip.close()
    if not SECOND:
        record_repeated()
        record_operations()
        keras_hdf5.record(Archive("hdf5.zip"))
        record_graphs()
        record_apart()
    for path in sorted(HERE.glob("*.zip")):
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    sys.exit(main())

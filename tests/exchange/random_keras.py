#!/usr/bin/env python3
"""random_keras.py ELMAN [COUNT]: random Keras models, saved as .keras and as
.h5, become models that give what Keras gives, or are refused.

The recorded models (tests/golden/keras_models.py) with other sizes have to be
taken; COUNT random chains of layers, with settings that Keras draws no line
at, are taken or refused with the layer's name, and never give other numbers.
Needs keras with a backend; ELMAN_SEED changes what is drawn.
"""
import importlib
import logging
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import warnings

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy
import keras

logging.getLogger("absl").setLevel("ERROR")
warnings.simplefilter("ignore")
GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden"
SEED = int(os.environ.get("ELMAN_SEED", "1"))
SECOND = keras.__version__ < "3"
L = keras.layers
sys.path.insert(0, str(GOLDEN))


def fill(model, numbers):
    """Weights large enough to matter, variances positive."""
    for weight in model.weights:
        name = getattr(weight, "path", weight.name)
        if "seed" in name:
            continue
        low = 0.2 if "variance" in name else -0.7
        weight.assign(numbers.uniform(low, 0.8, tuple(weight.shape))
                      .astype(numpy.float32))


def array(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return numpy.stack([array(one) for one in value])
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return numpy.asarray(value, numpy.float32)


class Program:
    def __init__(self, elman):
        self.elman, self.taken, self.refused, self.bad = elman, 0, 0, []

    def call(self, *words):
        got = subprocess.run([self.elman, *map(str, words)], text=True,
                             capture_output=True, timeout=120)
        lines = (got.stdout + got.stderr).strip().splitlines()
        return got.returncode, lines[-1] if lines else ""

    def check(self, name, model, x, ends, must):
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            numpy.save(folder / "y.npy", array(model(x, training=False)))
            # a model of one feature takes an axis for it
            one = x.ndim == 2 and x.dtype.kind == "f"
            numpy.save(folder / "x.npy", x[..., None] if one else x)
            for end in ends:
                path = folder / ("model" + end)
                model.save(str(path) if SECOND else path)
                rc, said = self.call("convert", path,
                                     folder / "m.safetensors", "--reference",
                                     folder / "x.npy", folder / "y.npy")
                if rc == 0:
                    self.taken += 1
                elif rc == 1 and not must and "does not give" not in said:
                    self.refused += 1
                else:
                    self.bad.append(f"{name}{end}: {said}")


# ---- What is recorded, in other sizes ----------------------------------------

def recorded(program, draw, numbers):
    models = importlib.import_module("keras_models")
    # 12 dense layers and chains of functions have the widths they were given
    models.T, models.I, models.H = draw.sample(range(2, 9), 3)
    where = (f"ELMAN_SEED={SEED}, T {models.T}, I {models.I}, "
             f"H {models.H}")
    for name, (model, kind) in models.Models(keras, SECOND).build().items():
        if kind in ("states", "padded", "masked"):
            continue
        fill(model, numbers)
        B, T = draw.randint(1, 4), models.T
        x = {"tokens": lambda: numbers.integers(1, 7, (B, T)).astype("int32"),
             "numbers": lambda: numbers.standard_normal((B, T)),
             "steps": lambda: numbers.standard_normal((B, T, models.I))
             }[kind]()
        if x.dtype.kind == "f":
            x = x.astype(numpy.float32)
        program.check(f"{where}: {name}", model, x, [".keras", ".h5"], True)


# ---- Random chains -----------------------------------------------------------

GATES = ["sigmoid", "hard_sigmoid", "tanh", "linear"]
ACTS = ["tanh", "relu", "linear", "softsign", "elu", "selu", "softplus",
        "hard_sigmoid", "sigmoid", "leaky_relu", "gelu", "exponential"]


def maybe(draw, share, options):
    return options if draw.random() < share else {}


def cell(draw, sequences, cells=False):
    """A recurrent layer with any settings."""
    kind = draw.choice(["LSTM", "GRU", "SimpleRNN"])
    more = {**maybe(draw, 0.3, {"activation": draw.choice(ACTS)}),
            **maybe(draw, 0.2, {"use_bias": False}),
            **maybe(draw, 0.2, {"dropout": 0.2}),
            **maybe(draw, 0.1, {"recurrent_dropout": 0.1})}
    if kind != "SimpleRNN":
        more |= maybe(draw, 0.3, {"recurrent_activation": draw.choice(GATES)})
    if kind == "GRU":
        more |= maybe(draw, 0.5, {"reset_after": draw.random() < 0.5})
    units = draw.randint(1, 6)
    if cells:
        return getattr(L, kind + "Cell")(units, **more)
    more |= maybe(draw, 0.15, {"go_backwards": True})
    more |= maybe(draw, 0.1, {"unroll": True})
    return getattr(L, kind)(units, return_sequences=sequences, **more)


def recurrent(draw, sequences):
    how = draw.random()
    if how < 0.6:
        return cell(draw, sequences)
    if how < 0.75:
        return L.RNN([cell(draw, True, True)
                      for _ in range(draw.randint(1, 3))],
                     return_sequences=sequences)
    layer = cell(draw, sequences)
    return L.Bidirectional(layer, merge_mode=draw.choice(
        ["concat", "sum", "mul", "ave"]))


def other(draw, steps):
    """A layer that keeps the number of axes."""
    make = [lambda: L.Dense(draw.randint(1, 6),
                            activation=draw.choice([None] + ACTS),
                            use_bias=draw.random() < 0.8),
            lambda: L.LayerNormalization(epsilon=draw.choice([1e-3, 1e-5]),
                                         center=draw.random() < 0.8,
                                         scale=draw.random() < 0.8),
            lambda: L.BatchNormalization(epsilon=draw.choice([1e-3, 0.1]),
                                         center=draw.random() < 0.8,
                                         scale=draw.random() < 0.8),
            lambda: L.Activation(draw.choice(ACTS)), lambda: L.Dropout(0.3),
            lambda: L.Softmax(), lambda: L.UnitNormalization(),
            lambda: L.Rescaling(2.0, 0.5)]
    layer = draw.choice(make)()
    return L.TimeDistributed(layer) if steps and draw.random() < 0.2 else layer


def chain(draw):
    """Layers and the shape of their input."""
    T, I = draw.randint(2, 6), draw.randint(1, 5)
    layers = [other(draw, True)] if draw.random() < 0.3 else []
    count = draw.randint(1, 3)
    sequences = draw.random() < 0.5
    for k in range(count):
        layers.append(recurrent(draw, k + 1 < count or sequences))
        if draw.random() < 0.2:
            layers.append(other(draw, k + 1 < count or sequences))
    if sequences and draw.random() < 0.4:
        layers.append(draw.choice([L.GlobalAveragePooling1D,
                                   L.GlobalMaxPooling1D])())
        sequences = False
    for _ in range(draw.randint(0, 2)):
        layers.append(other(draw, sequences))
    return layers, (T, I)


def drawn(program, number):
    draw = random.Random(SEED * 100003 + number)
    numbers = numpy.random.default_rng(SEED * 100003 + number)
    try:
        layers, shape = chain(draw)
        model = keras.Sequential([keras.Input(shape), *layers])
    except ValueError:  # settings that Keras does not put together
        return
    fill(model, numbers)
    x = numbers.standard_normal((draw.randint(1, 3), *shape))
    if not numpy.isfinite(array(model(x.astype(numpy.float32)))).all():
        return
    text = re.sub(r"\s+", " ", ", ".join(
        f"{type(layer).__name__}" for layer in layers))
    program.check(f"ELMAN_SEED={SEED}, chain {number} ({text})", model,
                  x.astype(numpy.float32), [draw.choice([".keras", ".h5"])],
                  False)


def main():
    program = Program(str(pathlib.Path(sys.argv[1]).resolve()))
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    recorded(program, random.Random(SEED), numpy.random.default_rng(SEED))
    for number in range(count):
        drawn(program, number)
    for line in program.bad:
        print(line)
    print(f"{program.taken} files taken, {program.refused} refused, "
          f"{len(program.bad)} failures")
    return 1 if program.bad or not program.taken else 0


sys.exit(main())

"""Models that Keras 3 itself exports to ONNX, by its PyTorch backend: every
step of a recurrent layer written out."""

import os
import pathlib
import tempfile
import zlib

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import onnx
from keras import layers as L

T, I = 3, 3


MODELS = {
    "lstm": lambda: [L.LSTM(3, return_sequences=True, activation="relu",
                            recurrent_activation="tanh"), L.Dense(2)],
    "gru": lambda: [L.GRU(3), L.Dense(2, activation="softmax")],
    "backwards": lambda: [L.LSTM(3, use_bias=False, go_backwards=True),
                          L.Dense(2)],
    "both": lambda: [L.Bidirectional(L.LSTM(2, return_sequences=True)),
                     L.BatchNormalization(), L.Dense(2)],
    "both_last": lambda: [L.Bidirectional(L.GRU(2)), L.Dense(2)],
    "rnn": lambda: [L.SimpleRNN(3, return_sequences=True),
                    L.SimpleRNN(2, activation="relu"), L.Dense(2)],
    "rnn_bare": lambda: [L.SimpleRNN(3, use_bias=False)],
    "gru_before": lambda: [L.GRU(3, return_sequences=True,
                                 reset_after=False), L.Dense(2)],
    "tokens": lambda: [L.Embedding(5, 3), L.SimpleRNN(3),
                       L.UnitNormalization()],
}


def made(name):
    keras.utils.set_random_seed(zlib.crc32(name.encode()) % 2**31)
    draw = np.random.default_rng(zlib.crc32(name.encode()))
    tokens = name == "tokens"
    size, kind = ((T,), "int32") if tokens else ((T, I), "float32")
    model = keras.Sequential([keras.Input(size, dtype=kind), *MODELS[name]()])
    for w in model.weights:
        low = 0.3 if "variance" in w.path else -0.6
        w.assign(draw.uniform(low, 0.7, w.shape).astype("float32"))
    model(np.zeros((1, *size), kind))
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "model.onnx")
        model.export(path, format="onnx", verbose=False)
        graph = onnx.load(path)
    sets = [draw.integers(0, 5, (B, T)).astype(kind) if tokens
            else draw.standard_normal((B, T, I)).astype(kind) for B in (2, 3)]
    want = [keras.ops.convert_to_numpy(model(x)) for x in sets]
    return graph, sets, want


def keras_made_cases(book):
    from onnx_book import runtime
    for name in MODELS:
        case = "graph_keras3_" + name
        if not book.wants(case):
            continue
        graph, sets, want = made(name)
        x, y = graph.graph.input[0].name, graph.graph.output[0].name
        sets = [{x: array} for array in sets]
        got = [runtime(graph, inputs) for inputs in sets]
        for mine, theirs in zip(got, want):
            assert np.abs(mine[y] - theirs).max() < 1e-5, name
        ahead = {"streams": False} if "both" in name or "back" in name else {}
        book.add(case, graph, sets, got, **ahead)

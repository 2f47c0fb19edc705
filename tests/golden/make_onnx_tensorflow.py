#!/usr/bin/env python3
"""Records Keras 2 models as tf2onnx writes them: tests/golden/onnx/tf2onnx_*.

    python3 -m venv venv
    venv/bin/pip install tensorflow-cpu==2.15.1 tf2onnx "onnx==1.15.0" \\
        "protobuf<5" "onnxruntime==1.17.3" "numpy<2"
    venv/bin/python tests/golden/make_onnx_tensorflow.py [PATTERN]

TensorFlow 2.15, tf2onnx 1.16 and ONNX Runtime 1.17 made the committed files.
What ONNX Runtime gives is held to what Keras gives. PATTERN is as for
make_onnx.py.
"""
import os
import sys
import zlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf
import tf2onnx

from onnx_book import Book, runtime

K, L = tf.keras, tf.keras.layers
I, H, C = 3, 4, 2


def many(cell, **more):
    return cell(H, return_sequences=True, **more)


# name: opset, layers; tokens if an embedding comes first
MODELS = {
    "last": (13, lambda: [L.LSTM(H), L.Dense(C, activation="softmax")]),
    "opset9": (9, lambda: [many(L.GRU), L.Dense(C)]),
    "both": (13, lambda: [L.Bidirectional(many(L.LSTM)), L.Dense(C)]),
    "both_last": (13, lambda: [L.Bidirectional(L.GRU(H)), L.Dense(C)]),
    "both_ave": (17, lambda: [
        L.Bidirectional(many(L.LSTM), merge_mode="ave"), L.Dense(C)]),
    "both_tokens": (13, lambda: [
        L.Embedding(9, I), L.Bidirectional(many(L.LSTM)),
        L.TimeDistributed(L.Dense(5, activation="softmax"))]),
    "tokens": (13, lambda: [L.Embedding(9, I), L.LSTM(H),
                            L.Dense(1, activation="sigmoid")]),
    "backwards": (13, lambda: [many(L.LSTM, go_backwards=True), L.Dense(C)]),
    "backwards_last": (13, lambda: [L.GRU(H, go_backwards=True), L.Dense(C)]),
    "front": (13, lambda: [
        L.TimeDistributed(L.Dense(4, activation="elu")), L.GRU(H),
        L.Dense(C)]),
}


def states(cell):
    """Initial states as inputs, and the last ones as outputs."""
    x = K.Input((None, I))
    given = [K.Input((H,)) for _ in range(2 if cell is L.LSTM else 1)]
    y, *last = many(cell, return_state=True)(x, initial_state=given)
    return K.Model([x, *given], [L.Dense(C)(y), *last])


STATES = {"states_lstm": L.LSTM, "states_gru": L.GRU}


def draw_inputs(model, draw, B, T):
    tokens = model.inputs[0].dtype == tf.int32
    x = (draw.integers(0, 9, (B, T)).astype("int32") if tokens
         else draw.uniform(-1, 1, (B, T, I)).astype("float32"))
    more = [draw.uniform(-1, 1, (B, H)).astype("float32")
            for _ in model.inputs[1:]]
    return [x, *more]


def record(book, name, opset, model):
    draw = np.random.default_rng(zlib.crc32(name.encode()))
    for w in model.weights:
        w.assign(draw.uniform(-0.7, 0.8, w.shape).astype("float32"))
    ports = ["x", "h_0", "c_0"][:len(model.inputs)]
    signature = [tf.TensorSpec((None, *i.shape[1:]), i.dtype, name=port)
                 for i, port in zip(model.inputs, ports)]
    graph, _ = tf2onnx.convert.from_keras(model, input_signature=signature,
                                          opset=opset)
    sets, expected = [], []
    for B, T in [(2, 5), (3, 7)]:
        arrays = draw_inputs(model, draw, B, T)
        inputs = dict(zip(ports, arrays))
        got = runtime(graph, inputs)
        want = model(arrays if len(arrays) > 1 else arrays[0])
        want = want if isinstance(want, (list, tuple)) else [want]
        for mine, theirs in zip(got.values(), want):
            assert np.abs(mine - theirs.numpy()).max() < 1e-5, name
        sets.append(inputs)
        expected.append(got)
    ahead = {"streams": False} if "back" in name else {}
    if name == "tf2onnx_backwards":
        ahead["converts"] = False  # its steps come last first, a model's do not
    book.add(name, graph, sets, expected, source="Keras 2.15 by tf2onnx and "
             "ONNX Runtime 1.17.3", **ahead)


book = Book(sys.argv[1] if len(sys.argv) > 1 else None)
for name, (opset, layers) in MODELS.items():
    if book.wants("tf2onnx_" + name):
        tokens = {"shape": (None,), "dtype": "int32"} if "tokens" in name \
            else {"shape": (None, I)}
        record(book, "tf2onnx_" + name, opset,
               K.Sequential([K.Input(**tokens), *layers()]))
for name, cell in STATES.items():
    if book.wants("tf2onnx_" + name):
        record(book, "tf2onnx_" + name, 13, states(cell))
print(f"{len(book.seen)} cases, {book.bytes} bytes")

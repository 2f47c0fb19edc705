#!/usr/bin/env python3
"""make_layouts.py: models as others than PyTorch keep them, each with an input
and what the tool itself makes of it: layouts/NAME.EXT, NAME_x.npy, NAME_y.npy.

Records those whose tools are there: PyTorch (.nam), Keras 3 with its PyTorch
backend (RTNeural's JSON, w.path in an .npz), Flax, Haiku and MLX. TensorFlow 1
is written out in NumPy, as its source has it.
"""
import importlib
import json
import os
import pathlib
import sys

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent / "layouts"
STEPS, SEQUENCES, FEATURES = 6, 2, 3


def random(seed, *shape):
    return np.random.default_rng(seed).uniform(-0.8, 0.8, shape).astype("f4")


def reference(name, x, y):
    np.save(FOLDER / f"{name}_x.npy", np.asarray(x, "f4"))
    np.save(FOLDER / f"{name}_y.npy", np.asarray(y, "f4"))


def flat(*arrays):
    return [round(float(v), 9) for a in arrays for v in np.ravel(a)]


# ---- Neural Amp Modeler ------------------------------------------------------

def nam():
    torch = importlib.import_module("torch")
    for levels, hidden, features in ((1, 3, 1), (2, 4, 1), (1, 4, 2)):
        name = f"nam_{levels}x{hidden}x{features}"
        core = torch.nn.LSTM(features, hidden, levels)
        head = torch.nn.Linear(hidden, 1)
        weights = []
        with torch.no_grad():
            for k, p in enumerate([*core.parameters(), *head.parameters()]):
                p.copy_(torch.tensor(random(k, *p.shape)))
            core.bias_hh_l0.zero_()
            if levels > 1:
                core.bias_hh_l1.zero_()
            h, c = random(20, levels, hidden), random(21, levels, hidden)
            for k in range(levels):
                w, r, b = (getattr(core, f"{n}_l{k}").numpy()
                           for n in ("weight_ih", "weight_hh", "bias_ih"))
                weights += flat(np.concatenate([w, r], 1), b, h[k], c[k])
            weights += flat(head.weight.numpy(), head.bias.numpy())
            x = random(22, STEPS, 1, features)
            y, _ = core(torch.tensor(x), (torch.tensor(h[:, None]),
                                          torch.tensor(c[:, None])))
            reference(name, x, head(y).numpy())
        text = {"version": "0.5.4", "metadata": {"name": name},
                "architecture": "LSTM",
                "config": {"input_size": features, "hidden_size": hidden,
                           "num_layers": levels},
                "weights": weights, "sample_rate": 48000}
        (FOLDER / f"{name}.nam").write_text(json.dumps(text))


# ---- Keras, and RTNeural's JSON of it -----------------------------------------

def keras_module():
    os.environ["KERAS_BACKEND"] = "torch"
    return importlib.import_module("keras")


def keras_fill(model):
    for k, w in enumerate(model.weights):
        values = random(100 + k, *w.shape)
        w.assign(np.abs(values) + 0.2 if "variance" in w.path else values)


def keras_run(model, x):
    keras = keras_module()
    return keras.ops.convert_to_numpy(model(x))


def lists(array):
    array = np.asarray(array, "f8").round(9)
    return array.tolist()


def rtneural_layer(layer):
    keras = keras_module()
    inner = getattr(layer, "layer", layer)
    kinds = ((keras.layers.TimeDistributed, "time-distributed-dense"),
             (keras.layers.LSTM, "lstm"), (keras.layers.GRU, "gru"),
             (keras.layers.BatchNormalization, "batchnorm"),
             (keras.layers.Activation, "activation"),
             (keras.layers.Dense, "dense"))
    kind = next(word for kind, word in kinds if isinstance(layer, kind))
    function = getattr(inner, "activation", None)
    function = function.__name__ if function else ""
    made = {"type": kind, "activation": "" if function == "linear" else function,
            "shape": [None, None, layer.output.shape[-1]],
            "weights": [lists(w) for w in layer.get_weights()]}
    if kind == "batchnorm":
        made["epsilon"] = layer.epsilon
    return made


def rtneural():
    keras = keras_module()
    layers = keras.layers
    chains = {
        "rtneural_lstm": [layers.LSTM(4, return_sequences=True),
                          layers.Dense(3, activation="tanh"),
                          layers.Dense(1)],
        "rtneural_gru": [layers.TimeDistributed(layers.Dense(4)),
                         layers.Activation("elu"),
                         layers.GRU(4, return_sequences=True),
                         layers.BatchNormalization(),
                         layers.TimeDistributed(
                             layers.Dense(2, activation="sigmoid"))],
    }
    for name, chain in chains.items():
        model = keras.Sequential([keras.Input((STEPS, FEATURES)), *chain])
        keras_fill(model)
        x = random(30, 1, STEPS, FEATURES)
        y = keras_run(model, x)
        reference(name, x.swapaxes(0, 1), y.swapaxes(0, 1))
        text = {"in_shape": [None, None, FEATURES],
                "layers": [rtneural_layer(layer) for layer in model.layers]}
        (FOLDER / f"{name}.json").write_text(json.dumps(text))


# ---- A state dict as lists ----------------------------------------------------

def json_state():
    torch = importlib.import_module("torch")
    net = torch.nn.ModuleDict({"rec": torch.nn.GRU(FEATURES, 4),
                               "lin": torch.nn.Linear(4, 2)})
    with torch.no_grad():
        for k, p in enumerate(net.parameters()):
            p.copy_(torch.tensor(random(k, *p.shape)))
        x = random(31, STEPS, SEQUENCES, FEATURES)
        reference("json_state", x,
                  net["lin"](net["rec"](torch.tensor(x))[0]).numpy())
    text = {"epoch": 3, "state_dict": {k: lists(v.numpy())
                                       for k, v in net.state_dict().items()}}
    (FOLDER / "json_state.json").write_text(json.dumps(text))


GROUPS = {"nam": nam, "rtneural": rtneural, "json_state": json_state}


def main():
    FOLDER.mkdir(exist_ok=True)
    for name in sys.argv[1:] or GROUPS:
        try:
            GROUPS[name]()
            print(name)
        except ImportError as problem:
            print(f"{name}: not recorded: {problem}")


if __name__ == "__main__":
    main()

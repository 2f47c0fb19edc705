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


# ---- Keras's w.path in an .npz -------------------------------------------------

def keras_npz():
    keras = keras_module()
    layers = keras.layers
    chains = {
        "keras_lstm": [layers.LSTM(4, name="lstm"), layers.Dense(2)],
        "keras_gru": [layers.GRU(4, return_sequences=True, name="gru"),
                      layers.Dense(2)],
        "keras_gru_before": [
            layers.GRU(4, return_sequences=True, reset_after=False)],
        "keras_norm": [layers.SimpleRNN(4, return_sequences=True, name="rnn"),
                       layers.BatchNormalization(name="bn"),
                       layers.Bidirectional(layers.GRU(
                           4, return_sequences=True), name="both"),
                       layers.Dense(2, name="dense")],
    }
    for name, chain in chains.items():
        model = keras.Sequential([keras.Input((STEPS, FEATURES)), *chain])
        keras_fill(model)
        x = random(32, SEQUENCES, STEPS, FEATURES)
        reference(name, x, keras_run(model, x))
        np.savez(FOLDER / f"{name}.npz",
                 **{w.path: keras.ops.convert_to_numpy(w)
                    for w in model.weights})


# ---- TensorFlow 1, as tensorflow/python/ops/rnn_cell_impl.py has it -----------

def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def tf_lstm(x, kernel, bias, peephole=None, projection=None):
    """gates i j f o, and forget_bias 1"""
    units = kernel.shape[1] // 4
    h = np.zeros((x.shape[1], projection.shape[1] if projection is not None
                  else units))
    c, out = np.zeros((x.shape[1], units)), []
    for step in x:
        i, j, f, o = np.split(np.concatenate([step, h], 1) @ kernel + bias, 4, 1)
        p = peephole or [0, 0, 0]
        c = (sigmoid(f + 1 + p[1] * c) * c
             + sigmoid(i + p[0] * c) * np.tanh(j))
        h = sigmoid(o + p[2] * c) * np.tanh(c)
        h = h @ projection if projection is not None else h
        out.append(h)
    return np.stack(out)


def tf_gru(x, kernel, bias, candidate, candidate_bias):
    h, out = np.zeros((x.shape[1], candidate.shape[1])), []
    for step in x:
        r, u = np.split(sigmoid(np.concatenate([step, h], 1) @ kernel + bias),
                        2, 1)
        n = np.tanh(np.concatenate([step, r * h], 1) @ candidate
                    + candidate_bias)
        h = u * h + (1 - u) * n
        out.append(h)
    return np.stack(out)


def tensorflow_1():
    units, wide = 4, STEPS
    x = random(33, wide, SEQUENCES, FEATURES)
    dense, shift = random(1, units, 2), random(2, 2)
    scope = "rnn/basic_lstm_cell/"
    w = {scope + "kernel": random(3, FEATURES + units, 4 * units),
         scope + "bias": random(4, 4 * units),
         "dense/kernel": dense, "dense/bias": shift}
    y = tf_lstm(x, w[scope + "kernel"], w[scope + "bias"])
    np.savez(FOLDER / "tf1_lstm.npz", **w)
    reference("tf1_lstm", x, y @ dense + shift)

    # two levels, as MultiRNNCell names them
    scope = "rnn/multi_rnn_cell/cell_{}/basic_lstm_cell/"
    w, y = {}, x
    for k in range(2):
        w[scope.format(k) + "kernel:0"] = random(5 + k, y.shape[2] + units,
                                                 4 * units)
        w[scope.format(k) + "bias:0"] = random(7 + k, 4 * units)
        y = tf_lstm(y, *list(w.values())[-2:])
    np.savez(FOLDER / "tf1_levels.npz", **w)
    reference("tf1_levels", x, y)

    # peepholes and a projection
    scope, project = "rnn/lstm_cell/", random(9, units, 3)
    w = {scope + "kernel": random(10, FEATURES + 3, 4 * units),
         scope + "bias": random(11, 4 * units),
         **{scope + f"w_{g}_diag": random(12 + k, units)
            for k, g in enumerate("fio")},
         scope + "projection/kernel": project}
    y = tf_lstm(x, w[scope + "kernel"], w[scope + "bias"],
                [w[scope + f"w_{g}_diag"] for g in "ifo"], project)
    np.savez(FOLDER / "tf1_peephole.npz", **w)
    reference("tf1_peephole", x, y)

    scope = "rnn/gru_cell/"
    w = {scope + "gates/kernel": random(20, FEATURES + units, 2 * units),
         scope + "gates/bias": random(21, 2 * units),
         scope + "candidate/kernel": random(22, FEATURES + units, units),
         scope + "candidate/bias": random(23, units),
         "dense/kernel": dense, "dense/bias": shift}
    np.savez(FOLDER / "tf1_gru.npz", **w)
    reference("tf1_gru", x, tf_gru(x, *list(w.values())[:4]) @ dense + shift)


# ---- Flax, linen and nnx --------------------------------------------------------

def fill_tree(tree, seed=40):
    jax = importlib.import_module("jax")
    leaves, shape = jax.tree_util.tree_flatten(tree)
    return jax.tree_util.tree_unflatten(
        shape, [random(seed + k, *leaf.shape) for k, leaf in enumerate(leaves)])


def flat_names(tree, separator):
    traverse = importlib.import_module("flax.traverse_util")
    return {k: np.asarray(v)
            for k, v in traverse.flatten_dict(tree, sep=separator).items()}


def flax():
    linen = importlib.import_module("flax.linen")
    jax = importlib.import_module("jax")
    cells = {"flax_lstm": linen.OptimizedLSTMCell, "flax_gru": linen.GRUCell,
             "flax_rnn": linen.SimpleCell}
    x = random(34, SEQUENCES, STEPS, FEATURES)
    for name, cell in cells.items():
        class Model(linen.Module):
            @linen.compact
            def __call__(self, x):
                return linen.Dense(2)(linen.RNN(cell(4))(x))
        model = Model()
        tree = fill_tree(model.init(jax.random.PRNGKey(0), x))
        np.savez(FOLDER / f"{name}.npz", **flat_names(tree, "/"))
        reference(name, x, model.apply(tree, x))


def flax_nnx():
    nnx = importlib.import_module("flax.nnx")
    cells = {"nnx_lstm": nnx.OptimizedLSTMCell, "nnx_gru": nnx.GRUCell,
             "nnx_rnn": nnx.SimpleCell}
    x = random(35, SEQUENCES, STEPS, FEATURES)
    for name, cell in cells.items():
        model = nnx.RNN(cell(FEATURES, 4, rngs=nnx.Rngs(0)))
        state = nnx.state(model, nnx.Param)
        tree = fill_tree(nnx.to_pure_dict(state))
        nnx.replace_by_pure_dict(state, tree)
        nnx.update(model, state)
        np.savez(FOLDER / f"{name}.npz", **flat_names(tree, "."))
        reference(name, x, model(x))


# ---- Haiku ----------------------------------------------------------------------

def haiku():
    hk = importlib.import_module("haiku")
    jax = importlib.import_module("jax")
    x = random(36, STEPS, SEQUENCES, FEATURES)
    for name, cell in {"haiku_lstm": hk.LSTM, "haiku_gru": hk.GRU,
                       "haiku_rnn": hk.VanillaRNN}.items():
        def run(x):
            core = cell(4)
            y, _ = hk.dynamic_unroll(core, x, core.initial_state(x.shape[1]))
            return hk.Linear(2)(y)
        model = hk.without_apply_rng(hk.transform(run))
        tree = fill_tree(model.init(jax.random.PRNGKey(0), x))
        np.savez(FOLDER / f"{name}.npz", **flat_names(tree, "/"))
        reference(name, x, model.apply(tree, x))


# ---- MLX ------------------------------------------------------------------------

def mlx():
    nn = importlib.import_module("mlx.nn")
    core = importlib.import_module("mlx.core")
    utils = importlib.import_module("mlx.utils")
    x = random(37, SEQUENCES, STEPS, FEATURES)
    for name, kind in {"mlx_lstm": nn.LSTM, "mlx_gru": nn.GRU,
                       "mlx_rnn": nn.RNN}.items():
        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn, self.fc = kind(FEATURES, 4), nn.Linear(4, 2)

            def __call__(self, x):
                y = self.rnn(x)
                return self.fc(y[0] if isinstance(y, tuple) else y)
        model = Model()
        w = {k: random(60 + i, *v.shape) for i, (k, v) in enumerate(
            utils.tree_flatten(model.parameters()))}
        model.load_weights([(k, core.array(v)) for k, v in w.items()])
        np.savez(FOLDER / f"{name}.npz", **w)
        reference(name, x, np.array(model(core.array(x))))


# ---- Burn's names, with PyTorch's numbers ---------------------------------------

def burn():
    """burn::nn::Lstm: a Linear (in,out) for each gate, of x and of h."""
    torch = importlib.import_module("torch")
    safetensors = importlib.import_module("safetensors.numpy")
    lstm, head = torch.nn.LSTM(FEATURES, 4), torch.nn.Linear(4, 2)
    with torch.no_grad():
        for k, p in enumerate([*lstm.parameters(), *head.parameters()]):
            p.copy_(torch.tensor(random(80 + k, *p.shape)))
        x = random(38, STEPS, SEQUENCES, FEATURES)
        y = head(lstm(torch.tensor(x))[0]).numpy()
        reference("burn_lstm", x.swapaxes(0, 1), y.swapaxes(0, 1))
    w = {"fc.weight": head.weight.detach().numpy().T,
         "fc.bias": head.bias.detach().numpy()}
    for k, gate in enumerate(("input", "forget", "cell", "output")):
        for part, name in (("input", "ih"), ("hidden", "hh")):
            stem = f"lstm.{gate}_gate.{part}_transform."
            weight, bias = (getattr(lstm, f"{n}_{name}_l0").detach().numpy()
                            for n in ("weight", "bias"))
            w[stem + "weight"] = weight[4 * k:4 * k + 4].T
            w[stem + "bias"] = bias[4 * k:4 * k + 4]
    safetensors.save_file({k: np.ascontiguousarray(v) for k, v in w.items()},
                          FOLDER / "burn_lstm.safetensors")


# ---- min-char-rnn.py -------------------------------------------------------------

def min_char_rnn():
    hidden, letters = 5, FEATURES
    w = {"Wxh": random(90, hidden, letters), "Whh": random(91, hidden, hidden),
         "Why": random(92, letters, hidden), "bh": random(93, hidden, 1),
         "by": random(94, letters, 1)}
    x = random(39, STEPS, SEQUENCES, letters)
    h, out = np.zeros((hidden, SEQUENCES)), []
    for step in x:
        h = np.tanh(w["Wxh"] @ step.T + w["Whh"] @ h + w["bh"])
        out.append((w["Why"] @ h + w["by"]).T)
    np.savez(FOLDER / "min_char_rnn.npz", **w)
    reference("min_char_rnn", x, np.stack(out))


# ---- Sources that only a mapping file describes ----------------------------------

def lua_lstm(x, kernel, bias):
    """torch-rnn's LSTM.lua, and char-rnn's by its sums: gates i f o g."""
    units = kernel.shape[1] // 4
    h, c, out = (np.zeros((x.shape[1], units)), np.zeros((x.shape[1], units)),
                 [])
    for step in x:
        i, f, o, g = np.split(np.concatenate([step, h], 1) @ kernel + bias, 4, 1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        out.append(h)
    return np.stack(out)


def mapped():
    x = random(45, STEPS, SEQUENCES, FEATURES)
    kernel, bias = random(46, FEATURES + 4, 16), random(47, 16)
    y = lua_lstm(x, kernel, bias)
    np.savez(FOLDER / "torch_rnn.npz", weight=kernel, bias=bias)
    reference("torch_rnn", x, y)
    half = random(48, 16)
    np.savez(FOLDER / "char_rnn.npz", **{
        "i2h.weight": np.ascontiguousarray(kernel[:FEATURES].T),
        "h2h.weight": np.ascontiguousarray(kernel[FEATURES:].T),
        "i2h.bias": half, "h2h.bias": bias - half})
    reference("char_rnn", x, y)
    capture = json.loads((FOLDER / "nam_1x3x1.nam").read_text())
    np.savez(FOLDER / "flat.npz", weights=np.array(capture["weights"], "f4"))
    for end in "xy":
        np.save(FOLDER / f"flat_{end}.npy",
                np.load(FOLDER / f"nam_1x3x1_{end}.npy"))


GROUPS = {"keras_npz": keras_npz, "tensorflow_1": tensorflow_1, "flax": flax,
          "flax_nnx": flax_nnx, "haiku": haiku, "mlx": mlx, "burn": burn,
          "min_char_rnn": min_char_rnn, "nam": nam, "rtneural": rtneural, "json_state": json_state,
          "mapped": mapped}


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

#!/usr/bin/env python3
"""make_layouts_others.py: more models as others than PyTorch keep them, beside
those of make_layouts.py, which has the helpers.

Flax, Haiku and Equinox are run themselves. torch-rnn, char-rnn, recurrent.js and
Chainer's links are written out in NumPy, as LSTM.lua, model/LSTM.lua,
recurrent.js and n_step_lstm.py (where w2 is the candidate, whatever the text
above it says) have them; MXNet, PaddlePaddle and Burn compute as PyTorch does,
which gives their numbers, under the names of their own sources.
"""
import importlib
import json
import sys

import numpy as np

from make_layouts import (FEATURES, FOLDER, SEQUENCES, STEPS, fill_tree,
                          flat_names, lists, lua_lstm, random, reference,
                          sigmoid, tf_lstm)

UNITS, OUTPUTS, LETTERS = 4, 2, 5


def save(name, arrays, x, y, batch_first=False):
    if batch_first:
        x, y = np.swapaxes(x, 0, 1), np.swapaxes(y, 0, 1)
    np.savez(FOLDER / f"{name}.npz", **{
        k: np.ascontiguousarray(v, "f4") for k, v in arrays.items()})
    reference(name, x, y)


def tokens(seed):
    return np.random.default_rng(seed).integers(0, LETTERS, (STEPS, SEQUENCES))


# ---- Lua ------------------------------------------------------------------------

def torch_rnn():
    """LanguageModel.lua, by the places of its modules: a LookupTable, two LSTMs
    with dropout behind, a view, a Linear."""
    x, table = tokens(1), random(2, LETTERS, FEATURES)
    kernels = [random(3, FEATURES + UNITS, 4 * UNITS),
               random(4, 2 * UNITS, 4 * UNITS)]
    biases = [random(5, 4 * UNITS), random(6, 4 * UNITS)]
    head, shift = random(7, LETTERS, UNITS), random(8, LETTERS)
    y = table[x]
    for kernel, bias in zip(kernels, biases):
        y = lua_lstm(y, kernel, bias)
    save("torch_rnn_model", {
        "0.weight": table, "1.weight": kernels[0], "1.bias": biases[0],
        "3.weight": kernels[1], "3.bias": biases[1],
        "6.weight": head, "6.bias": shift}, x, y @ head.T + shift)


def char_rnn():
    """model/LSTM.lua, by the names of its nodes; the letters come one-hot."""
    x = np.eye(LETTERS, dtype="f4")[tokens(11)]
    w, y = {}, x
    for level in (1, 2):
        for k, (part, size) in enumerate((("i2h", y.shape[2]), ("h2h", UNITS))):
            seed = 10 * level + 2 * k
            w[f"{part}_{level}.weight"] = random(seed, 4 * UNITS, size)
            w[f"{part}_{level}.bias"] = random(seed + 1, 4 * UNITS)
        y = lua_lstm(y, np.concatenate([w[f"i2h_{level}.weight"].T,
                                        w[f"h2h_{level}.weight"].T]),
                     w[f"i2h_{level}.bias"] + w[f"h2h_{level}.bias"])
    w["decoder.weight"], w["decoder.bias"] = (random(31, LETTERS, UNITS),
                                              random(32, LETTERS))
    y = y @ w["decoder.weight"].T + w["decoder.bias"]
    save("char_rnn_model", w, x, y - np.log(np.exp(y).sum(-1, keepdims=True)))


# ---- recurrent.js ----------------------------------------------------------------

def matrix(array):
    """Mat.toJSON, of a Float64Array"""
    rows = array.reshape(array.shape[0], -1)
    return {"n": rows.shape[0], "d": rows.shape[1],
            "w": {str(k): float(v) for k, v in enumerate(
                lists(rows.ravel()))}}


def recurrent_js():
    x, table = tokens(41), random(42, LETTERS, FEATURES)
    model, y, seed = {"Wil": matrix(table)}, table[x], 43
    for level in (0, 1):
        joint, bias = {}, {}
        for gate in "ifoc":
            parts = [random(seed, UNITS, y.shape[2]),
                     random(seed + 1, UNITS, UNITS), random(seed + 2, UNITS)]
            seed += 3
            for letter, part in zip("xh", parts):
                model[f"W{gate}{letter}{level}"] = matrix(part)
            model[f"b{gate}{level}"] = matrix(parts[2])
            joint[gate] = np.concatenate([parts[0].T, parts[1].T])
            bias[gate] = parts[2]
        y = lua_lstm(y, np.concatenate([joint[g] for g in "ifoc"], 1),
                     np.concatenate([bias[g] for g in "ifoc"]))
    head, shift = random(seed, LETTERS, UNITS), random(seed + 1, LETTERS)
    model["Whd"], model["bd"] = matrix(head), matrix(shift)
    text = {"hidden_sizes": [UNITS, UNITS], "generator": "lstm",
            "letter_size": FEATURES, "model": model,
            "solver": {"decay_rate": 0.999}, "vocab": list("abcde"),
            "letterToIndex": {c: k for k, c in enumerate("abcde")}}
    (FOLDER / "recurrent_js.json").write_text(json.dumps(text))
    reference("recurrent_js", x, y @ head.T + shift)


# ---- TensorFlow 1, a language model as its tutorials name it -----------------------

def tf1_language():
    x, y, w = tokens(61), None, {}
    w["rnnlm/embedding"] = random(62, LETTERS, UNITS)
    y = w["rnnlm/embedding"][x]
    for level in (0, 1):
        scope = f"rnnlm/multi_rnn_cell/cell_{level}/basic_lstm_cell/"
        w[scope + "kernel"] = random(63 + level, 2 * UNITS, 4 * UNITS)
        w[scope + "bias"] = random(65 + level, 4 * UNITS)
        y = tf_lstm(y, w[scope + "kernel"], w[scope + "bias"])
    w["rnnlm/softmax_w"] = random(67, UNITS, LETTERS)
    w["rnnlm/softmax_b"] = random(68, LETTERS)
    save("tf1_language", w, x, y @ w["rnnlm/softmax_w"] + w["rnnlm/softmax_b"])


# ---- What PyTorch computes as well ------------------------------------------------

def torch_run(kind, seed, levels=1, both=False, features=FEATURES):
    """A layer of torch.nn, an input, what it gives, and its weights."""
    torch = importlib.import_module("torch")
    layer = getattr(torch.nn, kind)(features, UNITS, levels,
                                    bidirectional=both)
    with torch.no_grad():
        for k, p in enumerate(layer.parameters()):
            p.copy_(torch.tensor(random(seed + k, *p.shape)))
        x = random(seed + 20, STEPS, SEQUENCES, features)
        y = layer(torch.tensor(x))[0].numpy()
    return x, y, {k: v.numpy() for k, v in layer.state_dict().items()}


def mxnet():
    x, y, w = torch_run("LSTM", 100, 2, True)
    head, shift = random(141, OUTPUTS, 2 * UNITS), random(142, OUTPUTS)
    names = {"dense0_weight": head, "dense0_bias": shift}
    for key, value in w.items():
        role, part, level = key.replace("_reverse", "").split("_")
        side = "r" if key.endswith("_reverse") else "l"
        names[f"lstm0_{side}{level[1:]}_{part[0]}2h_{role}"] = value
    save("mxnet_lstm", names, x, y @ head.T + shift)

    x, y, w = torch_run("GRU", 150)
    save("mxnet_gru", {
        f"gru0_{k.split('_')[1][0]}2h_{k.split('_')[0]}": v
        for k, v in w.items()}, x, y)

    # the same without names of its own
    save("mapped_gru", {
        f"gru.{k.split('_')[1][0]}2h.{k.split('_')[0]}": v
        for k, v in w.items()}, x, y)


def paddle():
    x, y, w = torch_run("GRU", 200, 1, True)
    head, shift = random(241, 2 * UNITS, 2 * UNITS), random(242, 2 * UNITS)
    names = {"fc.weight": head, "fc.bias": shift}
    for key, value in w.items():
        role = key.split("_l0")[0]
        names[f"gru.{key}"] = value
        cell = "cell_bw" if key.endswith("_reverse") else "cell_fw"
        names[f"gru.0.{cell}.{role}"] = value
    save("paddle_gru", names, x, y @ head + shift, True)


def burn_gates(w, gates, prefix, suffix=""):
    names = {}
    for k, gate in enumerate(gates):
        rows = slice(UNITS * k, UNITS * (k + 1))
        for part, role in (("input", "ih"), ("hidden", "hh")):
            stem = f"{prefix}{gate}.{part}_transform."
            names[stem + "weight"] = w[f"weight_{role}_l0{suffix}"][rows].T
            names[stem + "bias"] = w[f"bias_{role}_l0{suffix}"][rows]
    return names


def burn_json(names):
    """PrettyJsonFileRecorder with full precision: a Param is its id and the
    bytes of its TensorData."""
    tree = {}
    for key, value in names.items():
        *path, last = key.split(".")
        at = tree
        for part in path:
            at = at.setdefault(part, {})
        data = np.ascontiguousarray(value, "<f4")
        at[last] = {"id": "0", "param": {
            "bytes": list(data.tobytes()), "shape": list(data.shape),
            "dtype": "F32"}}
    return {"metadata": {"float": "f32", "version": "0.18.0"}, "item": tree}


def burn():
    head, shift = random(341, UNITS, OUTPUTS), random(342, OUTPUTS)
    x, y, w = torch_run("GRU", 300)
    names = {**burn_gates(w, ("reset_gate", "update_gate", "new_gate"), "gru."),
             "fc.weight": head, "fc.bias": shift}
    save("burn_gru", names, x, y @ head + shift, True)
    (FOLDER / "burn_record.json").write_text(json.dumps(burn_json(names)))
    for end in "xy":
        np.save(FOLDER / f"burn_record_{end}.npy",
                np.load(FOLDER / f"burn_gru_{end}.npy"))

    x, y, w = torch_run("LSTM", 350, 1, True)
    gates = ("input_gate", "forget_gate", "cell_gate", "output_gate")
    wide = random(343, 2 * UNITS, OUTPUTS)
    save("burn_bilstm", {**burn_gates(w, gates, "rnn.forward."),
                         **burn_gates(w, gates, "rnn.reverse.", "_reverse"),
                         "fc.weight": wide, "fc.bias": shift},
         x, y @ wide + shift, True)


# ---- Chainer ---------------------------------------------------------------------

def chainer():
    x, y, w = torch_run("LSTM", 400, 2)
    names = {"out/W": random(441, OUTPUTS, UNITS), "out/b": random(442, OUTPUTS)}
    for level in (0, 1):
        for k in range(8):
            role, rows = ("ih", k) if k < 4 else ("hh", k - 4)
            rows = slice(UNITS * rows, UNITS * (rows + 1))
            names[f"rnn/{level}/w{k}"] = w[f"weight_{role}_l{level}"][rows]
            names[f"rnn/{level}/b{k}"] = w[f"bias_{role}_l{level}"][rows]
    save("chainer_stack", names, x, y @ names["out/W"].T + names["out/b"], True)

    # links.LSTM: gates a i f o of each unit beside each other
    x = random(451, STEPS, SEQUENCES, FEATURES)
    up, b = random(452, 4 * UNITS, FEATURES), random(453, 4 * UNITS)
    side = random(454, 4 * UNITS, UNITS)
    h, c, out = np.zeros((SEQUENCES, UNITS)), np.zeros((SEQUENCES, UNITS)), []
    for step in x:
        sums = (step @ up.T + b + h @ side.T).reshape(SEQUENCES, UNITS, 4)
        a, i, f, o = (sums[:, :, k] for k in range(4))
        c = np.tanh(a) * sigmoid(i) + sigmoid(f) * c
        h = sigmoid(o) * np.tanh(c)
        out.append(h)
    save("chainer_lstm", {"l1/upward/W": up, "l1/upward/b": b,
                          "l1/lateral/W": side}, x, np.stack(out))


# ---- JAX -------------------------------------------------------------------------

def flax():
    linen = importlib.import_module("flax.linen")
    jax = importlib.import_module("jax")

    class Named(linen.Module):
        def setup(self):
            self.both = linen.Bidirectional(linen.RNN(linen.GRUCell(UNITS)),
                                            linen.RNN(linen.GRUCell(UNITS)))
            self.head = linen.Dense(OUTPUTS)

        def __call__(self, x):
            return self.head(self.both(x))

    class Compact(linen.Module):
        @linen.compact
        def __call__(self, x):
            cells = [linen.RNN(linen.OptimizedLSTMCell(UNITS)) for _ in "12"]
            return linen.Dense(OUTPUTS)(linen.Bidirectional(*cells)(x))

    class Stack(linen.Module):
        @linen.compact
        def __call__(self, x):
            x = linen.RNN(linen.SimpleCell(UNITS))(x)
            x = linen.RNN(linen.GRUCell(UNITS), name="second")(x)
            return linen.Dense(OUTPUTS)(x)

    x = random(501, SEQUENCES, STEPS, FEATURES)
    for name, kind in (("flax_both", Named), ("flax_compact", Compact),
                       ("flax_stack", Stack)):
        model = kind()
        tree = fill_tree(model.init(jax.random.PRNGKey(0), x))
        np.savez(FOLDER / f"{name}.npz", **flat_names(tree, "/"))
        reference(name, x, model.apply(tree, x))


def flax_nnx():
    nnx = importlib.import_module("flax.nnx")

    class Model(nnx.Module):
        def __init__(self):
            rngs = nnx.Rngs(0)
            self.both = nnx.Bidirectional(
                nnx.RNN(nnx.LSTMCell(FEATURES, UNITS, rngs=rngs)),
                nnx.RNN(nnx.LSTMCell(FEATURES, UNITS, rngs=rngs)))
            self.head = nnx.Linear(2 * UNITS, OUTPUTS, rngs=rngs)

    model = Model()
    state = nnx.state(model, nnx.Param)
    tree = fill_tree(nnx.to_pure_dict(state))
    nnx.replace_by_pure_dict(state, tree)
    nnx.update(model, state)
    x = random(502, SEQUENCES, STEPS, FEATURES)
    np.savez(FOLDER / "nnx_both.npz", **flat_names(tree, "."))
    reference("nnx_both", x, model.head(model.both(x)))


def haiku():
    hk = importlib.import_module("haiku")
    jax = importlib.import_module("jax")
    x = random(503, STEPS, SEQUENCES, FEATURES)

    def run(x):
        core = hk.DeepRNN([hk.LSTM(UNITS), hk.GRU(UNITS), hk.VanillaRNN(UNITS)])
        y, _ = hk.dynamic_unroll(core, x, core.initial_state(x.shape[1]))
        return hk.Linear(OUTPUTS)(y)
    model = hk.without_apply_rng(hk.transform(run))
    tree = fill_tree(model.init(jax.random.PRNGKey(0), x))
    np.savez(FOLDER / "haiku_deep.npz", **flat_names(tree, "/"))
    reference("haiku_deep", x, model.apply(tree, x))


def equinox():
    eqx = importlib.import_module("equinox")
    jax = importlib.import_module("jax")
    x = random(504, STEPS, SEQUENCES, FEATURES)
    key = jax.random.PRNGKey(0)
    for name, kind in (("equinox_gru", eqx.nn.GRUCell),
                       ("equinox_lstm", eqx.nn.LSTMCell)):
        model = {"cell": kind(FEATURES, UNITS, key=key),
                 "head": eqx.nn.Linear(UNITS, OUTPUTS, key=key)}
        model = fill_tree(model)
        zero = np.zeros(UNITS, "f4")
        out = np.zeros((STEPS, SEQUENCES, OUTPUTS))
        for b in range(SEQUENCES):
            state = zero if name == "equinox_gru" else (zero, zero)
            for t in range(STEPS):
                state = model["cell"](x[t, b], state)
                out[t, b] = model["head"](
                    state if name == "equinox_gru" else state[0])
        leaves = jax.tree_util.tree_flatten_with_path(model)[0]
        names = {jax.tree_util.keystr(p, simple=True, separator="."): v
                 for p, v in leaves}
        save(name, names, x, out)


GROUPS = {"tf1_language": tf1_language, "torch_rnn": torch_rnn, "char_rnn": char_rnn, "mxnet": mxnet,
          "recurrent_js": recurrent_js, "paddle": paddle, "burn": burn,
          "chainer": chainer, "flax": flax, "flax_nnx": flax_nnx,
          "haiku": haiku, "equinox": equinox}


def main():
    for name in sys.argv[1:] or GROUPS:
        try:
            GROUPS[name]()
            print(name)
        except ImportError as problem:
            print(f"{name}: not recorded: {problem}")


if __name__ == "__main__":
    main()

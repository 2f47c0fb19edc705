#!/usr/bin/env python3
"""random_layouts.py ELMAN [COUNT]: random networks of random sizes under the
names of other tools become models that give what the tools' formulas give.

Each tool is written out here once more, by its equations in NumPy: a stack of
one or two cells, perhaps in both directions, perhaps with an embedding and a
head. What shapes leave open (matrices that are all square, two parts of a stack
that may be levels or directions) may be refused, but nothing may be taken
wrongly: every file is held to its reference. ELMAN_SEED changes the networks; a
failure leaves its folder and prints the command.
"""
import json
import os
import pathlib
import random
import shlex
import shutil
import subprocess
import sys
import tempfile

import numpy as np

SEED = int(os.environ.get("ELMAN_SEED", "1"))


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


class Cell:
    """Weights gate by gate, of an LSTM or a GRU: x (H,I), h (H,H), two biases."""

    def __init__(self, rng, kind, features, units, one_bias=False):
        self.kind, self.I, self.H = kind, features, units
        draw = lambda *s: rng.uniform(-0.8, 0.8, s).astype("f4")
        gates = {"lstm": "ifgo", "gru": "rzn", "rnn": "n"}[kind]
        self.x = {g: draw(units, features) for g in gates}
        self.h = {g: draw(units, units) for g in gates}
        self.bx = {g: draw(units) for g in gates}
        self.bh = {g: draw(units) * (not one_bias or one_bias == g)
                   for g in gates}

    def join(self, part, order):
        return np.concatenate([getattr(self, part)[g] for g in order])

    def run(self, x, before=False, relu=False):
        h, c, out = np.zeros((x.shape[1], self.H)), 0, []
        for step in x.astype("f8"):
            a = {g: step @ self.x[g].T + self.bx[g] for g in self.x}
            p = {g: h @ self.h[g].T + self.bh[g] for g in self.x}
            if self.kind == "lstm":
                i, f, g, o = (a[k] + p[k] for k in "ifgo")
                c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
                h = sigmoid(o) * np.tanh(c)
            elif self.kind == "gru":
                r, z = sigmoid(a["r"] + p["r"]), sigmoid(a["z"] + p["z"])
                n = (a["n"] + (r * h) @ self.h["n"].T + self.bh["n"]
                     if before else a["n"] + r * p["n"])
                h = (1 - z) * np.tanh(n) + z * h
            else:
                h = a["n"] + p["n"]
                h = np.maximum(h, 0) if relu else np.tanh(h)
            out.append(h)
        return np.stack(out)


class Net:
    def __init__(self, number):
        self.rng = np.random.default_rng(SEED * 100003 + number)
        self.draw = random.Random(SEED * 100003 + number)
        size = lambda: self.draw.randint(1, 6)
        self.I, self.H, self.O = size(), size(), size()
        self.T, self.B = size(), size()
        self.x = self.rng.standard_normal((self.T, self.B, self.I))
        self.x = self.x.astype("f4")
        self.options, self.batch_first, self.may_ask = [], False, False

    def cell(self, kind, features=None, one_bias=False):
        return Cell(self.rng, kind, features or self.I, self.H, one_bias)

    def head(self, features):
        draw = lambda *s: self.rng.uniform(-0.8, 0.8, s).astype("f4")
        return draw(self.O, features), draw(self.O)

    def both(self, a, b, x):
        return np.concatenate([a.run(x), b.run(x[::-1])[::-1]], 2)


# ---- The tools: each gives names and y --------------------------------------------

def joint(n):
    """A kernel for x and h, whose order of gates is said."""
    cell, order = n.cell("lstm", one_bias=True), n.draw.choice(
        ["ifog", "ijfo", "ifgo", "zifo"])
    ours = order.replace("j", "g").replace("z", "g")
    head, bias = n.head(n.H)
    kernel = np.concatenate([cell.join("x", ours).T, cell.join("h", ours).T])
    n.options = ["--layers", f"lstm({order}):a,b"]
    return {"a.weight": kernel, "a.bias": cell.join("bx", ours),
            "b.weight": head, "b.bias": bias}, cell.run(n.x) @ head.T + bias


def i2h(n):
    kind, order = n.draw.choice([("lstm", "ifog"), ("gru", "zrn"),
                                 ("lstm", "ofig")])
    cell = n.cell(kind)
    n.options = ["--layers", f"{kind}({order}):."]
    return {f"{p}2h.{r}": cell.join(part, order) for p, r, part in (
        ("i", "weight", "x"), ("i", "bias", "bx"), ("h", "weight", "h"),
        ("h", "bias", "bh"))}, cell.run(n.x)


def char_rnn(n):
    names, y = {}, n.x
    for level in range(1, n.draw.randint(2, 3)):
        cell = n.cell("lstm", y.shape[2])
        for p, r, part in (("i", "weight", "x"), ("i", "bias", "bx"),
                           ("h", "weight", "h"), ("h", "bias", "bh")):
            names[f"{p}2h_{level}.{r}"] = cell.join(part, "ifog")
        y = cell.run(y)
    names["decoder.weight"], names["decoder.bias"] = n.head(n.H)
    y = y @ names["decoder.weight"].T + names["decoder.bias"]
    return names, y - np.log(np.exp(y).sum(-1, keepdims=True))


def mxnet(n):
    kind, order = n.draw.choice([("lstm", "ifgo"), ("gru", "rzn"),
                                 ("rnn", "n")])
    two, names = n.draw.random() < 0.5, {}
    cells = [n.cell(kind) for _ in "12"[:1 + two]]
    for side, cell in zip("lr", cells):
        for p, r, part in (("i", "weight", "x"), ("i", "bias", "bx"),
                           ("h", "weight", "h"), ("h", "bias", "bh")):
            names[f"net0_{side}0_{p}2h_{r}"] = cell.join(part, order)
    if kind == "rnn":
        n.options = ["--nonlinearity", "relu"]
        y = [c.run(x, relu=True) for c, x in zip(cells, (n.x, n.x[::-1]))]
        return names, np.concatenate([y[0]] + [v[::-1] for v in y[1:]], 2)
    return names, n.both(*cells, n.x) if two else cells[0].run(n.x)


def chainer(n):
    kind, order = n.draw.choice([("lstm", "ifgo"), ("gru", "rzn")])
    two, names, n.batch_first = n.draw.random() < 0.5, {}, True
    first = n.cell(kind)
    second = n.cell(kind, n.I if two else n.H)
    for part, cell in enumerate((first, second)):
        for k, g in enumerate(order * 2):
            of_h = k >= len(order)
            names[f"s/{part}/w{k}"] = (cell.h if of_h else cell.x)[g]
            names[f"s/{part}/b{k}"] = (cell.bh if of_h else cell.bx)[g]
    n.may_ask = n.I == n.H
    return names, n.both(first, second, n.x) if two else second.run(
        first.run(n.x))


def chainer_lstm(n):
    cell = n.cell("lstm", one_bias=True)
    mix = lambda part: np.stack([getattr(cell, part)[g] for g in "gifo"],
                                1).reshape(4 * n.H, *getattr(
                                    cell, part)["g"].shape[1:])
    return {"l/upward/W": mix("x"), "l/upward/b": mix("bx"),
            "l/lateral/W": mix("h")}, cell.run(n.x)


def equinox(n):
    kind, order = n.draw.choice([("lstm", "ifgo"), ("gru", "rzn")])
    cell = n.cell(kind, one_bias="n" if kind == "gru" else True)
    names = {"c.weight_ih": cell.join("x", order),
             "c.weight_hh": cell.join("h", order),
             "c.bias": cell.join("bx", order)}
    if kind == "gru":
        names["c.bias_n"] = cell.bh["n"]
    return names, cell.run(n.x)


def paddle(n):
    cell, (head, bias), n.batch_first = n.cell("gru"), n.head(n.H), True
    names = {"out.weight": head.T, "out.bias": bias}
    for role, part in (("weight_ih", "x"), ("weight_hh", "h"),
                       ("bias_ih", "bx"), ("bias_hh", "bh")):
        names[f"r.{role}_l0"] = names[f"r.0.cell.{role}"] = cell.join(
            part, "rzn")
    return names, cell.run(n.x) @ head.T + bias


def burn(n):
    kind, gates = n.draw.choice([
        ("gru", {"reset_gate": "r", "update_gate": "z", "new_gate": "n"}),
        ("lstm", {"input_gate": "i", "forget_gate": "f", "cell_gate": "g",
                  "output_gate": "o"}), ("rnn", {"gate": "n"})])
    two, names, n.batch_first = n.draw.random() < 0.5, {}, True
    cells = [n.cell(kind) for _ in "12"[:1 + two]]
    head, bias = n.head(n.H * len(cells))
    n.may_ask = n.H * len(cells) == n.O
    for side, cell in zip(("forward.", "reverse.") if two else ("",), cells):
        for gate, g in gates.items():
            for part, w, b in (("input", cell.x, cell.bx),
                               ("hidden", cell.h, cell.bh)):
                stem = f"m.rnn.{side}{gate}.{part}_transform."
                names[stem + "weight"], names[stem + "bias"] = w[g].T, b[g]
    names["m.out.weight"], names["m.out.bias"] = head.T, bias
    y = n.both(*cells, n.x) if two else cells[0].run(n.x)
    return names, y @ head.T + bias


def flax(n):
    cells, (head, bias) = [n.cell("lstm") for _ in "12"], n.head(2 * n.H)
    named, names, n.batch_first = n.draw.random() < 0.5, {}, True
    n.options = ["--batch-first"]
    prefixes = (["both/forward_rnn/cell", "both/backward_rnn/cell"] if named
                else ["LSTMCell_0", "LSTMCell_1"])
    if not named:
        n.options += ["--layers",
                      "bidirectional(LSTMCell_0,LSTMCell_1),Dense_0"]
    for prefix, cell in zip(prefixes, cells):
        for g in "ifgo":
            cell.bx[g] = np.zeros(n.H, "f4")
            names[f"params/{prefix}/i{g}/kernel"] = cell.x[g].T
            names[f"params/{prefix}/h{g}/kernel"] = cell.h[g].T
            names[f"params/{prefix}/h{g}/bias"] = cell.bh[g]
    names["params/Dense_0/kernel"], names["params/Dense_0/bias"] = head.T, bias
    return names, n.both(*cells, n.x) @ head.T + bias


def recurrent_js(n):
    cell, (head, bias) = n.cell("lstm", one_bias=True), n.head(n.H)
    table = n.rng.uniform(-0.8, 0.8, (5, n.I)).astype("f4")
    n.x = n.rng.integers(0, 5, (n.T, n.B))
    names = {"Wil": table, "Whd": head, "bd": bias}
    for theirs, g in zip("ifoc", "ifog"):
        names[f"W{theirs}x0"], names[f"W{theirs}h0"] = cell.x[g], cell.h[g]
        names[f"b{theirs}0"] = cell.bx[g]
    return names, cell.run(table[n.x]) @ head.T + bias


TOOLS = [joint, i2h, char_rnn, mxnet, chainer, chainer_lstm, equinox, paddle,
         burn, flax, recurrent_js]


# ---- One file ---------------------------------------------------------------------

def nested(names):
    """A state dict in JSON: lists, or objects of recurrent.js and Burn."""
    tree = {}
    for key, value in names.items():
        *path, last = key.replace("/", ".").split(".")
        at = tree
        for part in path:
            at = at.setdefault(part, {})
        at[last] = value.tolist()
    return tree


def save(n, tool, names, folder):
    names = {k: np.ascontiguousarray(v, "f4") for k, v in names.items()}
    if tool is recurrent_js:
        matrix = lambda v: {"n": len(v), "d": v.size // len(v), "w": {
            str(k): float(w) for k, w in enumerate(v.ravel())}}
        text = {"letterToIndex": {}, "model": {
            k: matrix(v) for k, v in names.items()}}
    elif tool is burn and n.draw.random() < 0.4:
        param = lambda v: {"id": "", "param": {
            "bytes": list(v.astype("<f4").tobytes()), "shape": list(v.shape),
            "dtype": "F32"}}
        names = {k: param(v) for k, v in names.items()}
        tree = {}
        for key, value in names.items():
            *path, last = key.split(".")
            at = tree
            for part in path:
                at = at.setdefault(part, {})
            at[last] = value
        text = {"metadata": {}, "item": tree}
    elif n.draw.random() < 0.3:
        text = nested(names)
    else:
        np.savez(folder / "w.npz", **names)
        return "w.npz"
    (folder / "w.json").write_text(json.dumps(text))
    return "w.json"


def one(elman, number):
    n = Net(number)
    tool = TOOLS[number % len(TOOLS)]
    names, y = tool(n)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="elman-layout-"))
    file = save(n, tool, names, folder)
    x = np.swapaxes(n.x, 0, 1) if n.batch_first else n.x
    y = np.swapaxes(y, 0, 1) if n.batch_first else y
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y.astype("f4"))
    line = [elman, "convert", file, "o.safetensors", *n.options,
            "--reference", "x.npy", "y.npy"]
    run = subprocess.run(line, cwd=folder, capture_output=True, text=True)
    said = run.stdout + run.stderr
    taken = run.returncode == 0 and "\nchecked: " in said

    # without what was asked for it asks, or says that nothing is proved
    plain = subprocess.run([elman, "convert", file, "p.safetensors"],
                           cwd=folder, capture_output=True, text=True)
    if plain.returncode == 0 and "\nnot proved: " not in (
            plain.stdout + plain.stderr):
        taken = False
        said += plain.stdout + plain.stderr

    # a wrong model is none that was asked about
    asked = run.returncode != 0 and "does not give" not in said
    if taken or (asked and n.may_ask):
        shutil.rmtree(folder)
        return taken
    print(f"ELMAN_SEED={SEED} network {number} ({tool.__name__}): cd {folder}; "
          f"{shlex.join(line)}\n    {said.strip()[-400:]}", flush=True)
    return None


def main():
    elman = str(pathlib.Path(sys.argv[1]).resolve())
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 99
    results = [one(elman, number) for number in range(count)]
    print(f"{count} networks, {results.count(True)} taken, "
          f"{results.count(False)} asked about, {results.count(None)} failures")
    return 1 if None in results or not any(results) else 0


sys.exit(main())

"""Networks in torch: a config in the words of elman_config, run in double.

What torch.nn has runs in torch.nn. Peepholes, coupled gates, clip and the
reset before the product are written out here in torch's operations.
"""

import math

import torch
from torch import nn

import cells

GATES = {"rnn": 1, "lstm": 4, "gru": 3, **cells.GATES}
NAMES = {"linear": "fc", "embedding": "embedding", "layer_norm": "norm",
         "pool": "pool"}


# ---- Recurrent layers -------------------------------------------------------

def directions(layer):
    """Suffix and reading direction of each direction of a level."""
    if layer.get("bidirectional"):
        return [("", False), ("_reverse", True)]
    return [("", bool(layer.get("reverse")))]


def level_sizes(layer):
    """H of each level."""
    if "hidden_sizes" in layer:
        return layer["hidden_sizes"]
    return [layer["hidden_size"]] * layer.get("num_layers", 1)


def recurrent_shapes(layer, prefix, I):
    """Names and shapes of its parameters, and the features that come out."""
    shapes, G = {}, GATES[layer["kind"]]
    for k, H in enumerate(level_sizes(layer)):
        R = layer.get("proj_size") or H
        for suffix, _ in directions(layer):
            end = f"_l{k}{suffix}"
            shapes[f"{prefix}.weight_ih{end}"] = (G * H, I)
            recurrence = cells.RECURRENCE.get(layer["kind"], "matrix")
            if recurrence == "matrix":
                shapes[f"{prefix}.weight_hh{end}"] = (G * H, R)
            if recurrence == "vector":
                shapes[f"{prefix}.weight_hh{end}"] = (G * H,)
            if not layer.get("no_bias"):
                shapes[f"{prefix}.bias_ih{end}"] = (G * H,)
                if recurrence == "matrix":
                    shapes[f"{prefix}.bias_hh{end}"] = (G * H,)
            if layer.get("proj_size"):
                shapes[f"{prefix}.weight_hr{end}"] = (R, H)
            if layer.get("peephole"):
                shapes[f"{prefix}.peephole{end}"] = (3, H)
            if layer.get("learned_state"):
                shapes[f"{prefix}.h_0{end}"] = (R,)
                if layer["kind"] == "lstm":
                    shapes[f"{prefix}.c_0{end}"] = (H,)
        concat = layer.get("merge", "concat") == "concat"
        I = R * len(directions(layer)) if concat else R
    return shapes, I


def hand_step(layer, H, w, x, h, c):
    """One step of a cell that torch.nn does not have; w is its parameters."""
    if layer["kind"] in cells.STEPS:
        return cells.STEPS[layer["kind"]](w, x, h), c

    def sums(first, last, h_in=h):
        rows = slice(first * H, last * H)
        a = x @ w["weight_ih"][rows].T + h_in @ w["weight_hh"][rows].T
        if "bias_ih" in w:
            a = a + w["bias_ih"][rows] + w["bias_hh"][rows]
        return a

    def bounded(a):
        clip = layer.get("clip", 0)
        return a.clamp(-clip, clip) if clip else a

    if layer["kind"] == "rnn":
        a = bounded(sums(0, 1))
        relu = layer.get("nonlinearity") == "relu"
        return (a.relu() if relu else a.tanh()), c
    if layer["kind"] == "gru":
        r = bounded(sums(0, 1)).sigmoid()
        z = bounded(sums(1, 2)).sigmoid()
        if layer.get("reset_before"):
            n = sums(2, 3, r * h)
        else:
            rows = slice(2 * H, 3 * H)
            n, q = x @ w["weight_ih"][rows].T, h @ w["weight_hh"][rows].T
            if "bias_ih" in w:
                n, q = n + w["bias_ih"][rows], q + w["bias_hh"][rows]
            n = n + r * q
        return (1 - z) * bounded(n).tanh() + z * h, c

    p = w.get("peephole", torch.zeros(3, H))
    i = bounded(sums(0, 1) + p[0] * c).sigmoid()
    f = bounded(sums(1, 2) + p[1] * c).sigmoid()
    if layer.get("coupled"):
        f = 1 - i
    c = f * c + i * bounded(sums(2, 3)).tanh()
    o = bounded(sums(3, 4) + p[2] * c).sigmoid()
    h = o * c.tanh()
    return (h @ w["weight_hr"].T if "weight_hr" in w else h), c


def turned(x, lengths):
    """Each sequence (time first) backwards up to its own length."""
    T = x.shape[0]
    index = torch.tensor([[n - 1 - t if t < n else t for n in lengths]
                          for t in range(T)])
    return x.gather(0, index[:, :, None].expand_as(x))


def hand_direction(layer, H, w, x, lengths, h, c, reverse):
    """A direction of a level, step by step; time first."""
    if reverse:
        x = turned(x, lengths)
    outputs = []
    for t in range(x.shape[0]):
        valid = torch.tensor([[t < n] for n in lengths])
        h_new, c_new = hand_step(layer, H, w, x[t], h, c)
        outputs.append(torch.where(valid, h_new, 0))
        h = torch.where(valid, h_new, h)
        c = torch.where(valid, c_new, c)
    y = torch.stack(outputs)
    return (turned(y, lengths) if reverse else y), h, c


def by_hand(layer):
    return layer["kind"] in cells.STEPS or any(
        layer.get(k) for k in ("peephole", "coupled", "clip", "reset_before"))


def make_module(layer, I, H, levels, both, batch_first):
    options = dict(num_layers=levels, bias=not layer.get("no_bias"),
                   batch_first=batch_first, bidirectional=both)
    if layer["kind"] == "rnn":
        return nn.RNN(I, H, nonlinearity=layer.get("nonlinearity", "tanh"),
                      **options)
    if layer["kind"] == "lstm":
        return nn.LSTM(I, H, proj_size=layer.get("proj_size", 0), **options)
    return nn.GRU(I, H, **options)


def run_module(module, weights, layer, x, lengths, batch_first, h, c):
    """torch.nn on x with states (L*D,B,.); lengths may be None."""
    for name, value in weights.items():
        delattr(module, name)
        setattr(module, name, value)
    states = (h, c) if layer["kind"] == "lstm" else h
    if lengths is None:
        y, end = module(x, states)
    else:
        packed = nn.utils.rnn.pack_padded_sequence(
            x, torch.tensor(lengths), batch_first=batch_first,
            enforce_sorted=False)
        y, end = module(packed, states)
        T = x.shape[1 if batch_first else 0]
        y, _ = nn.utils.rnn.pad_packed_sequence(
            y, batch_first=batch_first, total_length=T)
    return (y, *end) if layer["kind"] == "lstm" else (y, end, None)


class Weights(dict):
    """The parameters of one case."""

    def of(self, prefix, end):
        """Those of one level and direction by their plain names."""
        return {n[len(prefix) + 1:-len(end)]: v for n, v in self.items()
                if n.startswith(prefix + ".") and n.endswith(end)}


def whole_torch(layer, weights, prefix, x, case, h, c):
    """A layer that is exactly one torch.nn module."""
    B, lengths = case["B"], case.get("lengths")
    first = case["config"].get("batch_first", False)
    H, levels = level_sizes(layer)[0], len(level_sizes(layer))
    D = len(directions(layer))
    module = make_module(layer, x.shape[-1], H, levels, D == 2, first)
    own = {n[len(prefix) + 1:]: v for n, v in weights.items()
           if n.startswith(prefix + ".")}
    R = layer.get("proj_size") or H
    zero = torch.zeros
    h = [zero(B, R) if s is None else s for s in h]
    c = [zero(B, H) if s is None else s for s in c]
    h, c = torch.stack(h), torch.stack(c)
    if case.get("unbatched"):
        y, h, c = run_module(module, own, layer, x[:, 0], None, False,
                             h[:, 0], c[:, 0])
        y, h = y[:, None], h[:, None]
        c = None if c is None else c[:, None]
    else:
        y, h, c = run_module(module, own, layer, x, lengths, first, h, c)
    return y, list(h), [None] * len(h) if c is None else list(c)


MERGES = {"sum": lambda a, b: a + b, "mul": lambda a, b: a * b,
          "average": lambda a, b: (a + b) / 2,
          "concat": lambda a, b: torch.cat([a, b], -1)}


def by_levels(layer, weights, prefix, x, case, h, c):
    """A layer level by level and direction by direction."""
    T, B, first = case["T"], case["B"], case["config"].get("batch_first")
    x = x.transpose(0, 1) if first else x
    lengths = case.get("lengths") or [T] * B
    h_n, c_n, at = [], [], 0
    for k, H in enumerate(level_sizes(layer)):
        R, outputs = layer.get("proj_size") or H, []
        for suffix, reverse in directions(layer):
            w = weights.of(prefix, f"_l{k}{suffix}")
            h_0, c_0 = w.pop("h_0", None), w.pop("c_0", None)
            start = [torch.zeros(B, R) if h_0 is None else h_0.expand(B, R),
                     torch.zeros(B, H) if c_0 is None else c_0.expand(B, H)]
            start = [s if given is None else given
                     for s, given in zip(start, (h[at], c[at]))]
            if by_hand(layer):
                y, end, end_c = hand_direction(layer, H, w, x, lengths,
                                               *start, reverse)
                end_c = end_c if layer["kind"] == "lstm" else None
            else:
                module = make_module(layer, x.shape[-1], H, 1, False, False)
                w = {n + "_l0": v for n, v in w.items()}
                y, end, end_c = run_module(
                    module, w, layer, turned(x, lengths) if reverse else x,
                    lengths, False, *(s[None] for s in start))
                y = turned(y, lengths) if reverse else y
                end = end[0]
                end_c = None if end_c is None else end_c[0]
            outputs.append(y)
            h_n.append(end)
            c_n.append(end_c)
            at += 1
        if len(outputs) == 2:
            x = MERGES[layer.get("merge", "concat")](*outputs)
        else:
            x = outputs[0]
    return x.transpose(0, 1) if first else x, h_n, c_n


def is_whole_torch(layer):
    return not (by_hand(layer) or layer.get("reverse") or "merge" in layer
                or "hidden_sizes" in layer or layer.get("learned_state"))


# ---- Networks ---------------------------------------------------------------

def shapes_of(config):
    """Parameters of a config, and the levels: name, R, H, has a cell."""
    shapes, levels, I, seen = {}, [], config.get("input_size", 0), {}
    for layer in config["layers"]:
        default = NAMES.get(layer["kind"], "rnn")
        if layer["kind"] in GATES or layer["kind"] in NAMES:
            seen[default] = seen.get(default, 0) + 1
            number = str(seen[default]) if seen[default] > 1 else ""
            layer["name"] = default + number
            prefix = layer["name"]
        if layer["kind"] in GATES:
            own, I = recurrent_shapes(layer, prefix, I)
            shapes.update(own)
            base = len({n.split("_")[0] for n, *_ in levels})
            for k, H in enumerate(level_sizes(layer)):
                for suffix, _ in directions(layer):
                    levels.append((f"layer{base + k}{suffix}",
                                   layer.get("proj_size") or H, H,
                                   layer["kind"] == "lstm"))
        elif layer["kind"] == "linear":
            shapes[prefix + ".weight"] = (layer["output_size"], I)
            I = layer["output_size"]
            if not layer.get("no_bias"):
                shapes[prefix + ".bias"] = (I,)
        elif layer["kind"] == "embedding":
            I = layer["embedding_dim"]
            shapes[prefix + ".weight"] = (layer["num_embeddings"], I)
        elif layer["kind"] == "pool" and layer["pool"] == "attention":
            shapes[prefix + ".weight"] = (I, I)
            shapes[prefix + ".bias"] = (I,)
            shapes[prefix + ".score"] = (1, I)
        elif layer["kind"] == "layer_norm":
            shapes[prefix + ".weight"], shapes[prefix + ".bias"] = (I,), (I,)
    return shapes, levels


def last_of(layer, y, ends, case):
    """ELMAN_LAST: (B,O) of each sequence."""
    if layer.get("last") == "final":
        return torch.cat(ends, -1)
    if case["config"].get("batch_first"):
        y = y.transpose(0, 1)
    lengths = case.get("lengths") or [case["T"]] * case["B"]
    return torch.stack([y[n - 1, b] for b, n in enumerate(lengths)])


def pool_of(layer, weights, y, case):
    """ELMAN_POOL: (B,O) of each sequence, by itself and without padding."""
    if case["config"].get("batch_first"):
        y = y.transpose(0, 1)
    lengths = case.get("lengths") or [case["T"]] * case["B"]
    return torch.stack([pool_one(layer, weights, y[:n, b])
                        for b, n in enumerate(lengths)])


def pool_one(layer, weights, y):
    if layer["pool"] == "mean":
        return y.mean(0)
    if layer["pool"] == "max":
        return y.max(0).values
    w, b, v = (weights[f"{layer['name']}.{n}"]
               for n in ("weight", "bias", "score"))
    score = nn.functional.linear(nn.functional.linear(y, w, b).tanh(), v)
    return (score.softmax(0) * y).sum(0)


def run(case, weights, x, h_0, c_0):
    """The whole network; states are lists over levels and directions."""
    y, h_n, c_n, ends = x, [], [], []
    first = case["config"].get("batch_first", False)
    per_step = True
    for layer in case["config"]["layers"]:
        kind, name = layer["kind"], layer.get("name")
        if kind in GATES:
            count = len(level_sizes(layer)) * len(directions(layer))
            at = len(h_n)
            args = (weights, name, y, case, h_0[at:at + count],
                    c_0[at:at + count])
            y, h, c = (whole_torch if is_whole_torch(layer) else
                       by_levels)(layer, *args)
            h_n, c_n, ends = h_n + h, c_n + c, h[-len(directions(layer)):]
        elif kind == "linear":
            y = nn.functional.linear(y, weights[name + ".weight"],
                                     weights.get(name + ".bias"))
        elif kind == "embedding":
            y = nn.functional.embedding(y, weights[name + ".weight"])
        elif kind == "layer_norm":
            y = nn.functional.layer_norm(
                y, y.shape[-1:], weights[name + ".weight"],
                weights[name + ".bias"], layer.get("eps", 1e-5))
        elif kind == "l2_norm":
            y = nn.functional.normalize(y, dim=-1, eps=layer.get("eps", 1e-12))
        elif kind == "softmax":
            y = y.softmax(-1)
        elif kind == "last":
            y, per_step = last_of(layer, y, ends, case), False
        elif kind == "pool":
            y, per_step = pool_of(layer, weights, y, case), False
        else:
            y = {"tanh": torch.tanh, "sigmoid": torch.sigmoid,
                 "relu": torch.relu}[kind](y)
    if per_step and case.get("lengths"):
        valid = torch.tensor([[t < n for n in case["lengths"]]
                              for t in range(case["T"])])
        valid = valid.T if first else valid
        y = torch.where(valid[:, :, None], y, 0)
    return y, h_n, c_n


def draw_weights(source, shapes):
    weights = Weights()
    for name, shape in shapes.items():
        if "norm" in name:
            low, high = (0.5, 1.5) if "weight" in name else (-0.5, 0.5)
        else:
            high = 1.5 / math.sqrt(shape[-1]) if "weight" in name else 0.5
            low = -high
        weights[name] = source.uniform(low, high, *shape).requires_grad_()
    return weights

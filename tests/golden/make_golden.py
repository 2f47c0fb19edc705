#!/usr/bin/env python3
"""Records the numbers that elman is held against, from PyTorch in double.

    python3 -m venv venv && venv/bin/pip install torch numpy
    venv/bin/python tests/golden/make_golden.py

PyTorch 2.15 made the committed files. Each file is a .safetensors whose
metadata "cases" is a JSON list; the tensors of a case are named case/name.
Weights and inputs are rounded to float32 first, so that every reader computes
from the same numbers; results are float64.

A network case holds a config in the words of elman_config, and:

    x or tokens, lengths             what goes in
    fc.weight ...                    parameters
    layer0.h_0, layer0_reverse.c_0   initial states (B,R), (B,H), if given
    dy, layer0.dh_n, layer0.dc_n     gradients from above
    y, layer0.h_n, layer0.c_n        what comes out
    dx, layer0.dh_0, layer0.dc_0, fc.weight.grad

networks.py runs them, cells.py has cells that torch.nn does not, learning.py has losses and training, book.py the file.
"""

import numpy
import torch
from torch import nn

import cells
from book import Book, Source, single
from learning import loss_cases, optimizer_cases, schedule_cases
from networks import draw_weights, run, shapes_of

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def record(book, name, config, T, B, lengths=None, given=False, up="both",
           unbatched=False, cell=False, scale=1):
    """Runs one network forward and backward and writes all of it down."""
    shapes, levels = shapes_of(config)
    case = {"name": name, "config": config, "T": T, "B": B,
            "parameters": list(shapes)}
    if lengths:
        case["lengths"] = lengths
    if unbatched:
        case["unbatched"] = True
    if cell:
        case["cell"] = True
    source, arrays = Source(name), {}
    first = config.get("batch_first", False)

    weights = draw_weights(source, shapes)
    if scale != 1:
        for n in weights:
            grown = (weights[n].detach() * scale).float().double()
            weights[n] = grown.requires_grad_()
    axes = (B, T) if first else (T, B)
    if config["layers"][0]["kind"] == "embedding":
        x = source.integers(0, config["layers"][0]["num_embeddings"], *axes)
        arrays["tokens"] = x.numpy().astype(numpy.int32)
    else:
        x = source.normal(*axes, config["input_size"]).requires_grad_()
        arrays["x"] = single(x)
    h_0, c_0 = [None] * len(levels), [None] * len(levels)
    if given:
        h_0 = [source.normal(B, R).requires_grad_() for _, R, *_ in levels]
        c_0 = [source.normal(B, H).requires_grad_() if lstm else None
               for _, _, H, lstm in levels]

    y, h_n, c_n = run(case, weights, x, h_0, c_0)
    dy = source.normal(*y.shape) * (0 if up == "states" else 1)
    total = (y * dy).sum()
    arrays["y"], arrays["dy"] = y, single(dy)
    for (level, *_), h, c in zip(levels, h_n, c_n):
        for letter, state in (("h", h), ("c", c)):
            if state is None:
                continue
            arrays[f"{level}.{letter}_n"] = state
            if up != "y":
                d = source.normal(*state.shape)
                arrays[f"{level}.d{letter}_n"] = single(d)
                total = total + (state * d).sum()
    total.backward()

    if x.requires_grad:
        arrays["dx"] = x.grad
    for n, value in weights.items():
        arrays[n], arrays[n + ".grad"] = single(value), value.grad
    if given:
        for (level, *_), h, c in zip(levels, h_0, c_0):
            for letter, state in (("h", h), ("c", c)):
                if state is not None:
                    arrays[f"{level}.{letter}_0"] = single(state)
                    arrays[f"{level}.d{letter}_0"] = state.grad
    book.add(case, arrays)


def recurrent_cases(book, kind, options):
    """The grid that every cell goes through."""
    def one(name, I, T, B, first=False, more=(), **layer):
        layer = {"kind": kind, **options, **layer}
        if "proj_size" in options:
            layer["proj_size"] = max(1, layer["hidden_size"] // 2)
            if layer["hidden_size"] == 1:
                layer["hidden_size"] = 2
        config = {"input_size": I, "layers": [layer]}
        if first:
            config["batch_first"] = True
        record(book, prefix + name, config, T, B, **dict(more))

    prefix = {"relu": "relu_", "tanh": "tanh_"}.get(
        options.get("nonlinearity"), "proj_" if options else "")
    ragged = {"lengths": [2, 5, 1, 4]}
    one("smallest", 1, 1, 1, hidden_size=1)
    one("plain", 2, 4, 2, hidden_size=3, more={"up": "y"})
    one("given_states", 4, 6, 3, hidden_size=5, more={"given": True})
    one("two_levels", 3, 4, 2, hidden_size=3, num_layers=2)
    one("three_levels_both_ways_ragged", 2, 5, 4, hidden_size=3, num_layers=3,
        bidirectional=True, more={"given": True, **ragged})
    one("both_ways", 3, 4, 2, hidden_size=5, bidirectional=True)
    one("both_ways_ragged", 3, 5, 4, hidden_size=3, bidirectional=True,
        more=ragged)
    one("no_bias", 4, 3, 2, hidden_size=5, no_bias=True,
        more={"given": True})
    one("batch_first_ragged", 3, 5, 4, first=True, hidden_size=3,
        more={"given": True, **ragged})
    one("unbatched", 3, 6, 1, hidden_size=5,
        more={"given": True, "unbatched": True})
    one("hidden_16", 4, 3, 2, hidden_size=16)
    one("hidden_17_ragged", 5, 5, 4, hidden_size=17, more=ragged)
    one("hidden_33", 3, 2, 2, hidden_size=33, more={"given": True})
    one("two_levels_both_ways_batch_first", 2, 4, 3, first=True,
        hidden_size=3, num_layers=2, bidirectional=True, no_bias=True)
    one("states_only_ragged", 3, 5, 4, hidden_size=5,
        more={"up": "states", **ragged})
    one("reverse_ragged", 3, 5, 4, hidden_size=4, reverse=True,
        more={"given": True, **ragged})
    one("forty_steps", 2, 40, 1, hidden_size=3)


def cell_cases(book):
    """torch.nn's RNNCell, LSTMCell and GRUCell."""
    for name, layer in (("tanh", {"kind": "rnn"}),
                        ("relu", {"kind": "rnn", "nonlinearity": "relu"}),
                        ("lstm", {"kind": "lstm"}), ("gru", {"kind": "gru"})):
        for H, bias in ((3, True), (17, True), (5, False)):
            options = {} if bias else {"no_bias": True}
            config = {"input_size": 4,
                      "layers": [{**layer, "hidden_size": H, **options}]}
            case = f"cell_{name}_{H}"
            record(book, case, config, 1, 3, given=True, cell=True)
            check_cell(book, case, layer, H, bias)


def check_cell(book, case, layer, H, bias):
    """The recorded step is what torch.nn's cell gives."""
    kind, known = layer["kind"], book.arrays
    if kind == "rnn":
        cell = nn.RNNCell(4, H, bias,
                          nonlinearity=layer.get("nonlinearity", "tanh"))
    else:
        cell = {"lstm": nn.LSTMCell, "gru": nn.GRUCell}[kind](4, H, bias)
    def recorded(name):
        return torch.tensor(known[f"{case}/{name}"], dtype=torch.float64)
    for name, value in cell.named_parameters():
        value.data = recorded(f"rnn.{name}_l0")
    x, h = recorded("x")[0], recorded("layer0.h_0")
    if kind == "lstm":
        h, c = cell(x, (h, recorded("layer0.c_0")))
        assert torch.allclose(c, recorded("layer0.c_n"), 1e-13, 1e-13)
    else:
        h = cell(x, h)
    assert torch.allclose(h, recorded("layer0.h_n"), 1e-13, 1e-13)


def pool_cases(book):
    """One vector from all steps of a sequence."""
    gru = {"kind": "gru", "hidden_size": 5}
    both = {"kind": "lstm", "hidden_size": 9, "bidirectional": True}
    fc = {"kind": "linear", "output_size": 3}
    words = {"kind": "embedding", "num_embeddings": 7, "embedding_dim": 3}
    ragged, I = [2, 5, 1, 4], {"input_size": 3}

    for pool in ("mean", "max", "attention"):
        layer = {"kind": "pool", "pool": pool}

        def one(name, layers, T=5, lengths=ragged, **config):
            copies = [dict(layer) for layer in layers]
            record(book, f"{pool}_{name}", {"layers": copies, **config}, T, 4,
                   lengths=lengths)

        one("whole", [gru, layer, fc], lengths=None, **I)
        one("ragged", [gru, layer, fc], **I)
        one("alone", [layer], **I)
        one("of_both_directions", [both, layer, fc], **I)
        one("batch_first", [both, layer, fc], batch_first=True, **I)
        one("of_words", [words, layer, fc])
        one("long", [layer, fc], T=300, lengths=[300, 128, 129, 257], **I)


def l2_norm_cases(book):
    """Each step divided by its length."""
    def one(name, layers, scale=1, **more):
        record(book, name, {"input_size": 3, "layers": layers}, 5, 4,
               scale=scale, **more)

    ragged, norm = [2, 5, 1, 4], {"kind": "l2_norm"}
    gru = {"kind": "gru", "hidden_size": 5}
    fc = {"kind": "linear", "output_size": 3}
    one("alone", [dict(norm)])
    one("between", [gru, dict(norm), dict(fc)], lengths=ragged)
    one("of_the_last_step", [dict(gru), {"kind": "last"}, dict(fc),
                             dict(norm)], lengths=ragged)
    one("divided_by_eps", [dict(gru), {**norm, "eps": 8.0}, dict(fc)])
    one("longer_and_shorter", [{**norm, "eps": 1.5}, dict(gru)])
    one("of_17", [{**gru, "hidden_size": 17}, dict(norm)])
    one("of_one", [{**gru, "hidden_size": 1}, dict(norm)])


def stack_cases(book):
    """What stands around the recurrent layers."""
    def one(name, layers, I=3, T=5, B=4, first=False, **more):
        config = {"layers": layers}
        if layers[0]["kind"] != "embedding":
            config["input_size"] = I
        if first:
            config["batch_first"] = True
        record(book, name, config, T, B, **more)

    ragged = [2, 5, 1, 4]
    gru = {"kind": "gru", "hidden_size": 5}
    lstm = {"kind": "lstm", "hidden_size": 4}
    both = {"kind": "lstm", "hidden_size": 3, "bidirectional": True}
    fc = {"kind": "linear", "output_size": 3}
    step, final = {"kind": "last"}, {"kind": "last", "last": "final"}
    words = {"kind": "embedding", "num_embeddings": 7, "embedding_dim": 3}
    rnn = {"kind": "rnn", "hidden_size": 4}

    one("head_on_each_step", [gru, fc])
    one("head_on_each_step_ragged", [lstm, fc], lengths=ragged)
    one("head_on_each_step_batch_first", [gru, fc], first=True, lengths=ragged)
    one("head_without_bias", [rnn, {**fc, "no_bias": True}], lengths=ragged)
    one("head_on_last_step", [gru, step, fc])
    one("head_on_last_step_ragged", [both, step, fc], lengths=ragged)
    one("head_on_last_step_batch_first", [gru, step, fc], first=True,
        lengths=ragged)
    one("head_on_final_state_ragged", [both, final, fc], lengths=ragged)
    one("head_on_final_state_two_levels", [{**both, "num_layers": 2}, final,
                                           fc], given=True)
    one("last_step_alone", [both, step], lengths=ragged)
    one("final_state_alone", [both, final], lengths=ragged)
    one("head_then_last", [gru, fc, step], lengths=ragged)
    one("words", [words, gru, fc], lengths=ragged)
    one("words_batch_first", [words, lstm, step, fc], first=True,
        lengths=ragged)
    one("words_alone", [words])
    one("words_repeated", [{**words, "num_embeddings": 2}, rnn, fc], T=6, B=3)
    for kind in ("tanh", "sigmoid", "relu", "softmax"):
        one(kind + "_on_each_step", [gru, fc, {"kind": kind}], lengths=ragged)
        one(kind + "_on_last_step", [rnn, step, fc, {"kind": kind}])
    one("norm_between", [lstm, {"kind": "layer_norm"}, gru], lengths=ragged)
    one("norm_eps", [rnn, {"kind": "layer_norm", "eps": 0.25}, fc])
    one("norm_of_17", [{**rnn, "hidden_size": 17}, {"kind": "layer_norm"}])
    one("input_through_linear", [{**fc, "output_size": 6}, {"kind": "relu"},
                                 gru, fc], lengths=ragged)
    one("two_sorts", [lstm, {"kind": "tanh"}, {**gru, "bidirectional": True},
                      {"kind": "layer_norm"}, {**fc, "output_size": 4},
                      {"kind": "sigmoid"}, fc], lengths=ragged, given=True)
    one("wide_head", [{**gru, "hidden_size": 16},
                      {**fc, "output_size": 33}], T=3, B=2)
    one("linear_alone", [fc])


def variant_cases(book):
    """Cells and joins that torch.nn does not have whole."""
    def one(name, T=5, B=4, I=3, more=(), **layer):
        record(book, name, {"input_size": I, "layers": [layer]}, T, B,
               **dict(more))

    ragged = {"lengths": [2, 5, 1, 4]}
    given = {"given": True}
    gru = dict(kind="gru", hidden_size=4)
    lstm = dict(kind="lstm", hidden_size=4)
    rnn = dict(kind="rnn", hidden_size=4)
    one("reset_before", **gru, reset_before=True, more=given)
    one("reset_before_no_bias", **gru, reset_before=True, no_bias=True)
    one("reset_before_17", kind="gru", hidden_size=17, reset_before=True,
        more=ragged)
    one("reset_before_both_ways", **gru, reset_before=True, num_layers=2,
        bidirectional=True, more={**ragged, **given})
    one("peephole", **lstm, peephole=True, more=given)
    one("peephole_17", kind="lstm", hidden_size=17, peephole=True,
        no_bias=True, more=ragged)
    one("peephole_projected", **lstm, peephole=True, proj_size=2,
        more={**ragged, **given})
    one("coupled", **lstm, coupled=True, more={**ragged, **given})
    one("coupled_peephole_clip", **lstm, coupled=True, peephole=True,
        clip=0.75, num_layers=2, bidirectional=True,
        more={**ragged, **given, "scale": 2})
    one("clip_lstm", **lstm, clip=0.5, more={**given, "scale": 2})
    one("clip_gru", **gru, clip=0.5, more={**given, "scale": 2})
    one("clip_gru_reset_before", **gru, clip=0.5, reset_before=True,
        more={**ragged, "scale": 2})
    one("clip_tanh", **rnn, clip=0.5, more={**given, "scale": 2})
    one("clip_relu", **rnn, nonlinearity="relu", clip=0.5,
        more={**ragged, "scale": 2})
    for merge in ("sum", "mul", "average"):
        one("merge_" + merge, **gru, bidirectional=True, num_layers=2,
            merge=merge, more={**ragged, **given})
        one("merge_" + merge + "_lstm", **lstm, bidirectional=True,
            proj_size=3, merge=merge)
    one("sizes_lstm", kind="lstm", hidden_sizes=[5, 3, 4], more=given)
    one("sizes_gru_both_ways", kind="gru", hidden_sizes=[2, 5],
        bidirectional=True, more={**ragged, **given})
    one("sizes_rnn_reverse", kind="rnn", hidden_sizes=[3, 1, 4], reverse=True,
        more={**ragged, **given})
    one("learned_lstm", **lstm, num_layers=2, learned_state=True,
        bidirectional=True, more=ragged)
    one("learned_gru", **gru, learned_state=True, more=ragged)
    one("learned_rnn_reverse", **rnn, learned_state=True, reverse=True)


def main():
    for name, kind, options in (
            ("rnn", "rnn", [{"nonlinearity": "tanh"},
                            {"nonlinearity": "relu"}]),
            ("lstm", "lstm", [{}, {"proj_size": True}]), ("gru", "gru", [{}])):
        book = Book()
        for option in options:
            recurrent_cases(book, kind, option)
        book.save(name)
    for kind in cells.STEPS:
        book = Book()
        recurrent_cases(book, kind, {})
        book.save(kind)
    for name, fill in (("cell", cell_cases), ("stack", stack_cases),
                       ("pool", pool_cases), ("l2_norm", l2_norm_cases),
                       ("variant", variant_cases), ("loss", loss_cases),
                       ("optimizer", optimizer_cases),
                       ("schedule", schedule_cases)):
        book = Book()
        fill(book)
        book.save(name)


if __name__ == "__main__":
    main()

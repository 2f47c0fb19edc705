"""Whatever a model is made of, its ways of reading agree to the last bit."""

import pickle

import numpy as np
import pytest

import elman

KINDS = elman.kinds()
CELLS = [kind["word"] for kind in KINDS if kind["family"] == 1]
L = elman.Layer
HALF = {"dropout": 0.5}

# layers of each kind that is no cell, where they may stand
STACKS = {
    "linear": [[L("linear", output_size=4)], [elman.GRU(3), L("linear", output_size=4)]],
    "embedding": [[elman.Embedding(9, 4), elman.GRU(3)], [elman.Embedding(9, 5)]],
    "tanh": [[elman.GRU(3), L("tanh")]], "sigmoid": [[elman.GRU(3), L("sigmoid")]],
    "relu": [[elman.GRU(3), L("relu")]], "softmax": [[elman.GRU(3), L("softmax")]],
    "log_softmax": [[elman.GRU(3), L("log_softmax")]],
    "layer_norm": [[L("layer_norm"), elman.GRU(3), L("layer_norm", eps=0.1)]],
    "l2_norm": [[elman.GRU(3), L("l2_norm")]],
    "dropout": [[L("dropout", **HALF), elman.GRU(3), L("dropout", variational=True, **HALF)]],
    "activation": [[elman.GRU(3), L("activation", activation=function)]
                   for function in ("softsign", ("elu", 0.5), ("affine", 2.0, 1.0))],
    "last": [[elman.GRU(3, bidirectional=both), L("last", last=last), elman.Linear(2)]
             for both in (False, True) for last in ("step", "final")],
    "pool": [[elman.GRU(3), L("pool", pool=pool), elman.Linear(2)]
             for pool in ("mean", "max", "attention", "sum")],
    "repeat": [[elman.GRU(3), elman.Last(), L("repeat", repeats=4), elman.GRU(2)],
               [elman.GRU(3), elman.Last(), L("repeat"), elman.GRU(2)]],
}  # fmt: skip
OTHERS = [(kind, n) for kind, stacks in STACKS.items() for n in range(len(stacks))]
JOINED = [(cell, merge) for cell in CELLS for merge in ("concat", "sum", "mul", "average")]


def test_each_kind_has_its_stacks():
    assert set(STACKS) | set(CELLS) == {kind["word"] for kind in KINDS}


def check(layers, rng):
    """Sequences alone, together, padded, copied and step by step give one answer."""
    tokens = layers[0].kind == "embedding"
    model = elman.Model(layers, inputs=0 if tokens else 2, seed=int(rng.integers(99)))
    info = model.info
    lengths = rng.integers(1, 12, 5)
    arrays = [rng.integers(0, 9, n).astype(np.int32) if tokens
              else rng.standard_normal((n, 2)).astype(np.float32) for n in lengths]  # fmt: skip
    padded = np.zeros((5, 11), np.int32) if tokens else np.full((5, 11, 2), np.nan, np.float32)
    for row, a in zip(padded, arrays):
        row[: len(a)] = a

    whole = model(arrays)
    again = elman.Model(model.layers, inputs=0 if tokens else 2)
    assert again.config["layers"] == model.config["layers"]
    again.load_state_dict(model.state_dict())
    batch = pickle.loads(pickle.dumps(model))(padded, lengths=lengths)
    for a, y, row in zip(arrays, whole, batch):
        n = y.shape[0] if info["per_sequence"] or info["output_steps"] else len(a)
        assert y.tobytes() == again(a).tobytes() == row[:n].tobytes()
        if info["streams"]:
            stream = model.stream()
            steps = [stream(x).copy() for x in a]  # each of what came so far
            assert y.tobytes() == (steps[-1] if info["per_sequence"] else np.stack(steps)).tobytes()
    return info


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("levels", [1, 3])
def test_batches_lists_lengths_streams_and_copies_agree(cell, levels, rng):
    layers = [
        elman.Layer(cell, hidden_size=int(rng.integers(1, 9)), num_layers=levels),
        elman.LayerNorm(), elman.Tanh(), elman.Linear(3), elman.LogSoftmax(),
    ]  # fmt: skip
    assert check(layers, rng)["streams"]


@pytest.mark.parametrize("cell, merge", JOINED)
def test_two_directions_agree_however_they_are_joined(cell, merge, rng):
    fields = {"hidden_size": 3, "bidirectional": True, "merge": merge}
    check([L(cell, num_layers=2, **fields), L(cell, **fields)], rng)


@pytest.mark.parametrize("kind, n", OTHERS)
def test_layers_that_are_no_cells_agree(kind, n, rng):
    layers = STACKS[kind][n]
    streams = check(layers, rng)["streams"]
    assert streams == (kind != "repeat" and not layers[0].fields.get("bidirectional"))

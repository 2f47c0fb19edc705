"""Whatever a model is made of, its ways of reading agree to the last bit."""

import pickle

import numpy as np
import pytest

import elman

CELLS = [kind["word"] for kind in elman.kinds() if kind["family"] == 1]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("levels", [1, 3])
def test_batches_lists_lengths_streams_and_copies_agree(cell, levels, rng):
    layers = [
        elman.Layer(cell, hidden_size=int(rng.integers(1, 9)), num_layers=levels),
        elman.LayerNorm(), elman.Tanh(), elman.Linear(3), elman.LogSoftmax(),
    ]  # fmt: skip
    model = elman.Model(layers, inputs=2, seed=int(rng.integers(99)))
    lengths = rng.integers(1, 12, 5)
    arrays = [rng.standard_normal((n, 2)).astype(np.float32) for n in lengths]
    padded = np.full((5, 11, 2), np.nan, np.float32)
    for row, a in zip(padded, arrays):
        row[: len(a)] = a

    whole = model(arrays)
    again = elman.Model(model.layers, inputs=2)
    assert again.config["layers"] == model.config["layers"]
    again.load_state_dict(model.state_dict())
    batch = pickle.loads(pickle.dumps(model))(padded, lengths=lengths)
    for a, y, row in zip(arrays, whole, batch):
        assert y.tobytes() == again(a).tobytes() == row[: len(a)].tobytes()
        stream = model.stream()
        assert y.tobytes() == np.stack([stream(x) for x in a]).tobytes()

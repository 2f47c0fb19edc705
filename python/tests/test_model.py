"""Models and streams: shapes, the same bits, weights, copies."""

import copy
import pickle

import numpy as np
import pytest

import elman

STACKS = {
    "lstm": ([elman.LSTM(24), elman.Linear(5)], 7),
    "gru levels": ([elman.GRU(16, num_layers=2), elman.Linear(3)], 4),
    "rnn": ([elman.RNN(33, nonlinearity="relu")], 5),
    "norm": ([elman.LiGRU(9), elman.LayerNorm(), elman.ELU(0.5)], 2),
    "projected": ([elman.LSTM(20, proj_size=6), elman.Linear(2)], 3),
}


@pytest.fixture(params=STACKS, ids=list(STACKS))
def stack(request):
    layers, inputs = STACKS[request.param]
    return elman.Model(layers, inputs=inputs, seed=3), inputs


def test_batch_threads_lists_and_streams_give_the_same_bits(stack, rng):
    model, inputs = stack
    x = rng.standard_normal((9, 21, inputs)).astype(np.float32)
    whole = model(x)

    assert model(x, threads=2).tobytes() == whole.tobytes()
    alone = np.stack([model(sequence) for sequence in x])
    assert alone.tobytes() == whole.tobytes()

    lengths = rng.integers(1, 22, 9)
    parts = model([sequence[:n] for sequence, n in zip(x, lengths)])
    padded = model(x, lengths=lengths)
    for part, row, full, n in zip(parts, padded, whole, lengths):
        assert part.tobytes() == row[:n].tobytes() == full[:n].tobytes()
        assert not row[n:].any()

    stream = model.stream(9)
    steps = np.stack([stream(x[:, t]) for t in range(21)], axis=1)
    assert steps.tobytes() == whole.tobytes()


def test_a_fork_goes_on_from_where_it_is(stack, rng):
    model, inputs = stack
    x = rng.standard_normal((10, inputs)).astype(np.float32)
    stream = model.stream()
    for step in x[:5]:
        stream(step)
    fork, saved = stream.fork(), stream.dumps()
    first = [stream(step).tobytes() for step in x[5:]]
    assert [fork(step).tobytes() for step in x[5:]] == first
    later = model.stream()
    later.loads(saved)
    assert [later(step).tobytes() for step in x[5:]] == first
    later.reset()
    assert later(x[0]).tobytes() == model(x[:1])[0].tobytes()


def test_streams_join_and_leave(rng):
    model = elman.Model([elman.GRU(8)], inputs=2)
    x = rng.standard_normal((3, 2)).astype(np.float32)
    streams = model.stream(3, empty=True)
    slot = streams.join()
    y = np.zeros((3, 8), np.float32)
    streams.step(x, y)
    assert y[slot].tobytes() == model(x[slot][None])[0].tobytes()
    assert not np.delete(y, slot, 0).any()
    streams.leave(slot)
    assert [streams.join() for _ in range(3)] == [0, 1, 2]
    with pytest.raises(elman.BadValueError):
        streams.join()


@pytest.mark.parametrize(
    "kind", [np.float64, np.float16, np.int64, list, "strided", "backwards"]
)
def test_any_array_is_taken_and_never_changed(kind, rng):
    model = elman.Model([elman.LSTM(6)], inputs=4)
    x = np.round(rng.standard_normal((2, 5, 4)) * 4)
    expected = model(x.astype(np.float32)).tobytes()
    given = {
        list: lambda: x.tolist(),
        "strided": lambda: np.asfortranarray(x.astype(np.float32)),
        "backwards": lambda: x.astype(np.float32)[::-1][::-1],
    }.get(kind, lambda: x.astype(kind))()
    before = copy.deepcopy(given)
    assert model(given).tobytes() == expected
    assert np.array_equal(before, given)


def test_parameters_are_views_and_assignment_writes(stack):
    model, _ = stack
    for name in model:
        view = model[name]
        assert not view.flags.writeable and not view.flags.owndata
        values = np.arange(view.size, dtype=np.float64).reshape(view.shape)
        model[name] = values
        assert np.array_equal(model[name], values) and np.array_equal(view, values)
        with pytest.raises(elman.BadValueError, match="shape"):
            model[name] = values.ravel()[:-1]
    with pytest.raises(KeyError, match="no parameter 'nothing'"):
        model["nothing"]


def test_copies_pickles_and_files_are_equal(stack, tmp_path):
    model, _ = stack
    path = tmp_path / "model.safetensors"
    model.save(path)
    same = [
        copy.copy(model),
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
        elman.load(path),
        elman.load(path.read_bytes()),
        eval(repr(model), vars(elman)) if "Activation" not in repr(model) else model,
    ]
    for other in same[:-1]:
        assert other == model and type(other) is elman.Model
    assert same[-1].info == model.info
    clone = model.copy()
    clone.load_state_dict({k: v + 1 for k, v in model.state_dict().items()})
    assert clone != model


def test_views_outlive_what_they_belong_to(rng):
    state = elman.Model([elman.LSTM(5)], inputs=3).state(T=4, B=2, training=True)
    x = rng.standard_normal((2, 4, 3)).astype(np.float32)
    y = state.forward(x)
    state.loss(np.zeros_like(y), {"kind": "mse"})
    state.backward()
    grad = state["rnn.weight_hh_l0.grad"]
    gate = state["layer0.gate"]
    kept = grad.copy(), gate.copy()
    del state
    rng.standard_normal((1000, 1000)).sum()
    assert np.array_equal(grad, kept[0]) and np.array_equal(gate, kept[1])
    assert gate.shape == (4, 2, 20)


def test_gradients_are_those_of_finite_differences(rng):
    model = elman.Model([elman.GRU(4), elman.Linear(2)], inputs=3)
    x = rng.standard_normal((2, 6, 3)).astype(np.float32)
    target = rng.standard_normal((2, 6, 2)).astype(np.float32)
    state = model.state(T=6, B=2, training=True)

    def loss():
        state.reset()
        state.forward(x)
        return state.loss(target, {"kind": "mse"})

    loss()
    dx = state.backward(dx=True)
    assert dx.shape == x.shape
    for name in model:
        gradient = state[f"{name}.grad"].copy()
        values = model[name].copy()
        index = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        found = []
        for step in (1e-2, -1e-2):
            moved = values.copy()
            moved[index] += step
            model[name] = moved
            found.append(loss())
        model[name] = values
        slope = (found[0] - found[1]) / 2e-2
        assert np.isclose(slope, gradient[index], rtol=0.02), name


BAD_CALLS = {
    "features": (lambda m: m(np.zeros((2, 5, 9))), "x has the shape (2, 5, 9)"),
    "rank": (lambda m: m(np.zeros(3)), "x has the shape (3)"),
    "text": (lambda m: m(np.array([["a"]])), "x has the type"),
    "complex": (lambda m: m(np.zeros((2, 5, 8), complex)), "complex128"),
    "ragged": (lambda m: m([[[1.0] * 8], [[1.0] * 7]]), ""),
    "too large": (lambda m: m(np.full((1, 1, 8), 1e300)), "too large"),
    "lengths": (lambda m: m(np.zeros((2, 5, 8)), lengths=[6, 1]), "length"),
    "number of lengths": (lambda m: m(np.zeros((2, 5, 8)), lengths=[1]), "lengths"),
    "negative": (lambda m: m(np.zeros((2, 5, 8)), lengths=[-1, 1]), "lengths"),
    "threads": (lambda m: m(np.zeros((2, 5, 8)), threads=1000), "threads"),
    "note": (lambda m: elman.Model([elman.LSTM(3, peepole=True)], 2), "peephole"),
    "no layers": (lambda m: elman.Model([], inputs=2), "layer"),
    "too many": (lambda m: elman.Model([elman.Tanh()] * 40, inputs=2), "at most"),
}


@pytest.mark.parametrize("name", BAD_CALLS)
def test_bad_calls_get_one_sentence(name):
    model = elman.Model([elman.LSTM(64), elman.Linear(3)], inputs=8)
    call, words = BAD_CALLS[name]
    with pytest.raises(elman.Error) as found:
        call(model)
    assert isinstance(found.value, ValueError)
    assert words in str(found.value) and "\n" not in str(found.value)


def test_files_that_are_not_there_are_oserrors(tmp_path):
    with pytest.raises(OSError) as found:
        elman.load(tmp_path / "no.safetensors")
    assert isinstance(found.value, elman.BadFileError)
    assert "no.safetensors" in str(found.value)
    (tmp_path / "bad.safetensors").write_bytes(b"\x00" * 64)
    with pytest.raises(elman.BadFormatError):
        elman.load(tmp_path / "bad.safetensors")


def test_an_autoencoder_repeats_its_vector(rng):
    layers = [elman.LSTM(6), elman.Last(), elman.Repeat(9), elman.LSTM(5), elman.Linear(2)]
    model = elman.Model(layers, inputs=3)
    x = rng.standard_normal((4, 7, 3)).astype(np.float32)
    y = model(x)
    assert y.shape == (4, 9, 2)
    assert model([a for a in x]).tobytes() == y.tobytes()
    vector = elman.Model(layers[:2], inputs=3)
    decoder = elman.Model(layers[3:], inputs=6)
    for name in model:
        part = vector if name in vector and "rnn." in name else decoder
        part[name.replace("rnn2", "rnn")] = model[name]
    assert decoder(np.repeat(vector(x)[:, None], 9, axis=1)).tobytes() == y.tobytes()
    state = model.state(T=7, B=4, training=True)
    state.forward(x)
    state.loss(np.zeros((4, 9, 2)), {"kind": "mse"})
    assert state.backward(dx=True).shape == x.shape


@pytest.mark.parametrize("pool", ["mean", "max", "sum"])
def test_pools_are_those_of_numpy(rng, pool):
    model = elman.Model([elman.RNN(6), elman.Pool(pool)], inputs=3)
    steps = elman.Model([elman.RNN(6)], inputs=3)
    steps.load_state_dict(model.state_dict())
    x = rng.standard_normal((4, 7, 3)).astype(np.float32)
    assert np.allclose(model(x), getattr(np, pool)(steps(x), axis=1), rtol=1e-5, atol=1e-6)


def test_what_is_not_pickled_says_what_keeps_it():
    model = elman.Model([elman.GRU(2), elman.Linear(2)], inputs=1)
    data = elman.Dataset.of(np.zeros((2, 3, 1)), [[0, 1, 0]] * 2)
    for thing, words in [
        (model.stream(), "dumps() keeps its memory"), (model.streams(), "with their ids"),
        (model.streams()["ann"], "with their ids"), (data, "elman.Dataset.of or open"),
        (elman.Trainer(model, data, epochs=1), "save(path) keeps the run"),
    ]:  # fmt: skip
        with pytest.raises(TypeError) as found:
            pickle.dumps(thing)
        assert words in str(found.value)


# ---- classes of one's own -----------------------------------------------------


class Net(elman.Model):
    def __init__(self, hidden, note=None):
        super().__init__([elman.GRU(hidden), elman.Linear(2)], inputs=3, seed=7)
        self.note_of_its_own = note


class Deeper(Net):
    def __init__(self):
        self.before = []
        super().__init__(5, note="deeper")


class Reads:
    def __init__(self, hidden):
        super().__init__([elman.GRU(hidden), elman.Linear(2)], inputs=3, seed=7)


class Mixed(Reads, elman.Model):
    pass


class Plain(elman.Model):
    pass


def test_a_class_with_an_init_of_its_own_is_a_model(rng, tmp_path):
    plain = elman.Model([elman.GRU(5), elman.Linear(2)], inputs=3, seed=7)
    x = np.float32(rng.standard_normal((2, 4, 3)))
    layers = [elman.GRU(5), elman.Linear(2)]
    for made in (Net(5), Net(hidden=5), Deeper(), Mixed(5), Plain(layers, 3, seed=7)):
        assert made == plain and made.hash == plain.hash
        assert np.array_equal(made(x), plain(x))
        made.fit(x, rng.standard_normal((2, 4, 2)), epochs=1)
        made.save(tmp_path / "m.safetensors")
        assert type(made).load(tmp_path / "m.safetensors") == made


def test_copies_of_such_a_class_keep_what_is_its_own():
    made = Net(5, note={"of": [1]})
    for other in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert type(other) is Net and other == made
        assert other.note_of_its_own == {"of": [1]}
    assert copy.deepcopy(made).note_of_its_own is not made.note_of_its_own


def test_a_class_that_gives_no_layers_is_told_what_to_call():
    class Forgets(elman.Model):
        def __init__(self, hidden):
            self.hidden = hidden

    class Fails(elman.Model):
        def __init__(self):
            super().__init__([])

    with pytest.raises(TypeError, match=r"Forgets.__init__ gives the model no layers: call super"):
        Forgets(3)
    with pytest.raises(elman.BadValueError, match="one layer at least"):
        Fails()

    # what was used before it was made is of another model
    class Hurries(elman.Model):
        def __init__(self):
            self.early = self.state(T=1)
            super().__init__([elman.LSTM(4)], inputs=2)

    made = Hurries()
    with pytest.raises(elman.BadValueError):
        made.early.forward(np.zeros((1, 1, 2)))
    with pytest.raises(elman.BadValueError, match="made already"):
        made._make(made.config)
    assert made(np.zeros((1, 2, 2))).shape == (1, 2, 4)

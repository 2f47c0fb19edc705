"""What comes in as an array: one rule for what is none, at every door."""

import ctypes
import warnings

import numpy as np
import pytest

import elman

SHAPE = (6, 5, 2)


def masked(array):
    return np.ma.MaskedArray(array, mask=np.arange(array.size).reshape(array.shape) == 1)


BAD = {
    "masked": (masked, "masked values"),
    "list of masked": (lambda a: list(masked(a)) if a.ndim > 1 else masked(a), "masked values"),
    "strings": (lambda a: np.full(a.shape, "one"), "<U3"),
    "objects": (lambda a: np.full(a.shape, None), "object"),
    "complex": (lambda a: a.astype(complex), "complex128"),
    "dates": (lambda a: a.astype("datetime64[s]"), "datetime64"),
    "structs": (lambda a: np.zeros(a.shape, "f4,i4"), "f4"),
    "ragged": (lambda a: [[1.0], [2.0, [3.0]]], ""),
}


def doors():
    """Calls by name, each with an array that fits."""
    model = elman.Model([elman.LSTM(3), elman.Linear(2)], inputs=2)
    last = elman.Model([elman.GRU(3), elman.Last(), elman.Linear(2)], inputs=2)
    tokens = elman.Model([elman.Embedding(9, 3), elman.GRU(3), elman.Linear(9)])
    x, n = np.ones(SHAPE), np.full(6, 5.0)
    look = model.inspect(x, np.zeros((6, 5), int))

    def state():
        made = model.state(T=5, B=6, training=True)
        made.forward(x)
        return made

    def weigh(a):
        model["fc.weight"] = a

    return {
        "call": (model, x), "tokens": (tokens, np.ones((6, 5))), "list": (lambda a: model([a, x[0]]), x[0]),
        "lengths": (lambda a: model(x, lengths=a), n), "stream": (model.stream(), x[0, 0]),
        "streams": (model.stream(6), x[:, 0]), "forward": (lambda a: state().forward(a), x),
        "target": (lambda a: state().loss(a, {"kind": "mse"}), np.ones((6, 5, 2))),
        "classes": (lambda a: state().loss(a), np.ones((6, 5))),
        "dy": (lambda a: state().backward(a), np.ones((6, 5, 2))),
        "weight": (weigh, np.ones((2, 3))), "all": (model.write_all, np.ones(model.info["weight_count"])),
        "state dict": (lambda a: model.load_state_dict({**model.state_dict(), "fc.bias": a}), np.ones(2)),
        "load": (lambda a: elman.load({"fc.weight": np.ones((2, 3)), "fc.bias": a}), np.ones(2)),
        "fit": (lambda a: last.fit(a, [0, 1] * 3, epochs=1), x),
        "fit list": (lambda a: last.fit([a, *x[1:]], [0, 1] * 3, epochs=1), x[0]),
        "fit values": (lambda a: last.fit(x, a, epochs=1, loss="mse"), np.ones((6, 2))),
        "fit steps": (lambda a: model.fit(x, [a, *np.ones((5, 5, 2))], epochs=1, loss="mse"), np.ones((5, 2))),
        "fit lengths": (lambda a: last.fit(x, [0, 1] * 3, lengths=a, epochs=1), n),
        "validation": (lambda a: last.fit(x, [0, 1] * 3, validation=(a, [0] * 6), epochs=1), x),
        "evaluate": (lambda a: last.evaluate(a, [0, 1] * 3), x),
        "class weights": (lambda a: last.fit(x, [0, 1] * 3, class_weights=a, epochs=1), np.ones(2)),
        "text tokens": (lambda a: elman.Dataset.tokens(a, vocabulary=9), np.ones(60)),
        "inspect": (lambda a: model.inspect(a).gates(), x),
        "inspect y": (lambda a: model.inspect(x, a).truncation(), np.ones((6, 5, 2))),
        "baseline": (lambda a: look.attribution(baseline=a), np.ones(2)),
        "property": (lambda a: look.units(properties={"p": a}), np.ones((6, 5))),
        "reference": (lambda a: elman.convert(model.dumps(), reference=(a, model(x))), np.float32(x)),
    }  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_array_of_numbers_is_refused_at_every_door(kind):
    make, words = BAD[kind]
    for name, (door, array) in doors().items():
        if kind == "strings" and name in ("fit values", "fit steps"):
            continue  # which are classes
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(elman.Error) as found:
                door(make(array))
        text = str(found.value)
        assert "\n" not in text and len(text) < 400, (name, text)
        assert words in text or "expected" in text, (name, text)
        assert kind.find("masked") < 0 or words in text, (name, text)


def test_a_mask_that_hides_nothing_is_none():
    for name, (door, array) in doors().items():
        door(np.ma.MaskedArray(array))  # no error
    model = elman.Model([elman.RNN(3)], inputs=2)
    x = np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32)
    assert model(np.ma.MaskedArray(x, mask=False)).tobytes() == model(x).tobytes()
    y = np.ma.zeros((6, 5, 3), np.float32)
    with pytest.raises(elman.BadValueError, match="y must be a writable"):
        model.state(T=5, B=6).forward(x, y)


def test_graphs_and_estimators_keep_the_rule(tmp_path):
    model = elman.Model([elman.GRU(3)], inputs=2)
    model.save(tmp_path / "m.onnx")
    x = np.ones(SHAPE, np.float32)
    for make, _ in BAD.values():
        with pytest.raises(elman.Error):
            elman.run(tmp_path / "m.onnx", make(x))
    pytest.importorskip("sklearn")
    from elman.sklearn import RNNClassifier, RNNRegressor

    for estimator, y in ((RNNClassifier(epochs=1), [0, 1] * 3), (RNNRegressor(epochs=1), np.ones(6))):
        for make, _ in BAD.values():
            for bad in (x, x[:, :, 0]):
                with pytest.raises(ValueError):
                    estimator.fit(make(bad), y)
        with pytest.raises(ValueError, match="masked"):
            estimator.fit(x, masked(np.asarray(y)))


def test_an_array_that_names_the_order_of_bytes_is_read():
    model = elman.Model([elman.LSTM(3), elman.Linear(2)], inputs=2)
    x = np.arange(20, dtype="f4").reshape(2, 5, 2)
    c = (ctypes.c_float * 2 * 5 * 2).from_buffer(x)
    want = model(x).tobytes()
    assert memoryview(c).format[0] in "<>"
    for given in (c, np.asarray(c), np.asarray(c).copy(), x.astype(x.dtype.newbyteorder("S"))):
        assert model(given).tobytes() == want
    y = (ctypes.c_float * 2)()
    assert bytes(model.stream()(c[0][0], y)) == model.stream()(x[0, 0]).tobytes()


def test_lists_that_hold_themselves_are_refused():
    loop, inner = [], [1.0]
    loop.append(loop)
    inner.append((inner,))
    model = elman.Model([elman.GRU(2)], inputs=1)
    for odd in (loop, inner, [[[0.0]], inner]):
        for call in (model, model.stream().step, model.inspect, lambda x: model.fit(x, [0])):
            with pytest.raises((elman.BadValueError, TypeError)) as caught:
                call(odd)
            assert "itself" in str(caught.value) or "shape" in str(caught.value), caught.value

    # the same list twice is none
    row = [0.0]
    assert model([[row, row]]).shape == (1, 2, 2)

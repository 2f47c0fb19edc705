"""Measurements: against NumPy and by hand; figures and pages are made."""

import numpy as np
import pytest

import elman

STACKS = {
    "lstm": [elman.LSTM(10), elman.Linear(3)],
    "gru both ways": [elman.GRU(6, bidirectional=True), elman.Linear(3)],
    "rnn levels": [elman.RNN(8, num_layers=2), elman.Linear(3)],
    "projected": [elman.LSTM(9, proj_size=4), elman.Linear(3)],
    "mingru": [elman.MinGRU(7), elman.Linear(3)],
}


@pytest.fixture(params=STACKS, ids=list(STACKS))
def inspector(request, rng):
    model = elman.Model(STACKS[request.param], inputs=2, seed=4)
    x = rng.standard_normal((4, 17, 2)).astype(np.float32)
    return model.inspect(x, rng.integers(0, 3, (4, 17)), lengths=[17, 9, 12, 17])


def test_every_measurement_has_arrays_and_a_figure(inspector):
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    both = inspector.model.config["layers"][0].get("bidirectional")
    for name in (
        "flow", "contributions", "truncation", "spectrum", "exponents", "gates",
        "units", "attribution", *([] if both else ["fixed_points"]),
    ):  # fmt: skip
        found = getattr(inspector, name)()
        axes = np.atleast_1d(found.plot()).ravel()
        assert all(len(ax.get_title(loc="left")) for ax in axes), name
        axes[0].figure.canvas.draw()
        plt.close("all")
        assert found.asdict().keys() == set(found._names)


def test_a_flow_agrees_with_the_gradients_of_one_loss(rng):
    model = elman.Model([elman.LSTM(5), elman.Linear(2)], inputs=3)
    x = rng.standard_normal((1, 8, 3)).astype(np.float32)
    level = model.inspect(x).flow(source="output", output=1).levels[0]
    state = model.state(T=8, B=1, training=True, keep_gradients=True)
    state.forward(x)
    dy = np.zeros((1, 8, 2), np.float32)
    dy[0, 5, 1] = 1
    state.backward(dy)
    by_hand = np.linalg.norm(state["layer0.dh"][:, 0], axis=1)
    assert np.allclose(level.h[5], by_hand, rtol=1e-4, atol=1e-7)
    assert not level.h[5, 6:].any()


def test_contributions_add_up_to_the_gradient(inspector):
    for parameter in inspector.contributions().parameters:
        assert parameter.norm == 0 or np.isclose(parameter.shares.sum(), 1)


def test_the_spectrum_is_that_of_numpy(inspector):
    model = inspector.model
    for row in elman.spectrum(model).matrices:
        name, _, gate = row.name.partition(" ")
        matrix = np.asarray(model[name], float)
        if matrix.ndim == 1:
            continue
        names = {"lstm": "ifgo", "gru": "rzn"}
        kind = model.config["layers"][0]["kind"]
        if gate:
            blocks = np.split(matrix, len(names[kind]))
            matrix = blocks[names[kind].index(gate)]
        hr = name.replace("weight_hh", "weight_hr")
        matrix = np.asarray(model[hr], float) @ matrix if hr in model else matrix
        values = np.abs(np.linalg.eigvals(matrix))
        assert np.isclose(row.radius, values.max(), rtol=2e-3)
        assert np.allclose(np.hypot(row.real, row.imaginary), np.sort(values)[::-1])


def test_an_attribution_is_complete(inspector):
    found = inspector.attribution(sequence=1)
    assert np.isclose(
        found.answer - found.baseline_answer, found.steps.sum(), rtol=0.02, atol=1e-4
    )
    assert found.values.shape == (9, 2) and np.allclose(found.values.sum(1), found.steps)


def test_views_of_a_pass_are_copies(inspector):
    views = inspector.views("layer0.h", "layer0.da", "y", gradients=True)
    assert views["y"].shape == (17, 4, 3)
    assert views["layer0.da"].any() and not views["layer0.h"][9:, 1].any()


def test_an_inspection_says_what_it_found_and_writes_its_page(rng, tmp_path):
    X = rng.standard_normal((60, 12, 2)).astype(np.float32)
    y = (X[:, -1, 0] > 0).astype(int)
    model = elman.Model([elman.GRU(8), elman.Last(), elman.Linear(2)], inputs=2)
    run = model.fit(X, y, epochs=3, validation=0.3)
    found = model.inspect(run.data)
    assert found.findings and found.flow.T == 12 and found.errors.targets
    assert found.errors.confusion.sum() == found.errors.targets
    assert len(found.samples) and repr(found).count("\n") >= 1
    found.report(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert model.inspect().flow.T == 128


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda i: i.flow(sequence=9), "sequence"),
        (lambda i: i.flow(source="outputs"), "signs, loss, output"),
        (lambda i: i.attribution(step=40), "step"),
        (lambda i: i.attribution(baseline=[1.0]), "baseline has the shape (1)"),
        (lambda i: i.units(properties={"p": np.zeros((3, 3))}), "p has the shape"),
        (lambda i: elman.Inspector(i.model, i.x).truncation(), "give its targets"),
    ],
)
def test_bad_questions_get_one_sentence(rng, call, words):
    model = elman.Model(STACKS["lstm"], inputs=2)
    with pytest.raises(elman.Error) as found:
        call(model.inspect(rng.standard_normal((4, 17, 2)), np.zeros((4, 17), int)))
    assert words in str(found.value)


def test_no_two_lines_of_a_figure_look_alike(rng):
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    for levels, hidden in [(2, 4), (6, 3), (9, 2)]:
        layers = [elman.LSTM(hidden, num_layers=levels), elman.Linear(12)]
        look = elman.Model(layers, inputs=2).inspect(rng.standard_normal((2, 9, 2)))
        for name in ("spectrum", "exponents", "flow", "gates", "units"):
            panels = np.atleast_1d(getattr(look, name)().plot()).ravel()
            across, _ = panels[0].figure.get_size_inches()
            assert across < 24, name  # what a page can show
            for ax in panels:
                named = [n for n in ax.get_lines() if not n.get_label().startswith("_")]
                looks = [(n.get_color().__str__(), n.get_linestyle(), n.get_marker()) for n in named]
                assert len(set(looks)) == len(looks), (name, levels)
            panels[0].figure.canvas.draw()
            plt.close("all")
    for call, said in [
        (lambda: look.spectrum().plot("spectrum.png"), "axes of matplotlib"),
        (lambda: look.attribution().plot(names=["a"]), "names has 1 names, expected 2"),
        (lambda: look.flow().plot(of="x"), "of is 'x'"),
    ]:
        with pytest.raises(elman.BadValueError, match=said):
            call()


def test_a_batch_is_checked_at_once(rng, tmp_path):
    model = elman.Model(STACKS["lstm"], inputs=2)
    words = elman.Model([elman.Embedding(9, 4), elman.GRU(4), elman.Last(), elman.Linear(3)])
    x, y = rng.standard_normal((4, 17, 2)), rng.integers(0, 3, (4, 17))
    np.save(tmp_path / "x.npy", x[:, :, :1])
    (tmp_path / "bad.npy").write_text("no array")
    bad = [
        (lambda: model.inspect(x[:, :, :1]), "x has the shape"),
        (lambda: model.inspect(x[0, 0]), "x has the shape"),
        (lambda: model.inspect(np.zeros((0, 5, 2))), "one step of one sequence"),
        (lambda: model.inspect(x, lengths=[1, 2]), "lengths has the shape"),
        (lambda: model.inspect(x, lengths=[1, 2, 3, 18]), "lengths has steps 18, expected 0 to 17"),
        (lambda: model.inspect(x, lengths=[1, 2, 3, -1]), "-1"),
        (lambda: model.inspect(x, y[:, :3]), "target has the shape"),
        (lambda: model.inspect(x, y + 1), "y has the class 3, expected 0 to 2"),
        (lambda: model.inspect(x, y * 1.0), "target has the shape"),
        (lambda: model.inspect(None, y), "y and lengths go with an array x"),
        (lambda: model.inspect(x, part="test"), "part is of the inspection of a dataset"),
        (lambda: model.inspect(tmp_path / "x.npy"), "x has the shape"),
        (lambda: model.inspect(tmp_path / "bad.npy"), "bad.npy is no array"),
        (lambda: model.inspect(tmp_path / "none.npy"), "cannot be read"),
        (lambda: model.inspect("table.csv"), "expected an .npy file"),
        (lambda: model.inspect([x[0], x[1, :4]], [y[0], y[1, :5]]), "other lengths"),
        (lambda: model.inspect([x[0], x[1, :4, :1]]), "expected the same"),
        (lambda: words.inspect(np.full((2, 3), 9)), "x has the token 9, expected 0 to 8"),
    ]
    look = model.inspect(x, y)
    asked = [
        (lambda: look.attribution(step=-2), "step is -2"),
        (lambda: look.attribution(output=-1), "output is -1"),
        (lambda: look.attribution(step="last"), "step is 'last'"),
        (lambda: look.attribution(output=3), "output"), (lambda: look.flow(-1), "sequence"),
        (lambda: look.flow(source="output", output=3), "output"),
        (lambda: look.flow(threads=-1), "threads"), (lambda: look.exponents(count=-1), "count"),
        (lambda: look.exponents(sequence=4), "sequence"), (lambda: look.exponents(window=-5), "window"),
        (lambda: look.fixed_points(input="one"), "zero, mean, token"),
        (lambda: look.fixed_points(token=3), "token"), (lambda: look.fixed_points(starts=-1), "starts"),
        (lambda: look.units(9), "sequence"), (lambda: look.units(properties=[1]), "expected a dict"),
        (lambda: look.attribution(kind="lime"), "integrated, gradient, occlusion"),
        (lambda: look.attribution(points=-1), "points"), (lambda: look.pulse(threads=99), "threads"),
        (lambda: look.views("layer7.h"), "layer7.h"), (lambda: look.views("fc"), "fc"),
    ]  # fmt: skip
    for call, said in bad + asked:
        with pytest.raises(elman.Error) as found:
            call()
        assert said in str(found.value) and "\n" not in str(found.value), said


def test_whatever_is_a_batch_is_looked_at_alike(rng, tmp_path):
    model = elman.Model(STACKS["lstm"], inputs=2)
    turned = elman.Model(STACKS["lstm"], inputs=2, batch_first=False)
    turned.load_state_dict(model.state_dict())
    lengths = [5, 9, 2]
    rows = [rng.standard_normal((n, 2)).astype(np.float32) for n in lengths]
    tags = [rng.integers(0, 3, n) for n in lengths]
    x, y = np.zeros((3, 9, 2), np.float32), np.zeros((3, 9), int)
    for b, n in enumerate(lengths):
        x[b, :n], y[b, :n] = rows[b], tags[b]
    for name, array in {"x": x, "y": y, "n": np.array(lengths)}.items():
        np.save(tmp_path / f"{name}.npy", array)
    looks = [
        model.inspect(x, y, lengths), model.inspect(rows, tags),
        model.inspect(*(tmp_path / f"{name}.npy" for name in "xyn")),
        turned.inspect(x.swapaxes(0, 1), y.T, lengths), turned.inspect(rows, tags),
    ]  # fmt: skip
    of = [look.contributions().parameters[0].norms.tobytes() for look in looks]
    assert len(set(of)) == 1
    assert len({repr(look.all()) for look in (looks[0], looks[3])}) == 1
    one = model.inspect(rows[0], tags[0]).contributions().parameters[0]
    assert one.shares.shape == (5,)
    y[0, 0] = -100  # a step without a class
    assert model.inspect(x, y, lengths).contributions().T == 9


def test_a_file_is_looked_at_as_the_model_was_trained_on_it(rng, tmp_path):
    rows = "".join(f"{a:.3f},{b:.3f}\n" for a, b in rng.standard_normal((200, 2)).cumsum(0))
    (tmp_path / "series.csv").write_text("a,b\n" + rows)
    model = elman.Model.for_data(tmp_path / "series.csv", hidden=4, target="b", window=8)
    model.fit(epochs=1)
    found = model.inspect(tmp_path / "series.csv")
    assert isinstance(found, elman.Inspection) and found.errors.targets and found.findings
    assert repr(found) == repr(model.inspect(str(tmp_path / "series.csv")))
    with pytest.raises(elman.BadValueError, match="the data has its own"):
        model.inspect(tmp_path / "series.csv", lengths=[3])


def a_step(model, state):
    """The state (n) of a model with one layer behind a step of zeros."""
    stream = model.state(T=1, B=1)
    h = stream.h.size
    stream.h[...] = state[:h].reshape(stream.h.shape)
    if len(state) > h:
        stream.c[...] = state[h:].reshape(stream.c.shape)
    stream.forward(np.zeros((1, 1, model.info["input_size"])))
    parts = [stream.h.ravel(), *([stream.c.ravel()] if len(state) > h else [])]
    return np.concatenate(parts).astype(float)


@pytest.mark.parametrize("layer", [elman.LSTM(5), elman.GRU(6), elman.RNN(4)], ids=lambda n: n.kind)
def test_eigenvalues_at_fixed_points_are_those_of_finite_differences(layer, rng):
    model = elman.Model([layer, elman.Linear(2)], inputs=2, seed=3)
    found = model.inspect(rng.standard_normal((4, 20, 2))).fixed_points()
    assert found.count and found.absent is None
    for point in found.points:
        state = np.concatenate([point.h, *([point.c] if point.c is not None else [])])
        step = 2e-3  # of a pass in float32
        J = np.array([
            (a_step(model, state + d) - a_step(model, state - d)) / (2 * step)
            for d in np.eye(len(state)) * step
        ]).T  # fmt: skip
        values = point.real + 1j * point.imaginary
        assert np.allclose(np.poly(values), np.poly(J), atol=2e-3)
        moduli = np.abs(values)
        assert (np.diff(moduli) <= 1e-9).all() and point.radius == moduli[0]
        assert point.unstable == (moduli > 1).sum() and point.stable == (moduli[0] < 1)


def test_an_inspection_has_the_eigenvalues_as_well(rng):
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    X = rng.standard_normal((40, 12, 2)).astype(np.float32)
    model = elman.Model([elman.LSTM(4, num_layers=2), elman.Last(), elman.Linear(2)], inputs=2)
    found = model.inspect(elman.Dataset.of(X, rng.integers(0, 2, 40), validation=0.5))
    points = found.fixed_points
    assert points.absent is None and points.n == 16
    assert all(point.real.shape == (16,) for point in points.points)
    ax = points.plot()
    assert len(ax.get_lines()) == points.count + 1  # and the unit circle
    plt.close("all")
    J = found.jacobian(0)
    assert np.isclose(np.trace(J), points.points[0].real.sum())
    with pytest.raises(elman.BadValueError, match="there is no point 99"):
        found.jacobian(99)


def test_the_page_says_what_python_says(tmp_path, rng):
    """No option of the program, and NumPy's eigenvalues where there is no LAPACK."""
    x = rng.standard_normal((20, 30, 2))
    model = elman.Model([elman.RNN(6, nonlinearity="relu"), elman.Linear(2)], inputs=2, seed=3)
    model["rnn.weight_hh_l0"] = np.eye(6) * 1.5
    found = model.inspect(elman.Dataset.of(x, x, per_step=True))
    path = tmp_path / "page.html"
    found.report(path)
    page = path.read_text()
    for option in ("--lr", "--find-lr", "--clip-norm", "--epochs", "LAPACK"):
        assert option not in page, page[max(0, page.index(option) - 200) :][:400]
    escaped = [f.advice.replace("&", "&amp;").replace("<", "&lt;") for f in found.findings if f.advice]
    assert escaped and all(advice.split('"')[0] in page for advice in escaped)
    assert page.count("Eigenvalues of a recurrent matrix") == 1
    assert found.spectrum.matrices[0].radius == pytest.approx(1.5)

    # what does not fit is refused
    for bad in (
        ([], found.absences, None, None),
        ([(1, 2)] * len(found.findings), found.absences, None, None),
        ([(f.text, f.advice) for f in found.findings], found.absences, [([0], [0], 0, 0)], None),
        ([(f.text, f.advice) for f in found.findings], found.absences, None, [3, 4]),
    ):
        if bad[3] is not None and found.fixed_points is None:
            continue
        with pytest.raises((elman.BadValueError, TypeError)):
            found.save(path, *bad)
    assert path.read_text() == page


def test_a_view_that_is_missing_lists_those_there_are():
    model = elman.Model([elman.GRU(3), elman.Linear(2)], inputs=2)
    look = model.inspect(np.ones((1, 4, 2)))
    with pytest.raises(elman.BadValueError, match="expected one of y, .*layer0.gate.*fc.y") as caught:
        look.views("layer0.gates")
    for name in str(caught.value).split("expected one of ")[1].split(";")[0].split(", "):
        if " " not in name:
            assert look.views(name)[name].size

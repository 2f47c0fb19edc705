"""Data of every kind, answers in its own words, and the program's bits."""

import math
import os
import pickle
import subprocess

import numpy as np
import pytest

import elman
from elman._sentences import spoken

PROGRAM = os.environ.get("ELMAN_PROGRAM") and os.path.abspath(os.environ["ELMAN_PROGRAM"])


def words(path, rng):
    path.write_text("the cat sat on the mat, and the dog ate it. " * 60)


def series(path, rng):
    lines = []
    for n in range(60):
        slope = 0.05 if n % 2 else -0.05
        values = rng.standard_normal(30) + slope * np.arange(30)
        lines.append("\t".join([("down", "up")[n % 2], *(f"{v:.4f}" for v in values)]))
    path.write_text("\n".join(lines) + "\n")


def table(path, rng):
    lines = ["time,load,temp"]
    for t in range(400):
        load = 100 + 5 * math.sin(t / 4) + 0.3 * rng.standard_normal()
        lines.append(f"2024-01-{1 + t // 24:02d} {t % 24:02d}:00,{load:.3f},{math.cos(t / 9):.3f}")
    path.write_text("\n".join(lines) + "\n")


def arrays(path, rng):
    X = rng.standard_normal((90, 12, 2)).astype(np.float32)
    np.savez(path, x=X, y=X[:, -3:, 0].sum(1))


def months(path, rng):
    head = "@attribute series_name string\n@frequency monthly\n@horizon 3\n@missing false\n@data\n"
    rows = [
        f"T{n}:" + ",".join(f"{50 + n + 9 * math.sin((t + n) / 2):.2f}" for t in range(60))
        for n in range(4)
    ]
    path.write_text(head + "\n".join(rows) + "\n")


def labelled(path, rng):
    head = "@problemName a\n@timeStamps false\n@univariate true\n@classLabel true no yes\n@data\n"
    rows = [
        ",".join(f"{v:.3f}" for v in rng.standard_normal(12 + n % 5) + n % 2)
        + (":yes" if n % 2 else ":no")
        for n in range(40)
    ]
    path.write_text(head + "\n".join(rows) + "\n")


FILES = [
    ("a.txt", words, ["--hidden", "16"], {"hidden": 16}),
    ("a.tsv", series, [], {}),
    ("a.ts", labelled, [], {}),
    ("a.csv", table, [], {}),
    ("a.csv", table, ["--target", "load", "--window", "12"], {"target": "load", "window": 12}),
    ("a.tsf", months, [], {}),
    ("a.npz", arrays, [], {}),
]


@pytest.mark.skipif(not PROGRAM, reason="ELMAN_PROGRAM names no program")
@pytest.mark.parametrize("name, write, options, config", FILES)
def test_a_file_in_two_lines_has_the_bits_of_the_program(
    name, write, options, config, rng, tmp_path, monkeypatch
):
    write(tmp_path / name, rng)
    monkeypatch.chdir(tmp_path)
    command = [PROGRAM, "train", name, "-o", "m.safetensors", "--steps", "30", "-q", *options]
    subprocess.run(command, check=True, capture_output=True)
    theirs = elman.load("m.safetensors")

    ours = elman.Model.for_data(name, **config)
    ours.fit(steps=30)
    for parameter in theirs:
        assert theirs[parameter].tobytes() == ours[parameter].tobytes(), parameter
    for note in ("encoding", "plan", "loss"):
        assert spoken(theirs.note(note)) == ours.note(note)
    same = ("step", "epoch", "train_loss", "loss", "score", "learning_rate", "norm", "best",
            "horizon", "rate", "saturation")  # fmt: skip
    rows = [[str(row[n]) for n in same] for row in theirs.journal["rows"]]
    assert rows == [[str(row[n]) for n in same] for row in ours.journal["rows"]]


@pytest.mark.skipif(not PROGRAM, reason="ELMAN_PROGRAM names no program")
@pytest.mark.parametrize("name, write", [("a.tsv", series), ("a.csv", table)])
def test_predict_says_what_the_program_says(name, write, rng, tmp_path):
    write(tmp_path / name, rng)
    model = elman.Model.for_data(tmp_path / name, hidden=8)
    model.fit(steps=60)
    model.save(tmp_path / "m.safetensors")
    command = [PROGRAM, "predict", "m.safetensors", name]
    found = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    lines = [line.split()[0] for line in found.stdout.splitlines()]
    ours = model.predict(tmp_path / name).ravel()
    if name == "a.tsv":
        assert lines == list(ours)
    else:
        assert np.allclose([float(v) for v in lines], ours, rtol=1e-3)


@pytest.mark.parametrize("name, write, options, config", FILES)
def test_every_file_trains_and_is_answered(name, write, options, config, rng, tmp_path):
    write(tmp_path / name, rng)
    model = elman.Model.for_data(tmp_path / name, **{"hidden": 8, **config})
    run = model.fit(steps=20)
    assert run.history["step"][-1] <= 20
    again = elman.Model.loads(model.dumps())
    whole = again.evaluate(tmp_path / name)
    assert whole["loss"] == model.evaluate(tmp_path / name)["loss"]
    task = model.data.encoding["task"]
    if task == "language":
        text = again.sample("the ", length=20)
        assert text.startswith("the ") and len(text) == 24
        return
    answers = again.predict(tmp_path / name)
    if task == "classify":
        assert set(answers) <= set(again.labels)
        shares = again.predict(tmp_path / name, probabilities=True)
        assert (answers == np.array(again.labels)[shares.argmax(1)]).all()
    elif task == "forecast" and name == "a.csv":
        assert answers[-1].tobytes() == again.forecast(tmp_path / name).tobytes()
    elif task == "forecast":
        ahead = again.forecast(tmp_path / name, 7)
        assert sorted(ahead) == ["T0", "T1", "T2", "T3"] and ahead["T0"].shape == (7, 1)
    else:
        assert abs(answers.mean()) < 2 and len(answers) == 90


def test_frames_are_tables(rng, tmp_path):
    pandas = pytest.importorskip("pandas")
    table(tmp_path / "a.csv", rng)
    frame = pandas.read_csv(tmp_path / "a.csv", parse_dates=["time"]).set_index("time")
    given = dict(target="load", window=12)
    weights = []
    for source in (tmp_path / "a.csv", frame, frame.rename_axis(None)):
        model = elman.Model.for_data(source, hidden=4, **given)
        model.fit(steps=10)
        weights.append([v.tobytes() for v in model.state_dict().values()])
    assert weights[0] == weights[1] == weights[2]
    assert model.forecast(frame).shape == (1, 1)

    X = pandas.DataFrame(rng.standard_normal((40, 9)))
    y = pandas.Series(np.where(X.sum(axis=1) > 0, "up", "down"), dtype="category")
    model = elman.Model.for_data(X.to_numpy(), y, hidden=4)
    model.fit(X, y, epochs=2)
    assert set(model.predict(X)) <= {"up", "down"}


def test_labels_keep_their_order_and_their_kind(rng):
    X = rng.standard_normal((60, 8))
    for y in (np.where(X[:, -1] > 0, "b", "a"), (X[:, -1] > 0), np.where(X[:, -1] > 0, 1, 0)):
        model = elman.Model.for_data(X, y, hidden=8)
        model.fit(epochs=30)
        found = pickle.loads(pickle.dumps(model)).predict(X)
        assert (found.astype(str) == np.asarray(y).astype(str)).mean() > 0.9
        ones = model.evaluate(X[y == y[0]], y[y == y[0]])
        assert ones["confusion"].sum() == (y == y[0]).sum()
    tags = [["up" if v > 0 else "down" for v in x] for x in X]
    model = elman.Model.for_data(X, tags, hidden=8)
    model.fit(epochs=40, learning_rate=0.02)
    assert np.mean([(a == np.array(b)).mean() for a, b in zip(model.predict(X), tags)]) > 0.9
    with pytest.raises(elman.Error, match="class 'left', and the model knows down, up"):
        model.evaluate(X, [["left"] * 8] * 60)


def test_iterators_tokens_and_scaled_values(rng):
    X = [rng.standard_normal((n, 2)) for n in rng.integers(3, 9, 50)]
    y = [x.mean() * 1000 + 5000 for x in X]
    model = elman.Model.for_data(iter(zip(X, y)), hidden=8, scaling=True)
    model.fit(epochs=30)
    found = model.predict(X)
    found = found[:, 0]
    assert found.shape == (50,) and np.corrcoef(found, y)[0, 1] > 0.9
    assert abs(found.mean() - 5000) < 200
    assert model.evaluate(X, np.array(y))["mse"] == pytest.approx(((found - y) ** 2).mean(), rel=1e-4)

    tokens = np.arange(2000) % 7
    layers = [elman.Embedding(7, 4), elman.GRU(16), elman.Linear(7)]
    model = elman.Model(layers)
    run = model.fit(tokens, steps=150)
    assert run.best["accuracy"] > 0.95
    assert model.evaluate([tokens[:100], tokens[3:50]])["accuracy"] > 0.9


def test_batches_are_for_a_loop_of_ones_own(rng):
    X = rng.standard_normal((70, 5, 3)).astype(np.float32)
    data = elman.Dataset.of(X, np.arange(70) % 2, validation=0)
    for batch_first in (True, False):
        found = list(data.batches(batch_size=32, batch_first=batch_first))
        x = np.concatenate([b[0] for b in found], axis=0 if batch_first else 1)
        x = x if batch_first else x.swapaxes(0, 1)
        assert x.tobytes() == X.tobytes()
        assert (np.concatenate([b[1] for b in found]) == np.arange(70) % 2).all()


def test_what_the_loop_can_be_told(rng, tmp_path):
    X = rng.standard_normal((64, 8, 1))
    y = (X[:, :, 0].sum(1) > 0).astype(int)

    def model():
        return elman.Model([elman.GRU(8), elman.Last(), elman.Linear(2)], inputs=1)

    seen = []
    first = model()
    run = first.fit(X, y, epochs=9, callback=lambda now: seen.append(now["step"]) or len(seen) == 5)
    assert run.interrupted and seen == [1, 2, 3, 4, 5]
    assert model().fit(X, y, seconds=0.0).history["step"] == [1]
    assert sum(s for _, s, _ in model().fit(X, y, epochs=1, profile=True).profile) > 0

    frozen = model()
    before = frozen.state_dict()
    groups = [{"names": "rnn", "frozen": True}, {"names": "linear", "learning_rate": 0.1}]
    name = next(iter(frozen)).split(".")[0], list(frozen)[-1].split(".")[0]
    groups[0]["names"], groups[1]["names"] = name
    frozen.fit(X, y, epochs=1, groups=groups)
    changed = {n for n in frozen if frozen[n].tobytes() != before[n].tobytes()}
    assert changed and all(n.startswith(name[1] + ".") for n in changed)

    heavy = model()
    heavy.fit(X, y, epochs=20, class_weights=[1, 1000])
    assert (heavy.predict(X) == 1).mean() > (y == 1).mean()
    for weights in ([1], [1, 2, 3], ["a", "b"]):
        with pytest.raises(elman.Error, match="class_weights"):
            model().fit(X, y, class_weights=weights)
    with pytest.raises(elman.Error, match="names, frozen"):
        model().fit(X, y, groups=[{"name": "rnn"}])


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda m: m.fit(), "data is None"),
        (lambda m: m.predict(np.zeros((2, 3, 1))), "not trained"),
        (lambda m: m.fit("no such file"), "no such file"),
        (lambda m: m.fit(iter([]), None), "data gives no pair"),
        (lambda m: m.fit(np.zeros((4, 3, 1)), np.zeros(4, int), validation=object()), "validation"),
        (lambda m: m.sample("a"), "not trained"),
        (lambda m: elman.Model.for_data(np.zeros((4, 3)), [0, 1, 0, 1], cell="lstn"), "lstn"),
    ],
)
def test_a_mistake_gets_one_sentence(call, words):
    with pytest.raises(elman.Error, match=words):
        call(elman.Model([elman.GRU(4), elman.Last(), elman.Linear(2)], inputs=1))


def test_notebooks_see_it_escaped(rng):
    X = rng.standard_normal((220, 8, 1))
    model = elman.Model([elman.GRU(4), elman.Last(), elman.Linear(2, name="<b>")], inputs=1)
    data = elman.Dataset.of(X, np.where(X[:, -1, 0] > 0, "<i>", "b"))
    run = model.fit(data, epochs=3)
    shown = [model, run, data, model.stream(), model.inspect(X[:2]).gates()]
    for one in shown:
        text = one._repr_html_()
        assert "<i>" not in text and "<b>.weight" not in text
        assert "background:#" not in text and "color:#" not in text
    assert "polyline" in run._repr_html_() and "(B,2)" in model._repr_html_()


def test_large_arrays_stay_in_their_file(rng, tmp_path):
    x = rng.standard_normal((60, 9, 2)).astype(np.float32)
    y = rng.integers(0, 3, 60)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    np.savez(tmp_path / "both.npz", x=x, y=y)
    for name, config in (("x.npy", {"target_path": str(tmp_path / "y.npy")}), ("both.npz", {})):
        kinds = [elman.Dataset.open(tmp_path / name, memory=m, **config) for m in (0, 1)]
        assert "read as it is needed" in repr(kinds[1]) and "needed" not in repr(kinds[0])
        batches = [list(d.batches(batch_size=7, shuffled=True)) for d in kinds]
        for a, b in zip(*batches, strict=True):
            assert all(np.array_equal(u, v) for u, v in zip(a, b))


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="tells what is copied")
def test_a_mapped_array_is_not_copied(tmp_path):
    def copied():
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))

    steps = 4000
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", "float32", (4000, steps))
    x[::9, 0] = 1
    x.flush()
    y = (x[:, 0] > 0).astype(int)
    x = np.load(tmp_path / "x.npy", mmap_mode="r")  # of 64 MB
    before = copied()
    data = elman.Dataset.of(x, y)
    next(data.batches(batch_size=8))
    assert copied() - before < 16000

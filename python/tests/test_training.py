"""Training from arrays: it learns, repeats its bits, and resumes."""

import numpy as np
import pytest

import elman


def sums(rng, n=240, steps=12):
    """Sequences whose class is the sign of their sum."""
    X = rng.standard_normal((n, steps, 2)).astype(np.float32)
    return X, (X[:, :, 0].sum(1) > 0).astype(int)


def classifier(seed=1):
    layers = [elman.GRU(12), elman.Last(), elman.Linear(2)]
    return elman.Model(layers, inputs=2, seed=seed)


def test_a_trainer_is_an_iterator_that_learns(rng):
    X, y = sums(rng)
    model = classifier()
    trainer = elman.Trainer(model, X, y, epochs=12, learning_rate=0.02)
    steps = list(trainer)
    assert steps[-1]["done"] and steps[-1]["step"] == len(steps)
    assert steps[-1]["validation"]["accuracy"] > 0.8


def test_a_resumed_run_has_the_same_bits(rng, tmp_path):
    X, y = sums(rng)
    whole, half = classifier(), classifier()
    list(elman.Trainer(whole, X, y, epochs=4))
    first = elman.Trainer(half, X, y, epochs=4)
    for _ in range(9):
        next(first)
    first.save(tmp_path / "run")
    again = classifier()
    second = elman.Trainer(again, X, y, epochs=4)
    assert again.dumps() != half.dumps()
    second.load(tmp_path / "run")
    list(second)
    assert again.dumps() == whole.dumps()


def test_ragged_lists_are_the_same_as_padded_arrays_with_lengths(rng):
    X, y = sums(rng)
    lengths = rng.integers(3, 13, len(X))
    trained = []
    for given in (
        {"X": X, "lengths": lengths},
        {"X": [x[:n] for x, n in zip(X, lengths)]},
    ):
        data = elman.Dataset.of(y=y, **given)
        model = classifier()
        list(elman.Trainer(model, data, epochs=2))
        trained.append([v.tobytes() for v in model.state_dict().values()])
    assert trained[0] == trained[1]


@pytest.mark.parametrize(
    "target, task",
    [
        (lambda X: X.sum((1, 2)), "regress"),
        (lambda X: np.cumsum(X, 1), "track"),
        (lambda X: (X[:, :, 0] > 0).astype(int), "tag"),
        (lambda X: (X[:, 0, 0] > 0).astype(int), "classify"),
    ],
)
def test_the_task_follows_from_the_targets(rng, target, task):
    X, _ = sums(rng)
    data = elman.Dataset.of(X, target(X))
    assert data.encoding["task"] == task
    assert "arrays in memory" in repr(data)


def test_an_optimizer_steps_by_hand(rng):
    X, y = sums(rng, 16)
    model = classifier()
    state = model.state(T=12, B=16, training=True)
    optimizer = elman._core.Optimizer(model, rule="adam", learning_rate=0.05)
    losses = []
    for _ in range(30):
        state.zero_gradients()
        state.reset()
        state.forward(X)
        losses.append(state.loss(y.astype(np.int32)))
        state.backward()
        assert optimizer.step(state) > 0
    assert losses[-1] < losses[0] / 3


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda X, y: elman.Trainer(classifier(), X, y[:5]), "classes has the shape"),
        (lambda X, y: elman.Trainer(classifier(), X, y, epoch=3), "epochs"),
        (lambda X, y: elman.Trainer(classifier(), X, y, rule="adem"), "adamw"),
        (lambda X, y: elman.Dataset.of(X[0, 0, 0], y), "expected (N,T,I)"),
        (lambda X, y: elman.Dataset.of(X, y, lengths=[40] * len(X)), "length"),
    ],
)
def test_bad_data_gets_one_sentence(rng, call, words):
    with pytest.raises(elman.Error) as found:
        call(*sums(rng, 20))
    assert words in str(found.value)


def test_fit_ends_with_the_best_weights_and_its_history(rng, tmp_path):
    X, y = sums(rng)
    model = classifier()
    run = model.fit(X, y, epochs=10, validation=0.2, learning_rate=0.02)
    assert len(run.history["validation_loss"]) == 10
    assert run.best["validation_loss"] == min(run.history["validation_loss"])
    assert "best at step" in repr(run)
    found = model.evaluate(run.data)
    assert found["loss"] == run.best["validation_loss"]
    assert found["confusion"].sum() == 48
    assert (model(X).argmax(1) == y).mean() > 0.8


def test_fit_goes_on_from_its_checkpoint(rng, tmp_path):
    X, y = sums(rng)
    whole, parts = classifier(), classifier()
    whole.fit(X, y, epochs=6)
    path = tmp_path / "run"
    parts.fit(X, y, epochs=6, steps=13, checkpoint=path)
    again = classifier()
    again.fit(X, y, epochs=6, checkpoint=path)
    assert [v.tobytes() for v in again.state_dict().values()] == [
        v.tobytes() for v in whole.state_dict().values()
    ]


def test_ctrl_c_keeps_the_best(rng, monkeypatch):
    X, y = sums(rng)
    model = classifier()
    count = iter(range(1000))

    def step(self, original=elman.Trainer.step):
        if next(count) == 20:
            raise KeyboardInterrupt
        original(self)

    monkeypatch.setattr(elman.Trainer, "step", step)
    run = model.fit(X, y, epochs=50)
    assert run.interrupted and run.best
    assert model.evaluate(run.data)["loss"] == run.best["validation_loss"]


def test_values_and_other_validation_data(rng):
    X, _ = sums(rng)
    y = X.mean((1, 2))
    layers = [elman.RNN(8), elman.Pool("mean"), elman.Linear(1)]
    model = elman.Model(layers, inputs=2)
    run = model.fit(X[:200], y[:200], validation=(X[200:], y[200:]), epochs=15)
    assert run.data.sizes == {"train": 200, "validation": 40, "test": 0}
    assert run.best["mse"] < 0.3 * y.var()


def test_classes_that_the_model_has_not_are_refused(rng):
    X, y = sums(rng)
    with pytest.raises(elman.Error, match="class"):
        classifier().fit(X, y + 1)


def test_a_model_is_fitted_again_and_a_finished_run_comes_back(rng, tmp_path):
    X, y = sums(rng)
    model = classifier()
    model.fit(X, y, epochs=4)
    again = model.fit(X, y, epochs=2, validation=0.2)
    assert len(again.history["step"]) == 2
    path = tmp_path / "run"
    done = classifier().fit(X, y, epochs=3, validation=0.2, checkpoint=path)
    same = classifier().fit(X, y, epochs=3, validation=0.2, checkpoint=path)
    assert same.best["step"] == same.history["step"][-1] == done.history["step"][-1]


def test_without_validation_data_a_run_says_so(rng):
    X, y = sums(rng, 60)
    run = classifier().fit(X, y, epochs=3)
    assert "validation_loss" not in run.history and "training_loss" in run.best
    assert "of the training data" in repr(run)
    assert classifier().fit(X, y, steps=1).best["step"] == 1


def test_a_trainer_leaves_how_to_read_its_answers(rng):
    X, y = sums(rng)
    model = classifier()
    words = np.array(["no", "yes"])[y]
    list(elman.Trainer(model, elman.Dataset.of(X, words), epochs=15, learning_rate=0.02))
    assert (model.predict(X) == words).mean() > 0.8
    truth = classifier()
    truth.fit(X, y > 0, epochs=10, learning_rate=0.02)
    assert truth.predict(X).dtype == bool
    assert truth.evaluate(X, y > 0)["accuracy"] > 0.7


@pytest.mark.parametrize("name", ["epochs", "steps"])
def test_what_never_ends_is_refused(rng, name):
    X, y = sums(rng, 20)
    with pytest.raises(elman.BadValueError, match=f"{name} is 0"):
        classifier().fit(X, y, **{name: 0})
    with pytest.raises(elman.BadValueError, match="nothing ends"):
        elman.Trainer(classifier(), X, y)


class Batches:
    """What gives batches again and again, as a DataLoader does."""

    def __init__(self, X, y, size):
        self.X, self.y, self.batch_size = X, y, size

    def __iter__(self):
        for n in range(0, len(self.X), self.batch_size):
            yield self.X[n : n + self.batch_size], self.y[n : n + self.batch_size]


class Items:
    """What gives a sequence by its number, as a data set of PyTorch does."""

    def __init__(self, X, y):
        self.X, self.y = X, y

    def __len__(self):
        return len(self.X)

    def __getitem__(self, n):
        return self.X[n], self.y[n]


def test_whatever_gives_the_data_the_bits_are_the_same(rng):
    X, y = sums(rng, 80)
    first, rest = slice(0, 60), slice(60, 80)
    X, lengths = X.copy(), rng.integers(5, 13, 80)
    ways = {
        "arrays": (X[first], y[first], (X[rest], y[rest])),
        "a list": (X[first], y[first], [X[rest], y[rest]]),
        "batches": (Batches(X[first], y[first], 7), None, Batches(X[rest], y[rest], 8)),
        "items": (Items(X[first], y[first]), None, Items(X[rest], y[rest])),
        "pairs": ([*zip(X[first], y[first])], None, [*zip(X[rest], y[rest])]),
        "a generator": (zip(X[first], y[first]), None, iter(Batches(X[rest], y[rest], 9))),
        "a Dataset": (X[first], y[first], elman.Dataset.of(X[rest], y[rest], validation=0)),
    }
    found = {}
    for name, (data, targets, validation) in ways.items():
        model = classifier()
        run = model.fit(data, targets, validation=validation, epochs=2)
        assert run.data.sizes["validation"] == 20, name
        found[name] = model.read_all().tobytes()
    assert len(set(found.values())) == 1, found.keys()

    # and of several lengths
    a, b = classifier(), classifier()
    a.fit([x[:n] for x, n in zip(X, lengths)], y, validation=0, epochs=2)
    b.fit(((X[n : n + 8], y[n : n + 8], lengths[n : n + 8]) for n in range(0, 80, 8)),
          validation=0, epochs=2)  # fmt: skip
    assert a.read_all().tobytes() == b.read_all().tobytes()


def test_a_loader_of_torch_gives_the_data(rng):
    torch = pytest.importorskip("torch")
    X, y = sums(rng, 64)
    data = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(y))
    models = [classifier() for _ in range(3)]
    models[0].fit(X, y, epochs=1)
    models[1].fit(torch.utils.data.DataLoader(data, batch_size=16), epochs=1)
    models[2].fit(data, epochs=1)
    assert len({m.read_all().tobytes() for m in models}) == 1


def test_other_data_of_the_same_size_does_not_go_on(rng, tmp_path):
    X, y = sums(rng)
    path = tmp_path / "run"
    classifier().fit(X, y, epochs=2, checkpoint=path)
    with pytest.raises(elman.BadValueError, match="there is as much of it, but its hash"):
        classifier().fit(X + np.float32(0.1), y, epochs=4, checkpoint=path)
    with pytest.raises(elman.BadValueError, match="no seed where now is seed 5|seed 1 where now"):
        classifier(seed=5).fit(X, y, epochs=4, checkpoint=path)
    trainer = elman.Trainer(classifier(), X, 1 - y, epochs=2, batch_size=8)
    with pytest.raises(elman.BadValueError):
        trainer.load(path)


def test_seconds_are_those_of_the_clock_and_the_journal_knows_the_pulse(rng):
    import time

    X, y = sums(rng)
    model = classifier()
    begin = time.perf_counter()
    run = model.fit(X, y, epochs=6, validation=0.2, callback=lambda now: time.sleep(0.005))
    spent = time.perf_counter() - begin
    assert 0.9 * spent < run.seconds <= spent
    rows = model.journal["rows"]
    seen = [row for row in rows if not np.isnan(row["horizon"])]
    assert seen and all(0 <= r["saturation"] <= 1 and r["rate"] > 0 for r in seen)
    begin = time.perf_counter()
    model.fit(X, y, epochs=10**6, seconds=0.2)
    assert time.perf_counter() - begin < 5

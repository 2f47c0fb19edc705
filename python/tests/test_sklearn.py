"""Estimators: scikit-learn's own checks, sequences, grids, forecasts."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

import elman

pytest.importorskip("sklearn", minversion="1.6")

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import check_estimator

from elman.sklearn import RNNClassifier, RNNForecaster, RNNRegressor, RNNTagger


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "estimator", [RNNClassifier(), RNNClassifier(class_weight="balanced"), RNNRegressor()]
)
def test_scikit_learns_own_checks_pass(estimator):
    found = check_estimator(estimator, on_fail=None, on_skip=None)
    bad = [(row["check_name"], row["exception"]) for row in found if row["status"] == "failed"]
    assert not bad and len(found) > 50


@pytest.fixture
def ragged(rng):
    X = [rng.standard_normal((n, 3)) for n in rng.integers(5, 20, 80)]
    return X, np.array(["up" if x[-3:, 0].sum() > 0 else "down" for x in X])


def test_lists_of_sequences_work_in_grids_and_pipelines(ragged):
    X, y = ragged
    grid = GridSearchCV(
        RNNClassifier(epochs=25, random_state=0), {"cell": ["gru", "rnn"]}, cv=3
    )
    assert grid.fit(X, y).best_score_ > 0.6
    twice = FunctionTransformer(lambda X: [2 * x for x in X])
    pipe = make_pipeline(twice, RNNClassifier(8, epochs=5, random_state=0))
    assert len(cross_val_score(pipe, X, y, cv=2)) == 2


def test_padding_and_layout_change_no_bit(ragged, rng):
    X, y = ragged
    model = RNNClassifier(8, epochs=3, random_state=0).fit(X, y)
    whole = model.predict_proba(X)
    assert np.concatenate([model.predict_proba([x]) for x in X]).tobytes() == whole.tobytes()
    assert pickle.loads(pickle.dumps(model)).predict_proba(X).tobytes() == whole.tobytes()

    X = rng.standard_normal((30, 9, 2))
    y = X.mean((1, 2))
    first = RNNRegressor(8, epochs=3, random_state=0).fit(X, y).predict(X)
    turned = X.swapaxes(1, 2)
    other = RNNRegressor(8, epochs=3, random_state=0, layout="aeon").fit(turned, y)
    assert other.predict(turned).tobytes() == first.tobytes()
    columns = RNNRegressor(8, epochs=3, random_state=0).fit(X, X[:, -1])
    assert columns.predict(X).shape == (30, 2)


def test_a_tagger_answers_per_step(ragged):
    X, _ = ragged
    y = [np.where(x[:, 0] > 0, 2, 7) for x in X]
    y[0][:3] = -1
    model = RNNTagger(16, epochs=15, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.9
    assert list(model.classes_) == [2, 7]
    assert [len(t) for t in model.predict(X)] == [len(x) for x in X]


OWN = {  # those that no check of scikit-learn covers, and what they are fitted on
    RNNTagger: (
        [np.random.default_rng(n).standard_normal((5 + n % 4, 2)) for n in range(12)],
        [np.arange(5 + n % 4) % 2 for n in range(12)],
    ),
    RNNForecaster: (np.sin(np.arange(40.0)),),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", OWN)
def test_the_checks_that_need_no_data_pass(kind):
    names = [
        "no_attributes_set_in_init", "get_params_invariance", "set_params",
        "parameters_default_constructible", "estimator_repr", "estimator_cloneable",
        "mixin_order", "valid_tag_types", "estimator_tags_renamed",
        "do_not_raise_errors_in_init_or_set_params",
    ]  # fmt: skip
    for name in names:
        getattr(estimator_checks, "check_" + name)(kind.__name__, kind())


@pytest.mark.parametrize("kind", OWN)
def test_what_scikit_learn_asks_of_others_holds(kind):
    data = OWN[kind]
    given = data[:1] if kind is RNNTagger else ()  # what predict reads
    kept = pickle.dumps(data)
    model = kind(hidden=3, epochs=2, random_state=0)
    if kind is RNNForecaster:
        model.set_params(window=4)
    with pytest.raises(NotFittedError):
        model.score(*data)
    with pytest.raises(NotFittedError):
        model.predict(*given)

    # fit gives itself, changes neither settings nor data, and can be repeated
    settings = dict(model.get_params())
    assert model.fit(*data) is model
    first = pickle.dumps([model.predict(*given), model.score(*data)])
    assert model.get_params() == settings and pickle.dumps(data) == kept
    for again in (model.fit(*data), clone(model).fit(*data), pickle.loads(pickle.dumps(model))):
        assert pickle.dumps([again.predict(*given), again.score(*data)]) == first
    assert {"model_", "run_", "n_iter_", "n_features_in_"} <= set(vars(model))


def test_a_tagger_is_searched_and_piped():
    X, y = OWN[RNNTagger]
    grid = GridSearchCV(RNNTagger(4, epochs=2, random_state=0), {"cell": ["gru", "rnn"]}, cv=2)
    assert 0 <= grid.fit(X, y).best_score_ <= 1
    twice = FunctionTransformer(lambda X: [2 * x for x in X])
    assert len(make_pipeline(twice, RNNTagger(4, epochs=1)).fit(X, y).predict(X)) == len(X)


def test_sequences_have_no_weights_and_the_sentence_names_them(ragged):
    with pytest.raises(TypeError, match="sample_weight"):
        RNNClassifier().fit(*ragged, sample_weight=np.ones(80))


def test_tensors_are_read_as_arrays(ragged):
    torch = pytest.importorskip("torch")
    X, y = ragged
    model = RNNClassifier(4, epochs=2, random_state=0).fit(X, y)
    tensors = [torch.tensor(x, requires_grad=True) for x in X]
    assert model.predict_proba(tensors).tobytes() == model.predict_proba(X).tobytes()


def test_what_is_not_installed_is_named():
    for name, module in (("sklearn", "scikit-learn"), ("aeon", "aeon"), ("sktime", "sktime")):
        code = f"import sys; sys.modules['{name}'] = None; import elman.{name}"
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        last = found.stderr.strip().splitlines()[-1]
        assert last.startswith(f"ImportError: elman.{name} needs {module}")
        assert "pip install" in last


def test_classes_weigh_what_was_said():
    """Where inputs say nothing, the shares of classes are their weights."""
    X, y = np.zeros((50, 4, 1)), np.arange(50) % 5 == 0
    tags = np.arange(200).reshape(50, 4) % 5 == 0
    for weight, share in ((None, 0.2), ({False: 1, True: 5}, 5 / 9), ("balanced", 0.5)):
        settings = dict(epochs=100, class_weight=weight, random_state=0)
        whole = RNNClassifier(4, **settings).fit(X, y).predict_proba(X)
        steps = RNNTagger(4, **settings).fit(X, tags).predict_proba(X)
        assert abs(whole[:, 1].mean() - share) < 0.05
        assert abs(np.concatenate(steps)[:, 1].mean() - share) < 0.05


SERIES = np.sin(np.arange(300) / 4) * 5 + 100


def test_a_forecaster_goes_on_with_a_series():
    model = RNNForecaster(24, 4, epochs=30, random_state=0).fit(SERIES[:260])
    assert np.abs(model.predict(40) - SERIES[260:]).max() < 1.5
    assert np.abs(model.predict(4, SERIES[100:150]) - SERIES[150:154]).max() < 0.5
    assert 0.99 < model.score(SERIES[200:]) < 1
    assert pickle.loads(pickle.dumps(model)).predict(9).tobytes() == model.predict(9).tobytes()
    again = clone(model).set_params(hidden=8)
    assert again.get_params() == {**model.get_params(), "hidden": 8}
    assert again.fit(SERIES).predict().shape == (4,)


def test_a_forecaster_answers_as_its_series_was():
    both = np.stack([SERIES, -SERIES], 1)
    settings = dict(epochs=2, hidden=4, random_state=0)
    model = RNNForecaster(6, 2, **settings).fit(both)
    turned = RNNForecaster(6, 2, layout="aeon", **settings).fit(both.T)
    assert turned.predict(3).T.tobytes() == model.predict(3).tobytes()
    assert turned.score(both.T) == model.score(both)
    assert RNNForecaster(6, **settings).fit(SERIES[:, None]).predict(3).shape == (3, 1)
    model.predict(3, both)  # changes nothing
    assert model.predict(3).shape == (3, 2)


def test_a_forecaster_is_searched_and_piped():
    grid = GridSearchCV(
        RNNForecaster(8, epochs=3, random_state=0), {"horizon": [1, 3]}, cv=TimeSeriesSplit(2)
    )
    assert grid.fit(SERIES).predict is not None and grid.best_estimator_.predict(5).shape == (5,)
    pipe = make_pipeline(StandardScaler(), RNNForecaster(8, epochs=20, random_state=0))
    assert pipe.fit(SERIES[:, None]).score(SERIES[:, None]) > 0.9


@pytest.mark.parametrize("horizon", [0, -1, 2.5, True, "4", [1, 2], np.array([1, 2])])
def test_a_horizon_is_a_number_of_steps(horizon):
    model = RNNForecaster(4, epochs=1, hidden=2).fit(SERIES[:20])
    with pytest.raises(elman.BadValueError, match="horizon is .*, expected a whole number from 1"):
        model.predict(horizon)
    data = elman.Dataset.open(b"v\n" + b"1\n2\n" * 40, name="v.csv", window=4, horizon=1)
    plain = elman.Model([elman.GRU(2), elman.Last(), elman.Linear(1)], inputs=1)
    plain.fit(data, steps=1)
    with pytest.raises(elman.BadValueError, match="steps is .*, expected a whole number from 1"):
        plain.forecast(data, horizon)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda m: m.fit(SERIES + 1j), "complex128"),
        (lambda m: m.fit(None), "y is None"),
        (lambda m: m.fit(np.zeros((9, 3, 2))), r"expected \(T\) or \(T,C\)"),
        (lambda m: m.fit(SERIES[:5]), "6 or more"),
        (lambda m: m.fit([SERIES, SERIES[:9]]), "give each a forecaster of its own"),
        (lambda m: m.fit(SERIES * 1e300), "too large"),
        (lambda m: m.fit(SERIES).predict(2, SERIES[:3]), "4 or more"),
        (lambda m: m.fit(SERIES).predict(2, SERIES * 1e300), "too large"),
        (lambda m: m.fit(SERIES).score(SERIES[:4]), "5 or more"),
        (lambda m: m.fit(np.ones((20, 3))).predict(2, SERIES), "1 values a step"),
    ],
)
def test_a_bad_series_gets_one_sentence(make, words):
    with pytest.raises(elman.BadValueError, match=words):
        make(RNNForecaster(4, epochs=1, hidden=2))


NONSENSE = {
    "hidden": [0, -1, 2.5, "8", None, True, [8], 2**40], "cell": ["lstn", None, ["lstm"]],
    "layers": [0, 1.5, None], "bidirectional": ["no", 2, None],
    "dropout": [-0.1, 1.0, None, "a"], "epochs": [0, 1.5, None],
    "batch_size": [0, -1, 2.5, None], "learning_rate": [0, -1, np.nan, np.inf, "a", None],
    "rule": ["adm", None, 3], "weight_decay": [-1, None], "clip_norm": [-1, None],
    "validation": [-1, 1.0, None, "a"], "patience": [-1, 1.5, None],
    "scaling": ["no", None], "layout": ["keras", None], "threads": [0, -1, 1.5, None],
    "verbose": ["a", None], "random_state": ["a", -1],
    "class_weight": ["balance", [1, 2], {0: 0, 1: 0}, {0: -1}, {0: "a"}],
    "window": [0, 2.5, None], "horizon": [0, -1, "a"],
}  # fmt: skip


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_in_a_setting_is_refused_by_fit(name, rng):
    X = rng.standard_normal((8, 5, 2))
    y, tags = np.arange(8) % 2, np.arange(40).reshape(8, 5) % 2
    pairs = ((RNNClassifier, (X, y)), (RNNRegressor, (X, y)), (RNNTagger, (X, tags)),
             (RNNForecaster, (SERIES,)))  # fmt: skip
    pairs = [(kind, data) for kind, data in pairs if name in kind().get_params()]
    assert pairs
    for kind, data in pairs:
        kind(epochs=1).fit(*data)
        for value in NONSENSE[name]:
            model = kind(**{"epochs": 1, name: value})
            with pytest.raises(ValueError, match=f"{name} is|seed|Seed|convert string"):
                model.fit(*data)
            assert not hasattr(model, "model_")


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda X, y: RNNClassifier(cell="lstn").fit(X, y), "cell is 'lstn'"),
        (lambda X, y: RNNClassifier(layout="keras").fit(X, y), "layout is 'keras'"),
        (lambda X, y: RNNClassifier().fit(X[:-1], y), "79 sequences"),
        (lambda X, y: RNNClassifier().fit([x * np.nan for x in X], y), "NaN"),
        (lambda X, y: RNNClassifier().fit([x * 1e300 for x in X], y), "too large"),
        (lambda X, y: RNNClassifier().fit([x + 1j for x in X], y), "complex128"),
        (lambda X, y: RNNClassifier().fit([*X[:-1], X[-1][:, :2]], y), r"\[2, 3\] features"),
        (lambda X, y: RNNClassifier().fit(X, y == 2), "one class, False"),
        (lambda X, y: RNNClassifier().fit(X, np.linspace(0, 1, 80)), "Classes are integers"),
        (lambda X, y: RNNClassifier().fit(X, np.ones((80, 4))), "RNNTagger is for"),
        (lambda X, y: RNNClassifier().fit(X, np.ones(80) + 1j), "Complex data not supported$"),
        (lambda X, y: RNNClassifier().fit(np.zeros((80, 2, 3, 4)), y), "X has 4 dimensions, exp"),
        (lambda X, y: RNNClassifier().fit(np.zeros(80), y), "X has 1 dimensions, exp"),
        (lambda X, y: RNNClassifier().fit([], y), "X has 1 dimensions, exp"),
        (lambda X, y: RNNClassifier().fit(None, y), "X has 0 dimensions, exp"),
        (lambda X, y: RNNRegressor().fit(X, y), "expected real numbers"),
        (lambda X, y: RNNRegressor().fit(X, None), "y is None|target y"),
        (lambda X, y: RNNTagger().fit(X, [[1]] * len(X)), "has tags of the shape"),
        (lambda X, y: RNNTagger().fit(X, None), "expected classes of steps"),
        (lambda X, y: RNNTagger().fit(X, y), "has tags of the shape"),
        (lambda X, y: RNNTagger().fit(X, [x[:, 0] for x in X]), "Classes are integers"),
        (lambda X, y: RNNTagger().fit(X, [x[:, :1] > 0 for x in X]), "a class for each step"),
        (lambda X, y: RNNTagger().fit(X, [[-1] * len(x) for x in X]), "-1 is no class"),
        (lambda X, y: RNNClassifier(4, epochs=1).fit(X, y).predict(None), "expected .N,T,3"),
        (lambda X, y: RNNClassifier(4, epochs=1).fit(X, y).predict([]), "expected .N,T,3"),
        (lambda X, y: RNNClassifier(4, epochs=1).fit(X, y).predict(
            [x[:, :2] for x in X]), "X has 2 features, but RNNClassifier is expecting 3"),
    ],
)
def test_bad_sequences_get_one_sentence(ragged, make, words):
    with pytest.raises(elman.BadValueError, match=words):
        make(*ragged)


def test_one_sequence_is_no_batch(rng):
    X = rng.standard_normal((20, 6, 2))
    model = RNNClassifier(4, epochs=1).fit(X, X[:, 0, 0] > 0)
    with pytest.raises(ValueError, match=r"expected \(N,T,2\)"):
        model.predict(X[0])

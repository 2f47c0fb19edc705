"""Estimators: scikit-learn's own checks, sequences, grids, forecasts."""

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.6")

from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from elman.sklearn import RNNClassifier, RNNForecaster, RNNRegressor, RNNTagger


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("estimator", [RNNClassifier(), RNNRegressor()])
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


def test_a_forecaster_goes_on_with_a_series():
    series = np.sin(np.arange(300) / 4) * 5 + 100
    model = RNNForecaster(24, 4, epochs=30, random_state=0).fit(series[:260])
    assert np.abs(model.predict(40) - series[260:]).max() < 1.5
    assert np.abs(model.predict(4, series[100:150]) - series[150:154]).max() < 0.5
    with pytest.raises(ValueError, match="24 or more"):
        model.predict(4, series[:5])


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda X, y: RNNClassifier(cell="lstn").fit(X, y), "cell is 'lstn'"),
        (lambda X, y: RNNClassifier(layout="keras").fit(X, y), "layout is 'keras'"),
        (lambda X, y: RNNClassifier().fit(X[:-1], y), "79 sequences"),
        (lambda X, y: RNNClassifier().fit([x * np.nan for x in X], y), "NaN"),
        (lambda X, y: RNNTagger().fit(X, [[1]] * len(X)), "steps has tags"),
    ],
)
def test_bad_sequences_get_one_sentence(ragged, make, words):
    with pytest.raises(ValueError, match=words):
        make(*ragged)


def test_one_sequence_is_no_batch(rng):
    X = rng.standard_normal((20, 6, 2))
    model = RNNClassifier(4, epochs=1).fit(X, X[:, 0, 0] > 0)
    with pytest.raises(ValueError, match=r"expected \(N,T,2\)"):
        model.predict(X[0])

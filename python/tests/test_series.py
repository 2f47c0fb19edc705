"""Estimators of aeon and sktime: their own checks, and the bits of elman.sklearn."""

import pickle

import numpy as np
import pytest

import elman

pytest.importorskip("sklearn", minversion="1.6")

from elman import sklearn

SETTINGS = dict(hidden=4, epochs=3, random_state=0)


def passed(found, count):
    """Whether all of a package's checks passed, and there were so many."""
    bad = {name: said for name, said in found.items() if str(said) != "PASSED"}
    assert not bad
    assert len(found) >= count


# ---- aeon -------------------------------------------------------------------


@pytest.fixture
def aeon():
    pytest.importorskip("aeon", minversion="1.0")
    import elman.aeon

    return elman.aeon


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["RNNClassifier", "RNNRegressor"])
def test_aeons_own_checks_pass(aeon, name):
    from aeon.testing.estimator_checking import check_estimator

    passed(check_estimator(getattr(aeon, name)), 20)


@pytest.mark.filterwarnings("ignore")
def test_the_checks_of_aeon_find_a_fault(aeon):
    from aeon.testing.estimator_checking import check_estimator

    class Forgetful(aeon.RNNClassifier):
        def _predict_proba(self, X):
            return super()._predict_proba(X)[:, :1]

    found = check_estimator(Forgetful(**SETTINGS))
    assert any(said.startswith("FAILED") for said in found.values())


def test_aeons_collections_give_the_bits_of_our_own(aeon, rng):
    X = [rng.standard_normal((2, n)) for n in rng.integers(5, 20, 30)]
    y = np.array(["up" if x[0].sum() > 0 else "down" for x in X])
    turned = [x.T for x in X]
    model = aeon.RNNClassifier(**SETTINGS).fit(X, y)
    own = sklearn.RNNClassifier(**SETTINGS).fit(turned, y)
    assert model.predict_proba(X).tobytes() == own.predict_proba(turned).tobytes()
    assert model.predict(X).tolist() == own.predict(turned).tolist()
    assert pickle.loads(pickle.dumps(model)).predict(X).tolist() == own.predict(turned).tolist()

    X, y = rng.standard_normal((30, 2, 9)), rng.standard_normal(30)
    model = aeon.RNNRegressor(cell="gru", **SETTINGS).fit(X, y)
    own = sklearn.RNNRegressor(cell="gru", **SETTINGS).fit(X.swapaxes(1, 2), y)
    assert model.predict(X).tobytes() == own.predict(X.swapaxes(1, 2)).tobytes()
    with pytest.raises(elman.BadValueError, match="hidden is 0"):
        aeon.RNNClassifier(0).fit(X, y > 0)


# ---- sktime -----------------------------------------------------------------


@pytest.fixture
def sktime():
    pytest.importorskip("sktime", minversion="1.2")
    import elman.sktime

    return elman.sktime


@pytest.fixture
def months():
    """A series of sktime's kind, of 60 months."""
    pandas = pytest.importorskip("pandas")
    index = pandas.period_range("2020-01", periods=60, freq="M")
    return pandas.Series(np.sin(np.arange(60) * np.pi / 6) * 9 + 100, index, name="sold")


@pytest.mark.filterwarnings("ignore")
def test_sktimes_own_checks_pass(sktime):
    from sktime.utils.estimator_checks import check_estimator

    passed(check_estimator(sktime.RNNForecaster, verbose=False), 300)


def test_the_checks_of_sktime_find_a_fault(sktime):
    from sktime.utils.estimator_checks import check_estimator

    class Late(sktime.RNNForecaster):
        def _predict(self, fh, X):
            return super()._predict(fh, X).shift(1, freq="infer")

    found = check_estimator(Late, tests_to_run="test_predict_time_index", verbose=False)
    assert any(str(said) != "PASSED" for said in found.values())


def test_sktimes_series_give_the_bits_of_our_own(sktime, months):
    model = sktime.RNNForecaster(6, 2, **SETTINGS).fit(months[:50])
    own = sklearn.RNNForecaster(6, 2, **SETTINGS).fit(months[:50].to_numpy())
    found = model.predict(fh=[5, 1])
    assert found.index.astype(str).tolist() == ["2024-03", "2024-07"] and found.name == "sold"
    assert found.to_numpy().tobytes() == own.predict(5)[[0, 4]].tobytes()
    assert pickle.loads(pickle.dumps(model)).predict(fh=[5, 1]).equals(found)

    both = months.to_frame().assign(cost=lambda f: -f["sold"])
    found = sktime.RNNForecaster(6, 2, **SETTINGS).fit(both).predict(fh=[1, 2, 3])
    own = sklearn.RNNForecaster(6, 2, **SETTINGS).fit(both.to_numpy())
    assert found.to_numpy().tobytes() == own.predict(3).tobytes()
    assert list(found) == ["sold", "cost"]


def test_an_update_goes_on_from_what_came(sktime, months):
    model = sktime.RNNForecaster(6, **SETTINGS).fit(months[:40])
    own = sklearn.RNNForecaster(6, **SETTINGS).fit(months[:40].to_numpy())
    model.update(months[38:50], update_params=False)  # two of them again
    assert model.predict(fh=[2]).index.astype(str).tolist() == ["2024-04"]
    assert model.predict(fh=[1, 2]).to_numpy().tobytes() == own.predict(
        2, months[:50].to_numpy()).tobytes()  # fmt: skip

    # with parameters: as trained on all of it
    model.update(months[50:])
    whole = sktime.RNNForecaster(6, **SETTINGS).fit(months)
    assert model.predict(fh=[1, 2]).equals(whole.predict(fh=[1, 2]))


def test_what_cannot_be_forecast_is_refused(sktime, months):
    with pytest.raises(elman.BadValueError, match="window is 0"):
        sktime.RNNForecaster(0).fit(months)
    with pytest.raises(elman.BadValueError, match="60 steps, expected 62 or more"):
        sktime.RNNForecaster(60).fit(months)
    model = sktime.RNNForecaster(6, **SETTINGS).fit(months)
    with pytest.raises(NotImplementedError):
        model.predict(fh=[0, 1])

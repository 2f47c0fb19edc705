"""Recurrent networks as estimators of aeon.

`RNNClassifier` and `RNNRegressor` are those of `elman.sklearn` with aeon's
interface: collections are (N,C,T), (N,T), or lists of arrays (C,T_n) of different
lengths; channels come before steps.

>>> X = np.random.default_rng(0).standard_normal((200, 1, 20))
>>> y = np.where(X[:, 0, -3:].sum(1) > 0, "up", "down")
>>> model = RNNClassifier(hidden=16, epochs=30, random_state=0).fit(X[:150], y[:150])
>>> bool(model.score(X[150:], y[150:]) > 0.7)
True
"""

import numpy as np

from elman import sklearn
from elman._estimator import keep

try:
    from aeon.classification.base import BaseClassifier
    from aeon.regression.base import BaseRegressor
except ImportError as error:
    raise ImportError("elman.aeon needs aeon 1.0 or later: pip install aeon") from error

__all__ = ["RNNClassifier", "RNNRegressor"]

_TAGS = {
    "capability:multivariate": True,
    "capability:unequal_length": True,
    "X_inner_type": ["np-list", "numpy3D"],
    "algorithm_type": "deeplearning",
}


class RNNClassifier(BaseClassifier):
    """A class for each series of a collection.

    Its parameters are those of `elman.sklearn.RNNClassifier`, without layout.

    Attributes
    ----------
    classes_ : array
    estimator_ : elman.sklearn.RNNClassifier
        With `model_`, the network, and `run_`, its training.
    """

    _tags = _TAGS

    def __init__(
        self, hidden=32, *, cell="lstm", layers=1, bidirectional=False, dropout=0.0,
        epochs=60, batch_size=32, learning_rate=0.01, rule="adam", weight_decay=0.0,
        clip_norm=1.0, class_weight=None, validation=0.0, patience=0, scaling=True,
        threads=1, random_state=None, verbose=False,
    ):  # fmt: skip
        keep(self, locals())
        super().__init__()

    def _fit(self, X, y):
        settings = self.get_params(deep=False)
        self.estimator_ = sklearn.RNNClassifier(**settings, layout="aeon").fit(list(X), y)
        return self

    def _predict(self, X):
        return self.estimator_.predict(list(X))

    def _predict_proba(self, X):
        return self.estimator_.predict_proba(list(X))

    @classmethod
    def _get_test_params(cls, parameter_set="default"):
        return {"hidden": 4, "epochs": 3}


class RNNRegressor(BaseRegressor):
    """A value for each series of a collection.

    Its parameters are those of `elman.sklearn.RNNRegressor`, without layout.

    Attributes
    ----------
    estimator_ : elman.sklearn.RNNRegressor
        With `model_`, the network, and `run_`, its training.
    """

    _tags = _TAGS

    def __init__(
        self, hidden=32, *, cell="lstm", layers=1, bidirectional=False, dropout=0.0,
        epochs=60, batch_size=32, learning_rate=0.01, rule="adam", weight_decay=0.0,
        clip_norm=1.0, validation=0.0, patience=0, scaling=True, threads=1,
        random_state=None, verbose=False,
    ):  # fmt: skip
        keep(self, locals())
        super().__init__()

    def _fit(self, X, y):
        settings = self.get_params(deep=False)
        self.estimator_ = sklearn.RNNRegressor(**settings, layout="aeon").fit(list(X), y)
        return self

    def _predict(self, X):
        return self.estimator_.predict(list(X))

    @classmethod
    def _get_test_params(cls, parameter_set="default"):
        return {"hidden": 4, "epochs": 3}

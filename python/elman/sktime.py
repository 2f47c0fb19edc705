"""Recurrent networks as forecasters of sktime.

`RNNForecaster` is that of `elman.sklearn` with sktime's interface: series of pandas
with their index, of one value or of several, horizons that are numbers of steps
or points in time, `update` with what has come since.
"""

import numpy as np

from elman import sklearn
from elman._estimator import keep

try:
    import pandas as pd
    from sktime.forecasting.base import BaseForecaster
except ImportError as error:
    raise ImportError("elman.sktime needs sktime 1.2 or later: pip install sktime") from error

__all__ = ["RNNForecaster"]


class RNNForecaster(BaseForecaster):
    """The next values of a series, of one value or several.

    Its parameters are those of `elman.sklearn.RNNForecaster`, without layout.

    Attributes
    ----------
    estimator_ : elman.sklearn.RNNForecaster
        With `model_`, the network, and `run_`, its training.

    Notes
    -----
    `update` trains again on all that was seen, or with ``update_params=False`` only
    goes on from its end.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from elman.sktime import RNNForecaster
    >>> months = pd.period_range("2015-01", periods=120, freq="M")
    >>> y = pd.Series(np.sin(np.arange(120) * np.pi / 6), months)
    >>> model = RNNForecaster(window=12, epochs=40, random_state=0).fit(y[:100])
    >>> found = model.predict(fh=[1, 3])
    >>> found.index.astype(str).tolist()
    ['2023-05', '2023-07']
    >>> bool(np.abs(found - y[found.index]).max() < 0.2)
    True
    >>> model.update(y[100:], update_params=False).predict(fh=[1]).index.astype(str).tolist()
    ['2025-01']
    """

    _tags = {
        "authors": "elman",
        "maintainers": "elman",
        "capability:multivariate": True,
        "capability:exogenous": False,
        "capability:insample": False,
        "capability:pred_int": False,
        "capability:missing_values": False,
        "capability:random_state": True,
        "capability:update": True,
        "property:randomness": "derandomized",
        "requires-fh-in-fit": False,
        "y_inner_mtype": "pd.DataFrame",
    }
    _config = {"remember_data": False}  # as _seen already does

    def __init__(
        self, window=24, horizon=1, *, hidden=32, cell="lstm", layers=1,
        bidirectional=False, dropout=0.0, epochs=60, batch_size=32,
        learning_rate=0.01, rule="adam", weight_decay=0.0, clip_norm=1.0,
        validation=0.0, patience=0, scaling=True, threads=1, random_state=None,
        verbose=False,
    ):  # fmt: skip
        keep(self, locals())
        super().__init__()
        self._y = self._X = None  # for set_config(remember_data=True)

    def _fit(self, y, X, fh):
        settings = self.get_params(deep=False)
        self.estimator_ = sklearn.RNNForecaster(**settings).fit(y.to_numpy())
        self._seen = y
        return self

    def _predict(self, fh, X):
        ahead = np.asarray(fh.to_relative(self.cutoff).to_numpy(), int)
        found = self.estimator_.predict(int(ahead.max()), self._seen.to_numpy())
        index = fh.to_absolute_index(self.cutoff)
        return pd.DataFrame(found[ahead - 1], index=index, columns=self._seen.columns)

    def _update(self, y, X=None, update_params=True):
        seen = y.combine_first(self._seen)[self._seen.columns]
        if update_params:
            return self._fit(seen, X, None)
        self._seen = seen
        return self

    @classmethod
    def get_test_params(cls, parameter_set="default"):
        """Small ones, for sktime's own checks.

        Parameters
        ----------
        parameter_set : str, optional

        Returns
        -------
        list of dict
        """
        small = {"window": 3, "hidden": 2, "epochs": 2}
        return [small, {**small, "horizon": 2, "cell": "gru", "scaling": False}]

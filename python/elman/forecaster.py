"""A series goes on: the forecaster of `elman.sklearn`."""

import numpy as np

from elman import _core
from elman._checks import whole
from elman._convert import is_list_of_arrays
from elman._estimator import Estimator, as_floats, moments, scaled
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

__all__ = ["RNNForecaster"]


class RNNForecaster(Estimator):
    """The next values of a series: ``fit(y)``, then ``predict(horizon)``.

    Parameters
    ----------
    window : int
        Steps that are read for each forecast.
    horizon : int
        Steps that the network gives at once; further ones by going on with its
        own.
    **others
        As of `RNNRegressor`; layout says how a series of several values lies,
        (T,C), or (C,T) of "aeon".

    Examples
    --------
    >>> season = np.sin(np.arange(120) * np.pi / 6)
    >>> model = RNNForecaster(12, epochs=40, random_state=0).fit(season[:96])
    >>> model.predict(3).shape, bool(model.score(season[84:]) > 0.9)
    ((3,), True)
    """

    _estimator_type = "forecaster"

    def __init__(
        self, window=24, horizon=1, *, hidden=32, cell="lstm", layers=1,
        bidirectional=False, dropout=0.0, epochs=60, batch_size=32,
        learning_rate=0.01, rule="adam", weight_decay=0.0, clip_norm=1.0,
        validation=0.0, patience=0, scaling=True, layout="elman", threads=1,
        random_state=None, verbose=False,
    ):  # fmt: skip
        super().__init__(
            hidden, cell=cell, layers=layers, bidirectional=bidirectional,
            dropout=dropout, epochs=epochs, batch_size=batch_size,
            learning_rate=learning_rate, rule=rule, weight_decay=weight_decay,
            clip_norm=clip_norm, validation=validation, patience=patience,
            scaling=scaling, layout=layout, threads=threads,
            random_state=random_state, verbose=verbose,
        )  # fmt: skip
        self.window = window
        self.horizon = horizon

    def fit(self, y, X=None):
        """Trains on a series.

        Parameters
        ----------
        y : array (T) or (T,C)
        X : ignored
            As pipelines pass one.

        Returns
        -------
        RNNForecaster
            Itself.
        """
        self._check_settings()
        series = self._series(y)
        least = self.window + self.horizon + 1
        if len(series) < least:
            raise _core.BadValueError(
                f"the series has {len(series)} steps, expected {least} or more: window + "
                "horizon + 1"
            )
        self._flat = np.ndim(y) == 1
        self.n_features_in_ = series.shape[1]
        self.mean_, self.scale_ = moments(series, "y") if self.scaling else (0.0, 1.0)
        self.series_ = series

        # each window, and what comes behind it less its last value
        x, ahead = self._windows(scaled(series, self.mean_, self.scale_, "y"))
        targets = (ahead - x[:, -1:]).reshape(len(x), -1)
        return self._train(x, targets, targets.shape[1], loss="mse")

    def _series(self, y):
        """A series as (T,C), of as many values as that of fit."""
        if is_list_of_arrays(y) and len({len(part) for part in y if hasattr(part, "__len__")}) > 1:
            raise _core.BadValueError(
                "y is a list of series, expected one, (T) or (T,C): give each a forecaster of "
                "its own; elman.Dataset.open(table, by=...) has several in one"
            )
        series = as_floats(y, "y")
        if series.ndim == 1:
            series = series[:, None]
        elif self.layout == "aeon" and series.ndim == 2:
            series = series.T
        if series.ndim != 2 or not series.shape[1]:
            raise _core.BadValueError(
                f"a series has the shape {np.shape(y)}, expected (T) or (T,C)"
            )
        return series

    def _given(self, y, least):
        """A series for a model that was fitted, of `least` steps or more."""
        check_is_fitted(self, "model_")
        series = self._series(y)
        if series.shape[1] != self.n_features_in_:
            raise _core.BadValueError(
                f"y has {series.shape[1]} values a step, and the model was fitted on "
                f"{self.n_features_in_}"
            )
        if len(series) < least:
            raise _core.BadValueError(f"y has {len(series)} steps, expected {least} or more")
        return series

    def _windows(self, series):
        """All windows of a series, (N,window,C), and what comes behind each."""
        count = len(series) - self.window - self.horizon + 1
        at = np.arange(count)[:, None]
        return (
            series[at + np.arange(self.window)],
            series[at + self.window + np.arange(self.horizon)],
        )

    def _behind(self, x):
        """What the network sees behind windows, (N,horizon,C)."""
        y = self.model_(x, threads=self.threads)
        return y.reshape(len(x), self.horizon, -1) + x[:, -1:]

    def predict(self, horizon=None, y=None):
        """The values that come next.

        Parameters
        ----------
        horizon : int, optional
            How many, 1 or more; None: the horizon that the network gives at once.
        y : array (T) or (T,C), optional
            A series to go on with; None: that of `fit`.

        Returns
        -------
        array (horizon) or (horizon,C)
            As the series of `fit` was.
        """
        check_is_fitted(self, "model_")
        series = self.series_ if y is None else self._given(y, self.window)
        horizon = whole("horizon", self.horizon if horizon is None else horizon, 1)
        rows = scaled(series[-self.window :], self.mean_, self.scale_, "y")
        made = []
        while len(made) < horizon:
            ahead = self._behind(rows[None])[0]
            made.extend(ahead)
            rows = np.concatenate([rows, ahead])[-self.window :]
        found = np.array(made[:horizon]) * self.scale_ + self.mean_
        return found[:, 0] if self._flat else found.T if self.layout == "aeon" else found

    def score(self, y, X=None):
        """R2 of the forecasts behind each window of a series.

        Parameters
        ----------
        y : array (T) or (T,C)
            Of window + horizon steps or more.
        X : ignored
            As searches pass one.

        Returns
        -------
        float
            1 is perfect, 0 no better than the mean of what came.
        """
        check_is_fitted(self, "model_")
        series = self._given(y, self.window + self.horizon)
        x, _ = self._windows(scaled(series, self.mean_, self.scale_, "y"))
        _, truth = self._windows(series)
        found = self._behind(x) * self.scale_ + self.mean_
        values = truth.shape[-1]
        return r2_score(truth.reshape(-1, values), found.reshape(-1, values))

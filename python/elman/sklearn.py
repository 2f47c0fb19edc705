"""Recurrent networks as scikit-learn's estimators.

`RNNClassifier` and `RNNRegressor` answer per sequence, `RNNTagger` per step,
`RNNForecaster` goes on with a series. X is (N,T) of univariate series, (N,T,I),
or a list of arrays (T_n,I) of different lengths; with ``layout="aeon"`` features
come before steps, (N,I,T) and (I,T_n).

>>> X = np.random.default_rng(0).standard_normal((200, 20))
>>> y = X[:, -3:].sum(1) > 0
>>> model = RNNClassifier(hidden=16, epochs=30, random_state=0).fit(X[:150], y[:150])
>>> bool(model.score(X[150:], y[150:]) > 0.7)
True
"""

import numpy as np

from elman.layers import GRU, LSTM, RNN, Dropout, IndRNN, Last, LiGRU, Linear, MinGRU, MinLSTM
from elman.model import Model
from elman.data import Dataset

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.metrics import accuracy_score
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "elman.sklearn needs scikit-learn 1.6 or later: pip install scikit-learn"
    ) from error

__all__ = ["RNNClassifier", "RNNForecaster", "RNNRegressor", "RNNTagger"]

_CELLS = {
    "rnn": RNN, "lstm": LSTM, "gru": GRU, "mingru": MinGRU, "minlstm": MinLSTM,
    "indrnn": IndRNN, "ligru": LiGRU,
}  # fmt: skip


class _Sequences:
    """X as the engine reads it: arrays (T_n,I) of float32."""

    def __init__(self, arrays):
        self.arrays = arrays

    @property
    def features(self):
        return self.arrays[0].shape[1]

    def moments(self):
        """Mean and scale of each feature over all steps; 1 for constants."""
        rows = np.concatenate(self.arrays).astype(np.float64)
        scale = rows.std(axis=0)
        return rows.mean(axis=0), np.where(scale > 1e-12, scale, 1.0)

    def scaled(self, mean, scale):
        """The numbers less their mean, over their scale."""
        return [((a - mean) / scale).astype(np.float32) for a in self.arrays]


class _Estimator(BaseEstimator):
    """What all of them share: settings, reading X, the network, training."""

    def __init__(
        self, hidden=32, *, cell="lstm", layers=1, bidirectional=False, dropout=0.0,
        epochs=60, batch_size=32, learning_rate=0.01, rule="adam", weight_decay=0.0,
        clip_norm=1.0, validation=0.0, patience=0, scaling=True, layout="elman",
        threads=1, random_state=None, verbose=False,
    ):  # fmt: skip
        self.hidden = hidden
        self.cell = cell
        self.layers = layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.rule = rule
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.validation = validation
        self.patience = patience
        self.scaling = scaling
        self.layout = layout
        self.threads = threads
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.non_deterministic = False
        return tags

    # ---- X ------------------------------------------------------------------

    def _read(self, X, reset):
        """X as sequences; 2-D arrays are checked as scikit-learn does."""
        if self.layout not in ("elman", "aeon"):
            raise ValueError(f"layout is {self.layout!r}, expected 'elman' or 'aeon'")
        if _is_ragged(X):
            arrays = [self._sequence(a) for a in X]
            self._check_features(arrays[0].shape[1], reset)
            return _Sequences(arrays)
        if getattr(X, "ndim", None) == 3 or (
            isinstance(X, (list, tuple)) and np.ndim(X) == 3
        ):
            X = np.asarray(X)
            if self.layout == "aeon":
                X = X.swapaxes(1, 2)
            arrays = [self._sequence(a, turned=True) for a in X]
            self._check_features(X.shape[2], reset)
            if not arrays:
                raise ValueError("Found array with 0 sample(s)")
            return _Sequences(arrays)
        if not reset and not self._rows:
            raise ValueError(
                f"X has 2 dimensions, but {type(self).__name__} was fitted on sequences "
                f"of {self.n_features_in_} features: expected (N,T,{self.n_features_in_})"
            )
        X = validate_data(self, X, reset=reset, dtype=np.float64)
        self._rows = True
        return _Sequences(list(X[:, :, None]))

    def _sequence(self, a, turned=False):
        """One sequence, (T,I)."""
        a = np.asarray(a, np.float64)
        a = a[:, None] if a.ndim == 1 else a
        if a.ndim == 2 and self.layout == "aeon" and not turned:
            a = a.T
        if a.ndim != 2 or not a.shape[0]:
            raise ValueError(f"a sequence has the shape {a.shape}, expected (T,I)")
        if not np.isfinite(a).all():
            raise ValueError("Input X contains NaN or infinity.")
        return a

    def _check_features(self, features, reset):
        if reset:
            self.n_features_in_ = features
            self._rows = False
        elif self._rows:
            raise ValueError(
                f"X is of sequences, but {type(self).__name__} was fitted on a 2-D X"
            )
        elif features != self.n_features_in_:
            raise ValueError(
                f"X has {features} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input"
            )

    def _inputs(self, X, reset=False):
        """X scaled; learns mean and scale where it is the training data."""
        sequences = self._read(X, reset)
        if reset:
            self.mean_, self.scale_ = (
                sequences.moments() if self.scaling else (0.0, 1.0)
            )
        return sequences.scaled(self.mean_, self.scale_)

    # ---- the network --------------------------------------------------------

    def _network(self, inputs, outputs, per_step):
        """A new network with weights by random_state."""
        if self.cell not in _CELLS:
            raise ValueError(f"cell is {self.cell!r}, expected one of {list(_CELLS)}")
        layers = [
            _CELLS[self.cell](
                self.hidden, self.layers, bidirectional=self.bidirectional or None
            )
        ]
        if not per_step:
            layers.append(Last("final"))
        if self.dropout:
            layers.append(Dropout(self.dropout))
        layers.append(Linear(outputs))
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        return Model(layers, inputs=inputs, seed=seed), seed

    def _train(self, x, y, outputs, per_step=False, **config):
        """Makes the network and trains it on sequences and targets."""
        self.model_, seed = self._network(x[0].shape[1], outputs, per_step)
        data = Dataset.of(
            x, y, per_step=per_step, validation=self.validation or 0, seed=seed,
            class_count=outputs,
        )  # fmt: skip
        self.run_ = self.model_.fit(
            data, epochs=self.epochs, batch_size=self.batch_size, learning_rate=self.learning_rate,
            rule=self.rule, weight_decay=self.weight_decay, clip_norm=self.clip_norm,
            patience=self.patience, schedule="constant", seed=seed, threads=self.threads,
            progress=self.verbose, **config,
        )  # fmt: skip
        self.n_iter_ = len(self.run_.history.get("epoch", [])) or self.epochs
        self.run_.data = None  # the numbers are the caller's
        return self

    def _outputs(self, X):
        check_is_fitted(self, "model_")
        return self.model_(self._inputs(X), threads=self.threads)


def _is_ragged(X):
    """Whether X is a list of sequences, and not one array written as lists."""
    if not isinstance(X, (list, tuple)) and getattr(X, "dtype", None) != object:
        return False
    return len(X) > 0 and any(np.ndim(a) >= 1 and hasattr(a, "shape") for a in X)


class RNNClassifier(ClassifierMixin, _Estimator):
    """A class for each sequence.

    Parameters
    ----------
    hidden : int
        Units of each level.
    cell : str
        "lstm", "gru", "rnn", "mingru", "minlstm", "indrnn", "ligru".
    layers : int
        Levels.
    bidirectional : bool
    dropout : float
        On what the last linear layer reads.
    epochs, batch_size, learning_rate, rule, weight_decay, clip_norm
        Of the training; rule is "adam", "adamw", "sgd", ...
    validation : float
        A fraction to split off that chooses the best weights; 0 for none.
    patience : int
        Stop after that many evaluations without improvement; 0: never.
    scaling : bool
        Standardize each feature.
    layout : str
        "elman": steps before features; "aeon": features before steps.
    threads : int
    random_state : int, RandomState or None
        Of weights and order; the same int gives the same bits everywhere.
    verbose : bool

    Attributes
    ----------
    classes_ : array
    model_ : elman.Model
    run_ : elman.Run
    n_iter_ : int
        Epochs.
    """

    def fit(self, X, y):
        """Trains on sequences and their classes.

        Parameters
        ----------
        X : array (N,T) or (N,T,I), or list of arrays (T_n,I)
        y : array (N)
            Classes: integers or texts.

        Returns
        -------
        RNNClassifier
            Itself.
        """
        x = self._inputs(X, reset=True)
        y = _column(y, len(x))
        check_classification_targets(y)
        self.classes_, classes = np.unique(y, return_inverse=True)
        return self._train(x, classes.astype(np.int32), max(len(self.classes_), 1))

    def decision_function(self, X):
        """Scores of the classes: logits.

        Parameters
        ----------
        X : array (N,T) or (N,T,I), or list of arrays (T_n,I)

        Returns
        -------
        array (N,C), or (N) of two classes
        """
        logits = self._outputs(X).astype(np.float64)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def predict_proba(self, X):
        """Probabilities of the classes.

        Parameters
        ----------
        X : array (N,T) or (N,T,I), or list of arrays (T_n,I)

        Returns
        -------
        array (N,C)
        """
        return _softmax(self._outputs(X))

    def predict(self, X):
        """The likeliest class of each sequence.

        Parameters
        ----------
        X : array (N,T) or (N,T,I), or list of arrays (T_n,I)

        Returns
        -------
        array (N)
        """
        logits = self._outputs(X)
        return self.classes_[logits.argmax(axis=-1)]


class RNNRegressor(RegressorMixin, _Estimator):
    """Values for each sequence: y is (N) or (N,O).

    Its parameters are those of `RNNClassifier`.
    """

    def fit(self, X, y):
        """Trains on sequences and their values.

        Parameters
        ----------
        X : array (N,T) or (N,T,I), or list of arrays (T_n,I)
        y : array (N) or (N,O)

        Returns
        -------
        RNNRegressor
            Itself.
        """
        x = self._inputs(X, reset=True)
        y = np.asarray(y)
        y = _column(y, len(x)) if y.ndim != 2 or y.shape[1] == 1 else y
        y = np.asarray(y, np.float64)
        if not np.isfinite(y).all():
            raise ValueError("Input y contains NaN or infinity.")
        if len(y) != len(x):
            raise ValueError(f"X has {len(x)} sequences, y {len(y)} values")
        self._flat = y.ndim == 1
        values = y[:, None] if self._flat else y
        self.y_mean_, scale = values.mean(axis=0), values.std(axis=0)
        self.y_scale_ = np.where(scale > 1e-12, scale, 1.0)
        scaled = ((values - self.y_mean_) / self.y_scale_).astype(np.float32)
        return self._train(x, scaled, scaled.shape[1], loss="mse")

    def predict(self, X):
        """The values of each sequence, in the units of y.

        Parameters
        ----------
        X : array (N,T) or (N,T,I), or list of arrays (T_n,I)

        Returns
        -------
        array (N) or (N,O), as y was
        """
        y = self._outputs(X)
        y = y * self.y_scale_ + self.y_mean_
        return y[:, 0] if self._flat else y


class RNNTagger(_Estimator):
    """A class for each step: y is (N,T), or a list of arrays (T_n).

    Its parameters are those of `RNNClassifier`. -1 in y is no class.
    """

    _estimator_type = "tagger"

    def fit(self, X, y):
        """Trains on sequences and the classes of their steps.

        Parameters
        ----------
        X : array (N,T) or (N,T,I), or list of arrays (T_n,I)
        y : array (N,T), or list of arrays (T_n)
            -1 is no class.

        Returns
        -------
        RNNTagger
            Itself.
        """
        x = self._inputs(X, reset=True)
        tags = [np.asarray(t) for t in y]
        for a, t in zip(x, tags):
            if t.shape != (len(a),):
                raise ValueError(f"a sequence of {len(a)} steps has tags {t.shape}")
        if len(tags) != len(x):
            raise ValueError(f"X has {len(x)} sequences, y {len(tags)}")
        known = np.concatenate(tags)
        if known.dtype.kind in "if":
            known = known[known != -1]
        self.classes_ = np.unique(known)
        numbers = [self._numbers(t) for t in tags]
        return self._train(x, numbers, len(self.classes_), per_step=True)

    def _numbers(self, tags):
        """Tags as numbers of classes, -100 for none."""
        found = np.searchsorted(self.classes_, tags).clip(0, len(self.classes_) - 1)
        found[self.classes_[found] != tags] = -100
        return found.astype(np.int32)

    def predict_proba(self, X):
        """Probabilities at each step.

        Parameters
        ----------
        X : array (N,T) or (N,T,I), or list of arrays (T_n,I)

        Returns
        -------
        list of arrays (T_n,C)
        """
        return [_softmax(y) for y in self._outputs(X)]

    def predict(self, X):
        """The likeliest class at each step.

        Parameters
        ----------
        X : array (N,T) or (N,T,I), or list of arrays (T_n,I)

        Returns
        -------
        list of arrays (T_n)
        """
        return [self.classes_[y.argmax(axis=-1)] for y in self._outputs(X)]

    def score(self, X, y):
        """The fraction of steps that is right; -1 does not count.

        Parameters
        ----------
        X : array (N,T) or (N,T,I), or list of arrays (T_n,I)
        y : array (N,T), or list of arrays (T_n)

        Returns
        -------
        float
        """
        found = np.concatenate(self.predict(X))
        truth = np.concatenate([np.asarray(t) for t in y])
        counts = truth != -1 if truth.dtype.kind in "if" else np.ones(len(truth), bool)
        return accuracy_score(truth[counts], found[counts])


class RNNForecaster(_Estimator):
    """The next values of a series: ``fit(y)``, then ``predict(horizon)``.

    Parameters
    ----------
    window : int
        Steps that are read for each forecast.
    horizon : int
        Steps that the network gives at once; further ones by going on with its
        own.
    **others
        As of `RNNClassifier`.
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
        series = self._series(y)
        if len(series) < self.window + self.horizon + 1:
            raise ValueError(
                f"the series has {len(series)} steps, expected more than window + "
                f"horizon, {self.window + self.horizon}"
            )
        self.n_features_in_ = series.shape[1]
        self.mean_, scale = series.mean(axis=0), series.std(axis=0)
        self.scale_ = np.where(scale > 1e-12, scale, 1.0)
        scaled = ((series - self.mean_) / self.scale_).astype(np.float32)

        # each window, and what comes behind it less its last value
        count = len(scaled) - self.window - self.horizon + 1
        at = np.arange(count)[:, None]
        x = scaled[at + np.arange(self.window)]
        ahead = scaled[at + self.window + np.arange(self.horizon)]
        targets = (ahead - x[:, -1:]).reshape(count, -1)
        self.series_ = series
        return self._train(x, targets, targets.shape[1], loss="mse")

    def _series(self, y):
        series = np.asarray(y, np.float64)
        self._flat = series.ndim == 1
        series = series[:, None] if series.ndim == 1 else series
        if series.ndim != 2 or not np.isfinite(series).all():
            raise ValueError("a series is (T) or (T,C) of finite numbers")
        return series

    def predict(self, horizon=None, y=None):
        """The values that come next.

        Parameters
        ----------
        horizon : int, optional
            How many; None: the horizon that the network gives at once.
        y : array (T) or (T,C), optional
            A series to go on with; None: that of `fit`.

        Returns
        -------
        array (horizon) or (horizon,C)
        """
        check_is_fitted(self, "model_")
        series = self.series_ if y is None else self._series(y)
        if len(series) < self.window:
            raise ValueError(f"{len(series)} steps, expected {self.window} or more")
        horizon = self.horizon if horizon is None else horizon
        rows = ((series[-self.window :] - self.mean_) / self.scale_).astype(np.float32)
        made = []
        while len(made) < horizon:
            y = self.model_(rows).reshape(self.horizon, -1) + rows[-1]
            made.extend(y)
            rows = np.concatenate([rows, y])[-self.window :]
        found = np.array(made[:horizon]) * self.scale_ + self.mean_
        return found[:, 0] if found.shape[1] == 1 else found


def _column(y, count):
    """y as scikit-learn reads a column of targets."""
    from sklearn.utils.validation import column_or_1d

    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    y = column_or_1d(y, warn=True)
    if len(y) != count:
        raise ValueError(f"X has {count} sequences, y {len(y)} targets")
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("Input y contains NaN or infinity.")
    return y


def _softmax(logits):
    logits = logits.astype(np.float64)
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)

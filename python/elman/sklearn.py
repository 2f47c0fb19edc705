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

from elman import _core
from elman._checks import refused
from elman._convert import as_array
from elman._estimator import (  # says what is missing, so it is the first
    Estimator,
    as_floats,
    check_classes,
    column,
    moments,
    scaled,
)
from elman.forecaster import RNNForecaster
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.class_weight import compute_class_weight

__all__ = ["RNNClassifier", "RNNForecaster", "RNNRegressor", "RNNTagger"]


class _OfClasses(Estimator):
    """What answers with classes, which may weigh differently."""

    def __init__(
        self, hidden=32, *, cell="lstm", layers=1, bidirectional=False, dropout=0.0,
        epochs=60, batch_size=32, learning_rate=0.01, rule="adam", weight_decay=0.0,
        clip_norm=1.0, class_weight=None, validation=0.0, patience=0, scaling=True,
        layout="elman", threads=1, random_state=None, verbose=False,
    ):  # fmt: skip
        super().__init__(
            hidden, cell=cell, layers=layers, bidirectional=bidirectional,
            dropout=dropout, epochs=epochs, batch_size=batch_size,
            learning_rate=learning_rate, rule=rule, weight_decay=weight_decay,
            clip_norm=clip_norm, validation=validation, patience=patience,
            scaling=scaling, layout=layout, threads=threads,
            random_state=random_state, verbose=verbose,
        )  # fmt: skip
        self.class_weight = class_weight

    def _weights(self, y):
        """The weights of classes_ as a setting of the training."""
        if self.class_weight is None:
            return {}
        weights = self.class_weight
        if not isinstance(weights, dict) and not (
            isinstance(weights, str) and weights == "balanced"
        ):
            raise refused(
                "class_weight", weights, "None, 'balanced', or a dict of classes with weights"
            )
        found = as_floats(
            compute_class_weight(weights, classes=self.classes_, y=y), "class_weight"
        )
        if not (found >= 0).all() or not found.any():
            raise refused("class_weight", weights, "weights of 0 or more, one above 0")
        return {"class_weights": found.astype(np.float32)}


class RNNClassifier(ClassifierMixin, _OfClasses):
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
    class_weight : dict, "balanced" or None
        How much each class counts: by itself, inversely to how often it occurs,
        or all the same. Sequences have no weights of their own.
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
            Classes: integers, bools or texts.

        Returns
        -------
        RNNClassifier
            Itself.
        """
        self._check_settings()
        x = self._inputs(X, reset=True)
        y = column(y, len(x), "; RNNTagger is for a class of each step")
        check_classes(y)
        self.classes_, classes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise _core.BadValueError(
                f"y has one class, {self.classes_.tolist()[0]!r}, expected two or more"
            )
        return self._train(
            x, classes.astype(np.int32), len(self.classes_), **self._weights(y)
        )

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


class RNNRegressor(RegressorMixin, Estimator):
    """Values for each sequence: y is (N) or (N,O).

    Its parameters are those of `RNNClassifier`, without class_weight.
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
        self._check_settings()
        x = self._inputs(X, reset=True)
        y = as_floats(y, "y") if y is not None else y
        if y is None or y.ndim != 2 or y.shape[1] == 1:
            y = column(y, len(x), ", or (N,O)")
        if len(y) != len(x):
            raise _core.BadValueError(f"X has {len(x)} sequences, y {len(y)} values")
        self._flat = y.ndim == 1
        values = y[:, None] if self._flat else y
        self.y_mean_, self.y_scale_ = moments(values, "y")
        targets = scaled(values, self.y_mean_, self.y_scale_, "y")
        return self._train(x, targets, targets.shape[1], loss="mse")

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


class RNNTagger(_OfClasses):
    """A class for each step: y is (N,T), or a list of arrays (T_n).

    Its parameters are those of `RNNClassifier`. -1 in y is no class, where
    classes are numbers.
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
        self._check_settings()
        x = self._inputs(X, reset=True)
        tags = _tags(y, [len(a) for a in x])
        known = np.concatenate(tags)
        known = known[_counts(known)]
        check_classes(known)
        self.classes_ = np.unique(known)
        if len(self.classes_) < 2:
            raise _core.BadValueError(
                f"y has the classes {self.classes_.tolist()}, expected two or more; -1 is no class"
            )
        numbers = [self._numbers(t) for t in tags]
        return self._train(
            x, numbers, len(self.classes_), per_step=True, **self._weights(known)
        )

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
        found = self.predict(X)
        truth = np.concatenate(_tags(y, [len(t) for t in found]))
        counts = _counts(truth)
        if not counts.any():
            raise _core.BadValueError("y has no class to compare with, only -1")
        return accuracy_score(truth[counts], np.concatenate(found)[counts])


def _tags(y, steps):
    """The classes of steps as one array for each sequence."""
    if y is None or not np.iterable(y):
        raise refused("y", y, "classes of steps: (N,T), or a list of arrays (T_n)")
    tags = [as_array(t, "y") for t in y]
    if len(tags) != len(steps):
        raise _core.BadValueError(f"X has {len(steps)} sequences, y {len(tags)}")
    for t, count in zip(tags, steps):
        if t.shape != (count,):
            raise _core.BadValueError(
                f"a sequence of {count} steps has tags of the shape {t.shape}, expected "
                f"({count},): a class for each step"
            )
        if t.dtype.kind == "f" and not np.isfinite(t).all():
            raise _core.BadValueError("Input y contains NaN or infinity; -1 is no class.")
    return tags


def _counts(tags):
    """Where there is a class."""
    return tags != -1 if tags.dtype.kind in "if" else np.ones(len(tags), bool)


def _softmax(logits):
    logits = logits.astype(np.float64)
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)

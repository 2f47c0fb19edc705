"""What the estimators share: settings, reading X and y, the network, training."""

import numbers

import numpy as np

from elman import _core
from elman._checks import real, refused, text, truth, whole, word
from elman._convert import as_array, refuse_mask
from elman.data import Dataset
from elman.layers import GRU, LSTM, RNN, Dropout, IndRNN, Last, LiGRU, Linear, MinGRU, MinLSTM
from elman.model import Model

try:
    from sklearn.base import BaseEstimator
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data
except ImportError as error:
    raise ImportError(
        "elman.sklearn needs scikit-learn 1.6 or later: pip install scikit-learn"
    ) from error

_CELLS = {
    "rnn": RNN, "lstm": LSTM, "gru": GRU, "mingru": MinGRU, "minlstm": MinLSTM,
    "indrnn": IndRNN, "ligru": LiGRU,
}  # fmt: skip


# ---- settings ---------------------------------------------------------------


def _one(name, value):
    return whole(name, value, 1)


def _fraction(name, value):
    expected = "a number from 0 to less than 1"
    if not real(name, value, 0.0, expected) < 1:
        raise refused(name, value, expected)


def _rate(name, value):
    expected = "a number above 0"
    if not real(name, value, 0.0, expected) > 0:
        raise refused(name, value, expected)


def _amount(name, value):
    real(name, value, 0.0, "a number of 0 or more")


def _verbose(name, value):
    if isinstance(value, numbers.Integral) and value >= 0:
        return  # a level, as of others' estimators
    truth(name, value)


_SETTINGS = {
    "hidden": _one, "cell": lambda name, value: word(name, value, _CELLS),
    "layers": _one, "bidirectional": truth, "dropout": _fraction, "epochs": _one,
    "batch_size": _one, "learning_rate": _rate, "rule": text, "weight_decay": _amount,
    "clip_norm": _amount, "validation": _fraction, "patience": whole, "scaling": truth,
    "layout": lambda name, value: word(name, value, ("elman", "aeon")), "threads": _one,
    "verbose": _verbose, "window": _one, "horizon": _one,
}  # fmt: skip


def keep(estimator, settings):
    """Keeps the arguments of __init__ under their own names, as they are."""
    for name, value in settings.items():
        if name not in ("self", "__class__"):
            setattr(estimator, name, value)


class Estimator(BaseEstimator):
    """Settings, reading X, the network and its training."""

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

    def _check_settings(self):
        """Refuses what no setting can be, before anything is trained."""
        for name, value in self.get_params(deep=False).items():
            if name in _SETTINGS:
                _SETTINGS[name](name, value)

    # ---- X ------------------------------------------------------------------

    def _read(self, X, reset):
        """X as arrays (T_n,I); 2-D arrays are checked as scikit-learn does."""
        rows = not _is_list_of_sequences(X)
        if rows and _shape(X)[2:] and not _shape(X)[3:]:
            X, rows = as_array(X, "X"), False
            if not len(X):
                raise _core.BadValueError("Found array with 0 sample(s): X has no sequence")

        if not rows:
            arrays = [self._sequence(a) for a in X]
            self._check_features(arrays, reset)
            return arrays
        dimensions = len(_shape(X))
        if not reset and not self._rows:
            raise _core.BadValueError(
                f"X has {dimensions} dimensions, but {type(self).__name__} was fitted "
                f"on sequences of {self.n_features_in_} features: expected "
                + (f"(N,T,{self.n_features_in_})" if self.layout == "elman" else
                   f"(N,{self.n_features_in_},T)")
            )  # fmt: skip
        if dimensions != 2:
            raise _core.BadValueError(
                f"X has {dimensions} dimensions, expected (N,T) of series of one input, (N,T,I), "
                "or a list of arrays (T_n,I). Reshape your data: X[None] is a batch of one"
            )
        refuse_mask(X, "X")
        if getattr(getattr(X, "dtype", None), "kind", "f") in "mMV":
            raise _core.BadValueError(f"X has values of the type {X.dtype}, expected real numbers")
        X = validate_data(self, X, reset=reset, dtype=np.float64)
        self._rows = True
        return list(X[:, :, None])

    def _sequence(self, a):
        """One sequence, (T,I)."""
        a = as_floats(a, "X")
        a = a[:, None] if a.ndim == 1 else a.T if self.layout == "aeon" else a
        if a.ndim != 2 or not a.size:
            raise _core.BadValueError(
                f"a sequence of X has the shape {a.shape}, expected (T,I), neither of them 0"
            )
        return a

    def _check_features(self, arrays, reset):
        """All sequences have the features of the first, or of those fitted on."""
        features = {a.shape[1] for a in arrays}
        if len(features) > 1:
            raise _core.BadValueError(
                f"sequences of X have {sorted(features)} features, expected as many in each"
            )
        (features,) = features
        if reset:
            self.n_features_in_ = features
            self._rows = False
        elif self._rows:
            raise _core.BadValueError(
                f"X is of sequences, but {type(self).__name__} was fitted on a 2-D X, "
                f"of {self.n_features_in_} steps: expected (N,{self.n_features_in_})"
            )
        elif features != self.n_features_in_:
            raise _core.BadValueError(
                f"X has {features} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input"
            )

    def _inputs(self, X, reset=False):
        """X scaled; learns mean and scale where it is the training data."""
        arrays = self._read(X, reset)
        if reset:
            rows = np.concatenate(arrays)
            self.mean_, self.scale_ = moments(rows, "X") if self.scaling else (0.0, 1.0)
        return [scaled(a, self.mean_, self.scale_, "X") for a in arrays]

    # ---- the network --------------------------------------------------------

    def _network(self, inputs, outputs, per_step):
        """A new network with weights by random_state."""
        layers = [
            _CELLS[self.cell](
                self.hidden, num_layers=self.layers, bidirectional=bool(self.bidirectional) or None
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
        model, seed = self._network(x[0].shape[1], outputs, per_step)
        data = Dataset.of(
            x, y, per_step=per_step, validation=self.validation, seed=seed,
            class_count=outputs,
        )  # fmt: skip
        run = model.fit(
            data, epochs=self.epochs, batch_size=self.batch_size, learning_rate=self.learning_rate,
            rule=self.rule, weight_decay=self.weight_decay, clip_norm=self.clip_norm,
            patience=self.patience, schedule="constant", seed=seed, threads=self.threads,
            progress=bool(self.verbose), **config,
        )  # fmt: skip
        run.data = None  # the numbers are the caller's
        self.model_, self.run_ = model, run
        self.n_iter_ = len(run.history.get("epoch", [])) or self.epochs
        return self

    def _outputs(self, X):
        check_is_fitted(self, "model_")
        return self.model_(self._inputs(X), threads=self.threads)


# ---- arrays -----------------------------------------------------------------


def _shape(X):
    """Its shape as an array; of lists of different lengths, the outer one's."""
    try:
        return X.shape if hasattr(X, "shape") else np.asarray(X).shape
    except ValueError:
        return (len(X),)


def _is_list_of_sequences(X):
    """Whether X is a list of sequences, and not one array written as lists."""
    if not isinstance(X, (list, tuple)) and getattr(X, "dtype", None) != object:
        return False
    if getattr(X, "ndim", 1) != 1 or not len(X):
        return False
    if any(hasattr(a, "shape") and np.ndim(a) for a in X):
        return True
    return all(isinstance(a, (list, tuple)) for a in X) and len({len(a) for a in X}) > 1


def as_floats(values, name):
    """Real, finite numbers as float64."""
    if values is None:
        raise _core.BadValueError(f"{name} is None, expected real numbers")
    array = as_array(values, name)
    try:
        if array.dtype.kind not in "fiubO":
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise _core.BadValueError(
            f"{name} has values of the type {array.dtype}, expected real numbers"
        ) from None
    if not np.isfinite(array).all():
        raise _core.BadValueError(f"Input {name} contains NaN or infinity.")
    return array


def moments(rows, name):
    """Mean and scale of each column; 1 for constants."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean, scale = rows.mean(axis=0), rows.std(axis=0)
    if not np.isfinite(scale).all():
        raise _core.BadValueError(f"{name} has numbers that are too large to be scaled")
    return mean, np.where(scale > 1e-12, scale, 1.0)


def scaled(rows, mean, scale, name):
    """The numbers less their mean, over their scale, as the engine reads them."""
    with np.errstate(over="ignore"):
        made = ((rows - mean) / scale).astype(np.float32)
    if not np.isfinite(made).all():
        raise _core.BadValueError(f"{name} has numbers that are too large for float32")
    return made


# ---- y ----------------------------------------------------------------------


def column(y, count, instead):
    """y as scikit-learn reads a column of targets; `instead` says who reads
    more than one for each sequence."""
    if y is None:
        raise _core.BadValueError("requires y to be passed, but the target y is None")
    shape = _shape(y)
    if len(shape) != 1 and shape[1:] != (1,):
        raise _core.BadValueError(
            f"y should be a 1d array, got an array of shape {shape} instead: one for each "
            f"sequence{instead}"
        )
    refuse_mask(y, "y")
    try:
        y = column_or_1d(y, warn=True)
    except ValueError as error:
        raise _core.BadValueError(str(error).splitlines()[0]) from None
    if len(y) != count:
        raise _core.BadValueError(f"X has {count} sequences, y {len(y)} targets")
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise _core.BadValueError("Input y contains NaN or infinity.")
    return y


def check_classes(y):
    """Refuses what are values rather than classes."""
    try:
        check_classification_targets(y)
    except ValueError as error:
        raise _core.BadValueError(
            f"{str(error).splitlines()[0]} Classes are integers, bools or text; "
            "RNNRegressor is for values."
        ) from None

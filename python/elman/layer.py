"""One layer: a kind and the fields that were given."""

import difflib
import operator
import re

from elman import _core
from elman._checks import refused


class Layer:
    """One layer: its kind and those of its fields that are not the default.

    Parameters
    ----------
    kind : str
        A word of `elman.kinds()`: "lstm", "linear", ...
    **fields
        As in `elman_layer` of elman.h; `name` is the prefix of the parameters'
        names.
    """

    def __init__(self, kind, **fields):
        self._set(kind, fields)
        _check(self)

    def _set(self, kind, fields):
        self.kind = kind
        # "" of a model's config is the default of a kind
        self.fields = {
            k: v for k, v in fields.items() if not (v is None or isinstance(v, str) and v == "")
        }

    def config(self):
        """The layer as the config of a model has it.

        Returns
        -------
        dict
        """
        return {"kind": self.kind, **self.fields}

    @staticmethod
    def of(config):
        """The layer of such a config.

        Parameters
        ----------
        config : dict
            kind, and fields by their names.

        Returns
        -------
        Layer

        Examples
        --------
        >>> Layer.of({"kind": "gru", "hidden_size": 8})
        GRU(8)
        """
        if not hasattr(config, "keys") or "kind" not in config:
            raise _core.BadValueError(f"config is {config!r}, expected a dict with a kind")
        fields = dict(config)
        layer = Layer.__new__(Layer)
        layer._set(fields.pop("kind"), fields)
        return layer

    def __eq__(self, other):
        return isinstance(other, Layer) and self.config() == other.config()

    def __hash__(self):
        return hash(repr(self))

    def __repr__(self):
        fields = {k: _plain(v) for k, v in self.fields.items()}
        first = {
            "linear": "output_size", "dropout": "dropout", "last": "last",
            "pool": "pool", "activation": "activation", "repeat": "repeats",
        }.get(self.kind, "hidden_size")  # fmt: skip
        arguments = []
        if self.kind == "embedding":
            arguments = [
                str(fields.pop("num_embeddings", 0)),
                str(fields.pop("embedding_dim", 0)),
            ]
        elif first in fields:
            arguments = [repr(fields.pop(first))]
        bias = fields.pop("no_bias", False)
        arguments += [f"{k}={v!r}" for k, v in fields.items() if _says_something(k, v)]
        arguments += ["bias=False"] if bias else []
        return f"{_TITLES.get(self.kind, self.kind)}({', '.join(arguments)})"


_TITLES = {
    "rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "mingru": "MinGRU",
    "minlstm": "MinLSTM", "indrnn": "IndRNN", "ligru": "LiGRU",
    "linear": "Linear", "embedding": "Embedding", "dropout": "Dropout",
    "layer_norm": "LayerNorm", "l2_norm": "L2Norm", "softmax": "Softmax",
    "log_softmax": "LogSoftmax", "last": "Last", "pool": "Pool",
    "activation": "Activation", "repeat": "Repeat",
}  # fmt: skip


def _plain(value):
    """A number as it was written, before it became a float32."""
    return float(f"{value:.7g}") if isinstance(value, float) else value


def _says_something(name, value):
    """Whether a field is worth printing: no default that was filled in."""
    default = {"num_layers": 1, "merge": "concat", "nonlinearity": "tanh", "eps": 1e-5}
    if isinstance(value, tuple):
        return value[0] != "default"
    return value not in (0, 0.0, False, "", [], None) and value != default.get(name)


# ---- what cannot be, told at once --------------------------------------------

_SHRUNK = ("hidden_size", "output_size", "num_embeddings", "embedding_dim", "repeats")
_ELSEWHERE = {
    "input_size": "what it reads follows from the layer before it, and of the first one "
    "elman.Model(layers, inputs=8) says it",
    "batch_first": "it is of the whole model: elman.Model(layers, inputs, batch_first=False)",
    "bias": "it has none",
    "device": "elman computes on processors alone",
    "dtype": "elman computes in float32",
}
_ELSEWHERE.update(
    in_features=_ELSEWHERE["input_size"], input_dim=_ELSEWHERE["input_size"],
    inputs=_ELSEWHERE["input_size"], input_shape=_ELSEWHERE["input_size"],
    seed="it is of the whole model: elman.Model(layers, inputs, seed=1)",
)  # fmt: skip


def _check(layer):
    """Refuses a kind, a field or a value that no model can have: whether a
    layer fits those around it is seen in the model."""
    kinds = {k["word"]: k["fields"] for k in _core.kinds()}
    kind = layer.kind
    if not isinstance(kind, str) or kind not in kinds:
        raise _core.BadValueError(
            f"kind is {kind!r}, expected {_nearest(str(kind), kinds)} of {', '.join(kinds)}"
        )
    title = _TITLES.get(kind, kind)
    fields = layer.fields
    known = ["name", *kinds[kind]]
    for name in fields:
        if name in known:
            continue
        why = _ELSEWHERE.get(name, f"it has {', '.join(known)}{_nearest(name, known, '; ')}")
        raise _core.BadValueError(f"{title} has no field {name!r}: {why}")
    proj, hidden = _size(fields.get("proj_size")), _size(fields.get("hidden_size"))
    if proj and hidden and proj >= hidden:
        raise refused(f"{title}: proj_size", proj, f"less than hidden_size {hidden}")
    merge = fields.get("merge")
    one_way = fields.get("bidirectional", False) is False
    if isinstance(merge, str) and merge != "concat" and one_way:
        raise refused(f"{title}: merge", merge, "bidirectional=True with it")
    try:
        _core.Model(_trial(layer))
    except _core.BadValueError as error:
        text = re.sub(r"^(layer \d+( \([^)]*\))?|a layer|\w+): ", "", str(error))
        raise _core.BadValueError(f"{title}: {text}") from None


def _nearest(word, words, before=""):
    """The word that was meant, if one is near."""
    found = difflib.get_close_matches(word, words, 1)
    if before:
        return f"{before}{found[0]}?" if found else ""
    return f"{found[0]!r}, one" if found else "one"


def _trial(layer):
    """The smallest model with this layer: sizes do not matter, only that they
    are sizes."""
    config = layer.config()
    if 0 < (_size(config.get("proj_size")) or 0):
        config["proj_size"] = 1
    for name in _SHRUNK:
        config[name] = _small(config.get(name))
    sizes = config.get("hidden_sizes")
    if isinstance(sizes, (list, tuple)):
        config["hidden_sizes"] = [_small(n) for n in sizes]
    config = {k: v for k, v in config.items() if v is not None}
    before = [{"kind": "last"}] if layer.kind == "repeat" else []
    return {
        "input_size": 0 if layer.kind == "embedding" else 1,
        "layers": [*before, config],
    }


def _size(size):
    """A size as an int, or None for what is none."""
    whole = hasattr(size, "__index__") and not isinstance(size, bool)
    try:
        return operator.index(size) if whole else None
    except TypeError:  # of an array
        return None


def _small(size):
    """A size, made small if it is one."""
    number = _size(size)
    return size if number is None or number > 2**40 else min(number, 3)

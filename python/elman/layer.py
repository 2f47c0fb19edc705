"""One layer: a kind and the fields that were given."""


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
        self.kind = kind
        # "" of a model's config is the default of a kind
        self.fields = {k: v for k, v in fields.items() if v is not None and v != ""}

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
        fields = dict(config)
        kind = fields.pop("kind")
        return Layer(kind, **fields)

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

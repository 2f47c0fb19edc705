"""Layers of a model, named and parametrized as in `torch.nn`.

Each is a small value: a kind and the fields that were given. What a layer
reads is inferred from the layer before it, so that only what it gives is said.

>>> LSTM(64, num_layers=2, bidirectional=True)
LSTM(64, num_layers=2, bidirectional=True)
"""

__all__ = [
    "Layer", "RNN", "LSTM", "GRU", "MinGRU", "MinLSTM", "IndRNN", "LiGRU",
    "Linear", "Embedding", "Dropout", "LayerNorm", "L2Norm", "Softmax",
    "LogSoftmax", "Last", "Pool", "Repeat", "Tanh", "Sigmoid", "ReLU", "LeakyReLU", "ELU",
    "Softplus", "Softsign", "Hardsigmoid",
]  # fmt: skip


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


def _recurrent(kind, hidden_size, num_layers, bias, fields):
    return Layer(
        kind,
        hidden_size=hidden_size,
        num_layers=num_layers if num_layers != 1 else None,
        no_bias=True if not bias else None,
        **fields,
    )


def RNN(hidden_size, num_layers=1, *, nonlinearity=None, bias=True, **fields):
    """`torch.nn.RNN`: h = tanh (or relu) of W_ih x + W_hh h + b.

    Parameters
    ----------
    hidden_size : int
        H, the units of each level.
    num_layers : int, optional
        Levels, one above the other.
    nonlinearity : str, optional
        "tanh" or "relu".
    bias : bool, optional
        Whether gates have a bias.
    **fields
        Further fields of `elman_layer`: bidirectional, merge, dropout,
        zoneout, learned_state, name, ...

    Returns
    -------
    Layer
        Reads (B,T,I), gives (B,T,H), of both directions (B,T,2 H).
    """
    return _recurrent(
        "rnn", hidden_size, num_layers, bias, {"nonlinearity": nonlinearity, **fields}
    )


def LSTM(hidden_size, num_layers=1, *, bias=True, **fields):
    """`torch.nn.LSTM`, with peepholes, coupled gates and projections if asked for.

    Parameters
    ----------
    hidden_size : int
        H, the units of each level.
    num_layers : int, optional
        Levels, one above the other.
    bias : bool, optional
        Whether gates have a bias.
    **fields
        Further fields of `elman_layer`: bidirectional, merge, dropout,
        zoneout, learned_state, name, ...
        Of an LSTM also proj_size, peephole, coupled, forget_bias, clip.

    Returns
    -------
    Layer
        Reads (B,T,I), gives (B,T,R), of both directions (B,T,2 R), where R is
        proj_size if set, else H.

    Examples
    --------
    >>> model = Model([LSTM(8, proj_size=3, bidirectional=True)], inputs=2)
    >>> model(np.zeros((1, 5, 2))).shape
    (1, 5, 6)
    """
    return _recurrent("lstm", hidden_size, num_layers, bias, fields)


def GRU(hidden_size, num_layers=1, *, bias=True, **fields):
    """`torch.nn.GRU`; `reset_before=True` is Keras's `reset_after=False`.

    Parameters
    ----------
    hidden_size : int
        H, the units of each level.
    num_layers : int, optional
        Levels, one above the other.
    bias : bool, optional
        Whether gates have a bias.
    **fields
        Further fields of `elman_layer`: bidirectional, merge, dropout,
        zoneout, learned_state, name, ...

    Returns
    -------
    Layer
        Reads (B,T,I), gives (B,T,H), of both directions (B,T,2 H).
    """
    return _recurrent("gru", hidden_size, num_layers, bias, fields)


def MinGRU(hidden_size, num_layers=1, *, bias=True, **fields):
    """Minimal GRU (Feng et al. 2024): gates of x alone.

    Parameters
    ----------
    hidden_size : int
        H, the units of each level.
    num_layers : int, optional
        Levels, one above the other.
    bias : bool, optional
        Whether gates have a bias.
    **fields
        Further fields of `elman_layer`: bidirectional, merge, dropout,
        zoneout, learned_state, name, ...

    Returns
    -------
    Layer
        Reads (B,T,I), gives (B,T,H), of both directions (B,T,2 H).
    """
    return _recurrent("mingru", hidden_size, num_layers, bias, fields)


def MinLSTM(hidden_size, num_layers=1, *, bias=True, **fields):
    """Minimal LSTM (Feng et al. 2024): gates of x alone.

    Parameters
    ----------
    hidden_size : int
        H, the units of each level.
    num_layers : int, optional
        Levels, one above the other.
    bias : bool, optional
        Whether gates have a bias.
    **fields
        Further fields of `elman_layer`: bidirectional, merge, dropout,
        zoneout, learned_state, name, ...

    Returns
    -------
    Layer
        Reads (B,T,I), gives (B,T,H), of both directions (B,T,2 H).
    """
    return _recurrent("minlstm", hidden_size, num_layers, bias, fields)


def IndRNN(hidden_size, num_layers=1, *, nonlinearity=None, bias=True, **fields):
    """Each unit sees its own h alone (Li et al. 2018).

    Parameters
    ----------
    hidden_size : int
        H, the units of each level.
    num_layers : int, optional
        Levels, one above the other.
    nonlinearity : str, optional
        "tanh" or "relu".
    bias : bool, optional
        Whether gates have a bias.
    **fields
        Further fields of `elman_layer`: bidirectional, merge, dropout,
        zoneout, learned_state, name, ...

    Returns
    -------
    Layer
        Reads (B,T,I), gives (B,T,H), of both directions (B,T,2 H).
    """
    return _recurrent(
        "indrnn",
        hidden_size,
        num_layers,
        bias,
        {"nonlinearity": nonlinearity, **fields},
    )


def LiGRU(hidden_size, num_layers=1, *, bias=True, **fields):
    """Light GRU, without a reset gate (Ravanelli et al. 2018).

    Parameters
    ----------
    hidden_size : int
        H, the units of each level.
    num_layers : int, optional
        Levels, one above the other.
    bias : bool, optional
        Whether gates have a bias.
    **fields
        Further fields of `elman_layer`: bidirectional, merge, dropout,
        zoneout, learned_state, name, ...

    Returns
    -------
    Layer
        Reads (B,T,I), gives (B,T,H), of both directions (B,T,2 H).
    """
    return _recurrent("ligru", hidden_size, num_layers, bias, fields)


def Linear(output_size, *, bias=True, **fields):
    """`torch.nn.Linear` on each step.

    Parameters
    ----------
    output_size : int
        O, the features that it gives.
    bias : bool, optional
    **fields
        name, init_ih, ... as in `elman_layer`.

    Returns
    -------
    Layer
        Reads (B,T,I), gives (B,T,O).
    """
    return Layer(
        "linear", output_size=output_size, no_bias=None if bias else True, **fields
    )


def Embedding(num_embeddings, embedding_dim, **fields):
    """`torch.nn.Embedding`; only as the first layer.

    Parameters
    ----------
    num_embeddings : int
        V: tokens are 0 to V - 1.
    embedding_dim : int
        Features of each.
    **fields
        As in `elman_layer`.

    Returns
    -------
    Layer
        Reads tokens (B,T), gives (B,T,embedding_dim).
    """
    return Layer(
        "embedding",
        num_embeddings=num_embeddings,
        embedding_dim=embedding_dim,
        **fields,
    )


def Dropout(p=0.5, *, variational=False):
    """`torch.nn.Dropout`, or one mask for all steps; nothing outside training.

    Parameters
    ----------
    p : float, optional
        The share of features that is dropped.
    variational : bool, optional
        Drop the same features at every step of a sequence.

    Returns
    -------
    Layer
    """
    return Layer("dropout", dropout=p, variational=variational or None)


def LayerNorm(*, eps=None, name=None):
    """`torch.nn.LayerNorm` over the features of each step.

    Parameters
    ----------
    eps : float, optional
        Added to the variance; None: 1e-5.
    name : str, optional
        The prefix of its parameters; None: norm, norm2, ...

    Returns
    -------
    Layer
    """
    return Layer("layer_norm", eps=eps, name=name)


def L2Norm(*, eps=None):
    """`torch.nn.functional.normalize` over the features of each step.

    Parameters
    ----------
    eps : float, optional
        The least length that is divided by.

    Returns
    -------
    Layer
    """
    return Layer("l2_norm", eps=eps)


def Softmax():
    """Shares of the features of each step, which add up to 1.

    Returns
    -------
    Layer
        Of any shape (B,T,I), which it keeps.
    """
    return Layer("softmax")


def LogSoftmax():
    """The logarithms of what `Softmax` gives.

    Returns
    -------
    Layer
        Of any shape (B,T,I), which it keeps.
    """
    return Layer("log_softmax")


def Last(last="step"):
    """One vector for each sequence: that of its end.

    Parameters
    ----------
    last : str, optional
        "step", the output of the last valid step, or "final", h_n of both
        directions.

    Returns
    -------
    Layer
        Reads (B,T,I), gives (B,I).
    """
    return Layer("last", last=last)


def Pool(pool="mean"):
    """One vector for each sequence, of all its valid steps.

    Parameters
    ----------
    pool : str, optional
        "mean", "max", "sum", or "attention": weights that are learned.

    Returns
    -------
    Layer
        Reads (B,T,I), gives (B,I).
    """
    return Layer("pool", pool=pool)


def Repeat(repeats=0):
    """The vector of a `Last` or `Pool` at so many steps, as a decoder reads it.

    Parameters
    ----------
    repeats : int, optional
        Steps; 0: as many as the sequence has.

    Returns
    -------
    Layer
        Reads (B,I), gives (B,repeats,I).
    """
    return Layer("repeat", repeats=repeats)


def Tanh():
    """tanh x

    Returns
    -------
    Layer
        Of any shape (B,T,I), which it keeps.
    """
    return Layer("activation", activation="tanh")


def Sigmoid():
    """1 / (1 + exp -x)

    Returns
    -------
    Layer
        Of any shape (B,T,I), which it keeps.
    """
    return Layer("activation", activation="sigmoid")


def ReLU():
    """max(x, 0)

    Returns
    -------
    Layer
        Of any shape (B,T,I), which it keeps.
    """
    return Layer("activation", activation="relu")


def LeakyReLU(negative_slope=0.01):
    """x, below 0 times `negative_slope`.

    Parameters
    ----------
    negative_slope : float, optional

    Returns
    -------
    Layer
    """
    return Layer("activation", activation=("leaky_relu", negative_slope))


def ELU(alpha=1.0):
    """x, below 0: alpha (exp x - 1).

    Parameters
    ----------
    alpha : float, optional

    Returns
    -------
    Layer
    """
    return Layer("activation", activation=("elu", alpha))


def Softplus():
    """log(1 + exp x)

    Returns
    -------
    Layer
        Of any shape (B,T,I), which it keeps.
    """
    return Layer("activation", activation="softplus")


def Softsign():
    """x / (1 + abs x)

    Returns
    -------
    Layer
        Of any shape (B,T,I), which it keeps.
    """
    return Layer("activation", activation="softsign")


def Hardsigmoid():
    """x / 6 + 1/2 within 0 and 1, as `torch.nn.Hardsigmoid`.

    Returns
    -------
    Layer
        Of any shape (B,T,I), which it keeps.
    """
    return Layer("activation", activation=("hard_sigmoid", 1 / 6, 0.5))

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

from elman._checks import real, truth
from elman.layer import Layer
from elman.recurrent import GRU, LSTM, RNN, IndRNN, LiGRU, MinGRU, MinLSTM


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
        "linear", output_size=output_size, no_bias=None if truth("bias", bias) else True, **fields
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
    return Layer(
        "dropout",
        dropout=real("p", p, 0, "0 to 1", 1),
        variational=truth("variational", variational) or None,
    )


def _eps(eps, default):
    """A 0 is the default in C."""
    return eps if eps is None else real("eps", eps, 1e-45, f"more than 0, or None for {default}")


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
    return Layer("layer_norm", eps=_eps(eps, "1e-5"), name=name)


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
    return Layer("l2_norm", eps=_eps(eps, "1e-12"))


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
    return Layer("activation", activation=("leaky_relu", real("negative_slope", negative_slope)))


def ELU(alpha=1.0):
    """x, below 0: alpha (exp x - 1).

    Parameters
    ----------
    alpha : float, optional

    Returns
    -------
    Layer
    """
    return Layer("activation", activation=("elu", real("alpha", alpha)))


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

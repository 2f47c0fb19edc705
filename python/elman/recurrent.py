"""The layers with a memory, named and parametrized as in `torch.nn`."""

import functools

from elman import _core
from elman._checks import truth, whole
from elman.layer import Layer


def _one_size(make):
    """Refuse a second size by position: torch.nn has input_size first."""

    @functools.wraps(make)
    def checked(*sizes, **fields):
        if len(sizes) > 1:
            name, first, second = make.__name__, sizes[0], sizes[1]
            raise _core.BadValueError(
                f"{name}({', '.join(map(repr, sizes))}) has {len(sizes)} sizes, expected "
                f"hidden_size alone: torch's {name}({first!r}, {second!r}) is {name}({second!r}) "
                f"in Model(inputs={first!r}), and {second!r} levels are num_layers={second!r}"
            )
        return make(*sizes, **fields)

    return checked


def _recurrent(kind, hidden_size, num_layers, bias, fields):
    return Layer(
        kind,
        hidden_size=hidden_size,
        num_layers=None if whole("num_layers", num_layers, 1, 16) == 1 else num_layers,
        no_bias=None if truth("bias", bias) else True,
        **fields,
    )


@_one_size
def RNN(hidden_size, *, num_layers=1, nonlinearity=None, bias=True, **fields):
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


@_one_size
def LSTM(hidden_size, *, num_layers=1, bias=True, **fields):
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


@_one_size
def GRU(hidden_size, *, num_layers=1, bias=True, **fields):
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


@_one_size
def MinGRU(hidden_size, *, num_layers=1, bias=True, **fields):
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


@_one_size
def MinLSTM(hidden_size, *, num_layers=1, bias=True, **fields):
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


@_one_size
def IndRNN(hidden_size, *, num_layers=1, nonlinearity=None, bias=True, **fields):
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


@_one_size
def LiGRU(hidden_size, *, num_layers=1, bias=True, **fields):
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

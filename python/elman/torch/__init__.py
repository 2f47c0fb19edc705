"""torch's recurrent layers on the CPU, computed by elman.

Two ways, over one operator: classes that stand for torch's (`elman.torch.LSTM`),
and a switch (`install`, or `with use():`) by which torch's own modules, those of
others, TorchScript and exported programs run on elman.
"""

from elman.torch import _engine, _operator
from elman.torch._modules import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from elman.torch._switch import install, installed, uninstall, use

__all__ = [
    "GRU", "GRUCell", "LSTM", "LSTMCell", "RNN", "RNNCell", "clear", "install",
    "installed", "stats", "uninstall", "use",
]  # fmt: skip


def stats(reset=False):
    """Passes so far by who computed them: {("elman", "lstm"): 3, ("torch",
    "float64"): 1}; what torch computed is there with the reason."""
    return _operator.counts(reset)


def clear():
    """Gives the memory back that engines hold for later passes."""
    _engine.clear()

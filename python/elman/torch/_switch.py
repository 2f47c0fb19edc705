"""The switch: torch's own operators on the CPU, computed by elman.

The operators of `torch.nn.RNN`, `LSTM`, `GRU` and their cells are composite
ones of torch's dispatcher. Here they get an implementation for the CPU, which
takes the calls it can do and hands all others to torch's. The forward of torch's
own layers asks the extension before that, which saves 10 us a call.
"""

import contextlib
import functools
import threading

import torch

from elman.torch import _modules
from elman.torch import _operator as op
from elman.torch._engine import GATES

_KEYS = ("CPU", "AutogradCPU")
_lock = threading.RLock()
_library = None
_forwards = []  # of torch's layers, as they were
_depth = 0  # of `use` blocks
_installed = False  # by `install`


def implementations():
    """Every operator that is taken over: (name, function)."""
    for kind in GATES:
        for overload, function in (("input", op.layer), ("data", op.packed)):
            torchs = functools.partial(op.back, kind, overload)
            yield f"{kind}.{overload}", functools.partial(function, kind, torchs)
        torchs = functools.partial(op.back, f"{kind}_cell", "default")
        yield f"{kind}_cell", functools.partial(op.cell, kind, torchs)


def _begin():
    global _library
    if _library is not None:
        return
    library = torch.library.Library("aten", "IMPL")
    try:
        for name, function in implementations():
            for key in _KEYS:
                library.impl(name, function, key)
    except BaseException:
        library._destroy()
        raise
    for base, forward in _modules.forwards():
        _forwards.append((base, base.forward, forward))
        base.forward = forward
    _library = library


def _end():
    global _library
    if _library is not None and not _installed and not _depth:
        _library._destroy()
        _library = None
        for base, torchs, ours in _forwards:
            if base.forward is ours:
                base.forward = torchs
        _forwards.clear()


def install():
    """From now on torch's recurrent operators on the CPU are elman's, in the
    whole process; `uninstall` ends it."""
    global _installed
    with _lock:
        _begin()
        _installed = True


def uninstall():
    """torch's operators are torch's again, once no `use` block is left."""
    global _installed
    with _lock:
        _installed = False
        _end()


@contextlib.contextmanager
def use():
    """In this block torch's recurrent operators on the CPU are elman's, for all
    threads of the process.

    >>> with use():
    ...     y, h = torch.nn.GRU(3, 4)(torch.zeros(5, 2, 3))
    """
    global _depth
    with _lock:
        _begin()
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            _end()


def installed():
    """Whether the operators are elman's now."""
    return _library is not None

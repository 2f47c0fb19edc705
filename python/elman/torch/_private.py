"""Every name of torch's that is not a public one, in one place."""

import contextlib
import re
import weakref

import torch

from elman import _core
from elman.torch._engine import GATES

with contextlib.suppress(ImportError):  # then it is missing below
    import torch.utils._device

OLDEST = (2, 2)  # of torch; older ones have not been tried

# what is used, as it is reached from the module torch
_NAMES = (
    *(f"_VF.{kind}{cell}" for kind in GATES for cell in ("", "_cell")),
    *(f"ops.aten.{kind}.{overload}._op_dk" for kind in GATES for overload in ("input", "data")),
    *(f"ops.aten.{kind}_cell.default._op_dk" for kind in GATES),
    "_C._autograd",
    "_C._functorch.peek_interpreter_stack",
    "_C._get_tracing_state",
    "_C._len_torch_dispatch_stack",
    "_C._len_torch_function_stack",
    "_C.DispatchKey.CompositeImplicitAutograd",
    "autograd.forward_ad._current_level",
    "library.Library._destroy",
    "library.Library.impl",
    "nn.modules.rnn._VF",
    "overrides._get_current_function_mode_stack",
    "utils._device.DeviceContext",
)


def _reach(path):
    """What a path of names leads to from the module torch, or None."""
    at = torch
    for name in path.split("."):
        at = getattr(at, name, None)
        if at is None:
            return None
    return at


def missing():
    """The names that this torch does not have."""
    found = [f"torch.{path}" for path in _NAMES if _reach(path) is None]

    # engines live as long as the memory of their weights
    weight = torch.zeros(1)
    storage = weakref.ref(weight.untyped_storage())
    if storage() is None:
        found.append("storages that keep their Python object")
    return found


def check():
    """Refuses a torch that is too old, or in which a name is gone."""
    oldest = ".".join(map(str, OLDEST))
    numbers = re.findall(r"\d+", torch.__version__)[:2]
    if tuple(map(int, numbers)) < OLDEST:
        raise _core.Error(
            f"elman.torch is for torch {oldest} and later, this is {torch.__version__}: "
            "install a later one, or use elman.Model"
        )
    gone = missing()
    if gone:
        raise _core.Error(
            f"elman.torch cannot work with torch {torch.__version__}, which lacks "
            f"{', '.join(gone)}: install a version that docs/PYTHON.md names, or "
            "use elman.Model"
        )


check()

DispatchKey = torch._C.DispatchKey


def _autocasts():
    return torch.is_autocast_enabled("cpu")


_any_autocast = _reach("_C._is_any_autocast_enabled")
if _any_autocast is None:  # before torch 2.4
    _any_autocast = getattr(torch, "is_autocast_cpu_enabled", _autocasts)


def _function_modes():
    """Whether a torch function mode is on that may change what is computed."""
    if not torch._C._len_torch_function_stack():
        return False
    modes = torch.overrides._get_current_function_mode_stack()
    return any(type(mode) is not torch.utils._device.DeviceContext for mode in modes)


# each is false where torch runs as it mostly does; with the word for `stats`
GUARDS = {
    "autocast": _any_autocast,
    "functorch": torch._C._functorch.peek_interpreter_stack,
    "tracing": torch._C._get_tracing_state,
    "dispatch mode": torch._C._len_torch_dispatch_stack,
    "function mode": _function_modes,
}
forward_ad = vars(torch.autograd.forward_ad)

_keeps = _reach("_C._autograd._get_current_graph_task_keep_graph")


def keeps_graph():
    """Whether the backward that runs now keeps its graph (retain_graph)."""
    return True if _keeps is None else _keeps()


_compiling = _reach("compiler.is_compiling")
if _compiling is None:  # before torch 2.3
    _compiling = _reach("_utils.is_compiling") or bool


def compiling():
    """Whether torch.compile or torch.export traces now."""
    return _compiling()


def not_compiled(function):
    """Marks a function that torch.compile is to run as it is, with all that it
    calls; a torch that lacks the mark compiles what it can. The function."""
    eval_frame = _reach("_C._dynamo.eval_frame")
    code = function.__code__
    if hasattr(eval_frame, "set_code_exec_strategy"):
        skip = eval_frame._FrameAction.SKIP
        strategy = eval_frame._FrameExecStrategy(skip, skip)
        eval_frame.set_code_exec_strategy(code, strategy)
    elif hasattr(eval_frame, "skip_code"):  # before torch 2.8
        eval_frame.skip_code(code)
    return function

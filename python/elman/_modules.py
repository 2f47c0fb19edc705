"""What a live module of PyTorch computes, beside what its weights make."""

import sys

import numpy as np

_B, _T = 2, 5
_CLOSE = {"rtol": 1e-3, "atol": 1e-4}


def difference(module, model):
    """In words, how the outputs of a module and of the model of its weights differ.

    The module runs once on a small input, without gradients and as for
    inference; its random numbers are not drawn from.

    Parameters
    ----------
    module : torch.nn.Module
    model : Model
        Which takes steps and sequences in the module's order.

    Returns
    -------
    str or None
        None where they agree, or where the module takes something else than one
        input, so that nothing can be compared.
    """
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(module, torch.nn.Module):
        return None
    x = _input(model)
    wanted = _run(torch, module, x)
    if wanted is None:
        return None

    got = model(x)
    if wanted.shape != got.shape:
        return f"an output of {wanted.shape} where the model of its weights gives {got.shape}"
    if not np.allclose(wanted, got, equal_nan=True, **_CLOSE):
        far = float(np.max(np.abs(wanted - got)))
        return f"other numbers than the model of its weights, by up to {far:.3g}"
    return None


def _input(model):
    """Random steps, or tokens, in either order: of (2,5) no axis is the other."""
    draw = np.random.default_rng(1)
    info = model.info
    if info["vocabulary"]:
        return draw.integers(0, info["vocabulary"], (_B, _T))
    return draw.standard_normal((_B, _T, info["input_size"]), np.float32)


def _run(torch, module, x):
    """The module's output, or the first of several; None if it cannot run."""
    training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        with torch.no_grad():
            y = module(torch.as_tensor(x))
    except Exception:  # it is anybody's code
        return None
    finally:
        for part in training:
            part.training = True
    while isinstance(y, (tuple, list)) and y:
        y = y[0]
    if not isinstance(y, torch.Tensor) or y.device.type != "cpu":
        return None
    return y.detach().to(torch.float32).numpy()

"""Which torch elman.torch is for: one that is too old, or has lost a name that is
not public, is refused in a sentence.
"""

import os
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")

import elman  # noqa: E402
import elman.torch as et  # noqa: E402, F401


def private_names():
    from elman.torch import _private

    return _private._NAMES


@pytest.mark.parametrize("path", private_names())
def test_a_torch_without_a_private_name_is_refused_in_a_sentence(path, monkeypatch):
    from elman.torch import _private

    assert not _private.missing()
    _private.check()

    class Without:
        """An object of which one name is gone."""

        def __init__(self, of, names):
            self._of, self._name = of, names[0]
            self._inner = Without(getattr(of, names[0]), names[1:]) if names[1:] else None

        def __getattr__(self, name):
            if name != self._name:
                return getattr(self._of, name)
            if self._inner is None:
                raise AttributeError(name)
            return self._inner

    monkeypatch.setattr(_private, "torch", Without(torch, path.split(".")))
    with pytest.raises(elman.Error) as caught:
        _private.check()
    assert f"torch {torch.__version__}, which lacks torch.{path}: install a version" in str(
        caught.value
    )


@pytest.mark.parametrize("version", ["1.13.1", "2.1.2+cu121", "2.0", "2.1.0a0"])
def test_a_torch_that_is_too_old_is_refused_in_a_sentence(version, monkeypatch):
    from elman.torch import _private

    monkeypatch.setattr(torch, "__version__", version)
    with pytest.raises(elman.Error) as caught:
        _private.check()
    assert str(caught.value) == (
        f"elman.torch is for torch 2.2 and later, this is {version}: install a later one, "
        "or use elman.Model"
    )
    for later in ("2.2.0", "2.10.1+cpu", "3.0", "2.16.0a0+git1"):
        monkeypatch.setattr(torch, "__version__", later)
        _private.check()


def test_a_torch_that_is_refused_leaves_no_half_of_the_package():
    script = """
import torch, elman
torch.__version__ = "2.1.0"
for _ in range(2):
    try:
        import elman.torch
    except elman.Error as error:
        print(error)
    assert "elman.torch" not in __import__("sys").modules
torch.nn.LSTM(2, 3)(torch.zeros(4, 1, 2))
"""
    names = {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=names)
    assert found.returncode == 0, found.stderr
    assert found.stdout.count("is for torch 2.2 and later, this is 2.1.0") == 2

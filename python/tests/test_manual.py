"""The examples of docs/PYTHON.md, in the order of the page."""

import doctest
import importlib.util
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/PYTHON.md"
NEEDS = {"sklearn": "sklearn", "torch": "torch", ".plot(": "matplotlib",
         "hub": "huggingface_hub", "aeon": "aeon", "sktime": "sktime"}  # fmt: skip


def blocks():
    """(line, text) of every block with examples."""
    text = PAGE.read_text()
    for found in re.finditer(r"^```python\n(.*?)^```$", text, re.M | re.S):
        if ">>>" in found[1]:
            yield text.count("\n", 0, found.start(1)), found[1]


def lacks(block):
    """What an example needs and is not installed."""
    imports = "\n".join(re.findall(r">>> (?:import|from) .*|.*\.plot\(.*", block))
    return [m for word, m in NEEDS.items() if word in imports
            and importlib.util.find_spec(m) is None]  # fmt: skip


@pytest.mark.skipif(not PAGE.exists(), reason="not in the source tree")
def test_the_examples_of_the_manual_hold(tmp_path, monkeypatch):
    for name in ("examples", "include", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    if importlib.util.find_spec("matplotlib"):
        importlib.import_module("matplotlib").use("agg")
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    names, said = {}, []
    for line, block in blocks():
        if lacks(block):
            continue
        test = doctest.DocTestParser().get_doctest(block, names, PAGE.name, str(PAGE), line)
        runner.run(test, out=said.append, clear_globs=False)
        names = test.globs
    assert not runner.failures, "".join(said)
    assert runner.tries > 60

"""What README.md shows of Python is true, to the last digit.

Each ```python block is run in a process and a folder of its own, in which the
project's folders can be read; a ```text block right behind it is what it prints.
"""

import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\s*^```text\n(.*?)^```\n)?", re.M | re.S)
BLOCKS = BLOCK.findall(PAGE.read_text()) if PAGE.exists() else []


def environment():
    """That of a script which finds the same modules, and shows no window."""
    paths = os.pathsep.join(os.path.abspath(p) for p in sys.path if p)
    return {**os.environ, "PYTHONPATH": paths, "MPLBACKEND": "agg"}


def test_the_page_has_its_examples():
    assert not PAGE.exists() or len(BLOCKS) >= 3


@pytest.mark.parametrize("code, output", BLOCKS)
def test_an_example_prints_what_the_page_says(code, output, tmp_path):
    if "import torch" in code:
        pytest.importorskip("torch")
    if ".plot()" in code:
        pytest.importorskip("matplotlib")
    for name in ("examples", "include", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(),
        capture_output=True, text=True,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert found.stdout == output
    for figure in re.findall(r'savefig\("([\w.]+)"', code):
        assert (tmp_path / figure).read_bytes().startswith(b"\x89PNG")

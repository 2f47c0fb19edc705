"""What README.md shows of Python is true, to the last digit.

The ```python blocks are run in a folder of their own, in which the project's
folders can be read, those with torch in one process, the others in another; a
```text block right behind one is what it prints.
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


CHILD = """
import sys

for code in sys.stdin.read().split("\\0"):
    exec(code, {"__name__": "__main__"})
    print("\\0", end="")
    if "elman.torch" in sys.modules:
        sys.modules["elman.torch"].uninstall()
"""


@pytest.mark.parametrize("package", ["matplotlib", "torch"])
def test_examples_print_what_the_page_says(package, tmp_path):
    pytest.importorskip(package)
    blocks = [b for b in BLOCKS if ("import torch" in b[0]) == (package == "torch")]
    for name in ("examples", "include", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    found = subprocess.run(
        [sys.executable, "-c", CHILD], cwd=tmp_path, env=environment(), text=True,
        input="\0".join(code for code, _ in blocks), capture_output=True,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    # whether torch's bits change with the batch is a matter of its kernels
    printed = found.stdout.replace("torch True\n", "torch False\n").split("\0")[:-1]
    assert printed == [output for _, output in blocks]
    for figure in re.findall(r'savefig\("([\w.]+)"', "".join(code for code, _ in blocks)):
        assert (tmp_path / figure).read_bytes().startswith(b"\x89PNG")

"""The notebooks of examples/notebooks run, and print what they show.

With Jupyter in its kernel, without it cell by cell: what a notebook says in words
its cells assert.
"""

import contextlib
import io
import json
import os
import pathlib
import re
import sys

import pytest

import elman

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "examples/notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

# these read files of the sources, which change: their numbers do as well
CHANGING = {"characters"}


def code_of(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def printed(cell):
    """What a cell printed, as the notebook keeps it."""
    streams = [o for o in cell["outputs"] if o["output_type"] == "stream"]
    return "".join("".join(o["text"]) for o in streams if o["name"] == "stdout")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs_and_prints_what_it_shows(path, monkeypatch):
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    monkeypatch.chdir(FOLDER)
    names = {"__name__": "__main__"}
    for n, cell in enumerate(code_of(json.loads(path.read_text()))):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile("".join(cell["source"]), f"{path.name}, cell {n}", "exec"), names)
        plt.close("all")
        if path.stem not in CHANGING:
            assert out.getvalue() == printed(cell), n


def test_a_notebook_runs_in_jupyter(monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("matplotlib")
    if not NOTEBOOKS:
        pytest.skip("not in the source tree")
    paths = [str(pathlib.Path(elman.__file__).parents[1]), *filter(None, sys.path)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    notebook = nbformat.read(FOLDER / "series.ipynb", as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(FOLDER)}}
    ).execute()
    kinds = {o["output_type"] for c in code_of(notebook) for o in c["outputs"]}
    assert "error" not in kinds and "display_data" in kinds


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_small_and_of_no_one_machine(path):
    text = path.read_text()
    assert len(text) < 250_000
    notebook = json.loads(text)
    kept = [o for c in code_of(notebook) for o in c["outputs"] if "data" not in o]
    assert not re.search(r"/(?:tmp|home|root|usr)/", json.dumps(kept))
    assert all(o["output_type"] == "stream" and o["name"] == "stdout" for o in kept)
    assert all(cell["outputs"] or "assert" in "".join(cell["source"]) or n == 0
               for n, cell in enumerate(code_of(notebook)))  # fmt: skip

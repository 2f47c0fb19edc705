"""explain_browser.py ELMAN: the page of `elman explain` in a headless browser:
drawn without a network, with the numbers of --json at every place.

Exits with 77 where there is no Chromium.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ELMAN = pathlib.Path(sys.argv[1]).resolve()
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
if not CHROMIUM:
    print("no chromium here")
    sys.exit(77)


def short(value):
    """A number as the page writes it."""
    if value and abs(value) < 1e-4:
        return re.sub(r"e([+-])0*", r"e\1", f"{value:.3e}")
    return f"{float(f'{value:.4g}' if abs(value) < 1 else f'{value:.4f}'):g}"


def dump(page, place, folder):
    """The page's document after its script has run."""
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu",
         "--proxy-server=127.0.0.1:9", f"--user-data-dir={folder}/profile",
         "--enable-logging=stderr", "--dump-dom",
         f"file://{page}#{place}"],
        capture_output=True, text=True, timeout=120)
    errors = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not errors, errors
    return done.stdout


def check(cell, folder):
    page = folder / f"{cell}.html"
    options = [cell, "--steps", "2", "--check"]
    subprocess.run([ELMAN, "explain", *options, "-q", "-o", page], check=True)
    data = json.loads(subprocess.run(
        [ELMAN, "explain", *options, "--json"], check=True, text=True,
        capture_output=True).stdout)
    values, boxes = data["values"], len(data["forward"])

    # forward and backward, step 1: a box for each equation, with its number
    for place, name, word in ((1, "h", "Forward, step 1"),
                              (3, "dh", "Backward, step 1")):
        text = dump(page, place, folder)
        assert f">{word}</h2>" in text, (cell, place)
        assert text.count('class="under"') >= boxes, (cell, place)
        shown = short(values[name][1][0])
        assert f">{shown}</text>" in text, (cell, name, shown)

    # the sums of all weights
    text = dump(page, 5, folder)
    for weight in data["weights"]:
        assert f"d{weight['name']} = the sum" in text, weight["name"]
        assert f"<b>{short(weight['gradient'][0])}</b>" in text, weight["name"]


with tempfile.TemporaryDirectory() as name:
    for kind in ("lstm", "gru"):
        check(kind, pathlib.Path(name))
    print("the pages show their numbers")

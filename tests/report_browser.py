#!/usr/bin/python3
"""report_browser.py MAKE_PAGE ELMAN [SHOTS]: the report page in a headless
Chromium.

Every chart and map is there and has data; what the read-out says under the
pointer and the arrow keys is the value that make_page put in; the slider
works; nothing is logged and nothing is fetched; 1000 x 1000 cells are one
image, and how long it took is told. The same of pages that ELMAN writes of
networks that it has just trained. With a folder SHOTS, pictures of the pages
at three widths, dark and as printed go there. Exit status 77: no Chromium,
chromedriver or selenium here.
"""
import base64
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    print("no selenium here (python3-selenium)")
    sys.exit(77)

CHARTS = """return [...document.querySelectorAll('figure.chart')].map(f => ({
    title: f.querySelector('h4')?.textContent ?? '',
    label: f.querySelector('svg').getAttribute('aria-label'),
    rows: f.querySelectorAll('tbody tr').length,
    marks: [...f.querySelectorAll('svg .line, svg .dot, svg .bar, svg .only')]
        .filter(m => m.getTotalLength() > 0).length}))"""
MAPS = """return [...document.querySelectorAll('figure.map')].map(f => ({
    title: f.querySelector('h4').textContent,
    label: f.querySelector('canvas').getAttribute('aria-label'),
    images: f.querySelectorAll('canvas').length,
    children: f.querySelectorAll('*').length,
    width: f.querySelector('canvas').width,
    height: f.querySelector('canvas').height,
    ms: Number(f.dataset.drawMs),
    rows: f.querySelectorAll('tbody tr').length,
    colours: new Set(new Uint32Array(f.querySelector('canvas').getContext('2d')
        .getImageData(0, 0, f.querySelector('canvas').width,
            Math.min(f.querySelector('canvas').height, 400)).data.buffer)).size
    }))"""


ROOT = pathlib.Path(__file__).resolve().parent.parent


class Fault(Exception):
    pass


def check(condition, words):
    if not condition:
        raise Fault(words)


def open_browser():
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    chromedriver = shutil.which("chromedriver")
    if not chromium or not chromedriver:
        print("no chromium or chromedriver here")
        sys.exit(77)
    options = Options()
    options.binary_location = chromium
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu",
                     "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--window-size=1280,900"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs",
                           {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(service=Service(chromedriver), options=options)


class Page:
    """A page made by make_page, opened from its file."""

    def __init__(self, browser, make, folder, kind):
        self.browser = browser
        self.path = folder / f"{kind}.html"
        make(kind, self.path)
        browser.get_log("performance")
        browser.get(self.path.as_uri())
        self.wait()

    def wait(self):
        for _ in range(100):
            if self.run("return document.documentElement.dataset.ready"):
                return
            time.sleep(0.1)
        raise Fault("the script did not come to its end")

    def run(self, script, *values):
        return self.browser.execute_script(script, *values)

    def figure(self, title):
        for figure in self.browser.find_elements(By.CSS_SELECTOR, "figure"):
            heads = figure.find_elements(By.TAG_NAME, "h4")
            if heads and heads[0].text == title:
                return figure
        raise Fault(f"no figure '{title}'")

    def read(self, figure):
        return self.run("return arguments[0].querySelector('.read')"
                        ".textContent", figure)

    def point(self, figure, selector, x, y):
        """Moves the pointer to a part of an element, from 0 to 1."""
        target = figure.find_element(By.CSS_SELECTOR, selector)
        self.run("arguments[0].scrollIntoView({block: 'center'})", target)
        box = target.rect
        ActionChains(self.browser).move_to_element_with_offset(
            target, int((x - 0.5) * box["width"]),
            int((y - 0.5) * box["height"])).perform()
        return self.read(figure)

    def check_quiet(self):
        # that this test reads the canvas back is no fault of the page
        logged = [entry for entry in self.browser.get_log("browser")
                  if "willReadFrequently" not in entry["message"]]
        check(not logged, f"the console has {logged}")
        for entry in self.browser.get_log("performance"):
            found = re.search(r'"requestWillBeSent".*?"url":"(.*?)"',
                              entry["message"])
            check(not found or found.group(1).startswith("file:")
                  and found.group(1).endswith(self.path.name),
                  f"a request left the page: {found and found.group(1)}")
        entries = self.run("return performance.getEntriesByType('resource')"
                           ".map(e => e.name)")
        check(not entries, f"the page fetched {entries}")

    def check_figures(self, charts, maps):
        have = self.run(CHARTS)
        check(len(have) >= charts, f"{len(have)} charts, not {charts}")
        for chart in have:
            check(chart["label"] and len(chart["label"]) > 10,
                  f"no sentence for {chart}")
            check(chart["rows"] > 0 and chart["marks"] > 0, f"empty: {chart}")
        have = self.run(MAPS)
        check(len(have) == maps, f"{len(have)} maps, not {maps}")
        for found in have:
            check(found["images"] == 1, f"{found['images']} images: {found}")
            check(found["label"].startswith("Heat map"), f"label of {found}")
            check(found["rows"] > 0 and found["colours"] > 2,
                  f"empty: {found}")
        return have

    def check_width(self):
        wide = self.run("return [document.documentElement.scrollWidth, "
                        "innerWidth]")
        check(wide[0] <= wide[1], f"wider than the window: {wide}")


def norm(t, s, k):
    """sample_norm of tests/report/sample.h."""
    rate = [0.955, 0.985, 0.98, 0.9][k]
    return (0.6 * rate ** (t - s)
            * (1 + 0.5 * math.sin(s / 9) * math.cos(t / 23)))


def check_reading(text, t, s, k):
    found = re.fullmatch(r"Answer at step (\d+), state of step (\d+): "
                         r"norm (\S+)", text)
    check(found, f"the read-out says '{text}'")
    check((int(found.group(1)), int(found.group(2))) == (t, s),
          f"'{text}' is not about {t} and {s}")
    want = norm(t, s, k)
    check(abs(float(found.group(3)) - want) < 0.004 * want,
          f"'{text}', but the value is {want}")


def check_flow(page, T):
    figure = page.figure("Gradient of each step\u2019s answer at each "
                         "earlier state")
    for t, s in [(T // 2, T // 4), (T - 2, 5), (T - 4, T - 9)]:
        text = page.point(figure, ".cells", (s + 0.5) / T, (t + 0.5) / T)
        found = [int(n) for n in re.findall(r"step (\d+)", text)]
        check(abs(found[0] - t) <= T / 150 and abs(found[1] - s) <= T / 150,
              f"'{text}' at {t}, {s}")
        check_reading(text, found[0], found[1], 0)
    text = page.point(figure, ".cells", 0.9, 0.1)
    check("nothing" in text, f"'{text}' where no gradient flows")

    # arrow keys: from the pointer's last place, in steps of one and ten
    canvas = figure.find_element(By.TAG_NAME, "canvas")
    page.run("arguments[0].focus()", canvas)
    row = int(page.run("return arguments[0].querySelector('input').value",
                       figure))
    check(row == T - 1, f"row {row} is chosen at first")
    canvas.send_keys(Keys.ARROW_UP, Keys.SHIFT + Keys.ARROW_UP + Keys.NULL)
    canvas.send_keys(Keys.ARROW_LEFT)
    text = page.read(figure)
    check_reading(text, T - 12, int(re.findall(r"step (\d+)", text)[1]), 0)

    # the slider chooses the row, and its curve
    slider = figure.find_element(By.CSS_SELECTOR, "input")
    before = page.run("return arguments[0].querySelector('.curve .line')"
                      ".getAttribute('d')", figure)
    slider.send_keys(Keys.HOME, *[Keys.ARROW_RIGHT] * 20)
    check(figure.find_element(By.TAG_NAME, "output").text == "20",
          "the slider's row")
    after = page.run("return arguments[0].querySelector('.curve .line')"
                     ".getAttribute('d')", figure)
    check(before != after and after.count("L") == 20,
          f"the curve of row 20 has {after.count('L')} parts")
    return figure


def check_choice(page, figure, T):
    """Another path of the gradient has other values."""
    select = figure.find_element(By.TAG_NAME, "select")
    names = [option.text for option in
             select.find_elements(By.TAG_NAME, "option")]
    check(len(names) == 4, f"{names} to choose from")
    select.find_elements(By.TAG_NAME, "option")[2].click()
    text = page.point(figure, ".cells", 0.2, 0.8)
    t, s = [int(n) for n in re.findall(r"step (\d+)", text)]
    check_reading(text, t, s, 2)


def check_chart(page):
    figure = page.figure("Truncated against exact gradient")
    text = page.point(figure, "svg", 0.5, 0.5)
    found = re.fullmatch(r"steps of the window (\S+): cosine (\S+), norm ratio "
                         r"(\S+)", text)
    check(found, f"the chart says '{text}'")
    steps = float(found.group(1))
    check(abs(float(found.group(2)) - (1 - 1.2 / steps)) < 1e-3,
          f"'{text}' is wrong")

    picture = figure.find_element(By.TAG_NAME, "svg")
    page.run("arguments[0].focus()", picture)
    picture.send_keys(Keys.HOME)
    check(page.read(figure).startswith("steps of the window 8:"),
          f"the first is '{page.read(figure)}'")
    picture.send_keys(Keys.ARROW_RIGHT)
    check(page.read(figure).startswith("steps of the window 16:"),
          f"the second is '{page.read(figure)}'")


def check_units(page):
    figure = page.figure("Every unit at every step")
    colours = """return [...document.querySelectorAll('#units-text-0 b')].map(
        b => [b.className, b.style.getPropertyValue('--v')].join(' '))"""
    before = page.run(colours)
    check(len(before) == 300 and len(set(before)) > 20, "a text of one colour")
    page.browser.find_element(By.CSS_SELECTOR, "button[data-row='9']").click()
    after = page.run(colours)
    check(figure.find_element(By.TAG_NAME, "output").text == "9", "the unit")
    check(before != after, "the text keeps its colours")
    text = page.read(figure)
    found = re.fullmatch(r"Unit 9, step (\d+) \u201c.*\u201d: h (\S+)", text,
                         re.S)
    check(found, f"the read-out says '{text}'")
    step = int(found.group(1))
    want = 0.9 * math.sin(step / (2 + 9) + 9)
    check(abs(float(found.group(2)) - want) < 1e-3, f"'{text}', not {want}")


def check_language(page):
    page.check_figures(charts=20, maps=5)
    check(page.path.stat().st_size < 3e6,
          f"{page.path.stat().st_size} bytes for an LSTM-256, 300 steps")
    figure = check_flow(page, 300)
    check_choice(page, figure, 300)
    check_chart(page)
    check_units(page)
    check_dark(page)
    check(page.run("return document.querySelector('.tokens').innerText")
          .startswith("/* tree.h"), "the text")
    print(f"language: {page.path.stat().st_size / 1e6:.2f} MB")


def check_large(page):
    found = page.check_figures(charts=1, maps=1)[0]
    check((found["width"], found["height"]) == (1000, 1000), f"{found}")
    check(found["children"] < 400, f"{found['children']} elements for a map")
    check_flow(page, 1000)
    print(f"1000 x 1000: {found['ms']} ms, "
          f"{page.path.stat().st_size / 1e6:.2f} MB")
    check(found["ms"] < 2000, f"{found['ms']} ms")


def check_series(page):
    page.check_figures(charts=5, maps=3)


def check_runs(page):
    page.check_figures(charts=7, maps=0)


def corner(page, figure):
    return page.run("return [...arguments[0].querySelector('canvas')"
                    ".getContext('2d').getImageData(0, 0, 300, 1).data]",
                    figure)


def check_dark(page):
    """Signed maps are drawn again in the dark, and light for a printer."""
    figure = page.figure("Every unit at every step")
    light = corner(page, figure)
    emulate(page.browser, 1280, dark=True)
    dark = corner(page, figure)
    page.run("dispatchEvent(new Event('beforeprint'))")
    printed = corner(page, figure)
    page.run("dispatchEvent(new Event('afterprint'))")
    check(light != dark, "the map is the same in the dark")
    check(printed == light, "what is printed is dark")
    check(corner(page, figure) == dark, "the map stays light after printing")
    emulate(page.browser, 1280)


# ---- Pages of real networks ----

def trainer(elman, folder):
    """Trains a small network on what the repository has; a maker of pages."""
    def make(kind, path):
        model = folder / f"{kind}.safetensors"
        data, options = {
            "real-waves": ("examples/waves_TRAIN.tsv", ["--epochs=3"]),
            "real-orders": ("examples/orders.csv",
                            ["--horizon=6", "--epochs=5"]),
            "real-text": ("examples/text.c", ["--epochs=3", "--hidden=24"]),
        }[kind]
        data = ROOT / data
        if kind == "real-text":
            copy = folder / "text.txt"
            copy.write_bytes(data.read_bytes() * 4)
            data = copy
        for command in [["train", data, "-o", model, *options],
                        ["inspect", model, data, "-o", path]]:
            done = subprocess.run([elman, *command, "--quiet"], text=True,
                                  capture_output=True)
            check(done.returncode == 0, f"{command[0]}: {done.stderr}")
    return make


def check_real(page):
    maps = len(page.run(MAPS))
    check(maps >= 1, "no map of a real network")
    page.check_figures(charts=6, maps=maps)
    for text in ("NaN", "undefined", "@t", "@u", "@n", "(null)"):
        check(text not in page.run("return document.body.innerText"),
              f"the page says '{text}'")


def check_figure(browser, maker, folder):
    path = folder / "figure.svg"
    subprocess.run([maker, "figure", path], check=True)
    browser.get(path.as_uri())
    lines = browser.execute_script(
        "return [...document.querySelectorAll('.line')].map(l => "
        "l.getTotalLength())")
    check(len(lines) == 2 and min(lines) > 100, f"lines {lines}")
    check(not browser.get_log("browser"), "the console")


# ---- Pictures for a person ----

def emulate(browser, width, dark=False, printed=False):
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "media": "print" if printed else "screen",
        "features": [{"name": "prefers-color-scheme",
                      "value": "dark" if dark else "light"}]})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 900, "deviceScaleFactor": 1,
        "mobile": False})
    time.sleep(0.3)


def take(page, name, folder, width, dark=False, printed=False):
    browser = page.browser
    emulate(browser, width, dark, printed)
    page.check_width()
    if not folder:
        return
    height = page.run("return document.documentElement.scrollHeight")
    for i, top in enumerate(range(0, height, 1600)):
        shot = browser.execute_cdp_cmd("Page.captureScreenshot", {
            "captureBeyondViewport": True,
            "clip": {"x": 0, "y": top, "width": width,
                     "height": min(1600, height - top), "scale": 1}})
        (folder / f"{page.path.stem}-{name}-{i:02}.png").write_bytes(
            base64.b64decode(shot["data"]))


def look(page, folder):
    for width in (380, 800, 1280):
        take(page, str(width), folder, width)
    take(page, "dark", folder, 1280, dark=True)
    take(page, "print", folder, 800, printed=True)


def main():
    maker, elman = sys.argv[1:3]
    shots = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
    if shots:
        shots.mkdir(parents=True, exist_ok=True)
    kinds = {"language": check_language, "large": check_large,
             "forecast": check_series, "regress": check_series,
             "classify": check_series, "runs": check_runs,
             "empty": lambda page: page.check_figures(0, 0),
             "real-waves": check_real, "real-orders": check_real,
             "real-text": check_real}
    browser = open_browser()
    faults = 0
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            train = trainer(elman, folder)

            def make(kind, path):
                subprocess.run([maker, kind, path], check=True)
            for kind, checks in kinds.items():
                emulate(browser, 1280)
                try:
                    page = Page(browser, train if kind.startswith("real")
                                else make, folder, kind)
                    checks(page)
                    look(page, shots)
                    page.check_quiet()
                except Fault as fault:
                    print(f"{kind}: {fault}")
                    faults += 1
            check_figure(browser, maker, folder)
    finally:
        browser.quit()
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

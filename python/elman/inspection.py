"""What happens inside: gradients through time, gates, dynamics, answers.

`model.inspect(x)` gives an `Inspector`; each of its methods measures one thing
and gives arrays, with `plot()` for a figure. `model.inspect(dataset)` measures
all of it, says in sentences what it means, and writes the page.
"""

import os

from elman import _batch, _core, _files
from elman._sentences import spoken
from elman.eigenvalues import judge, spectrum
from elman.inspector import Inspector
from elman.measurement import Measurement


def _loss_of(model, data):
    """The loss that a model was trained by, or that of its data."""
    word = (model.note("loss") or "").replace("-", "_")
    word = {"bce": "binary_cross_entropy"}.get(word, word)
    if data.encoding["task"] not in ("forecast", "regress", "track"):
        return "cross_entropy"
    return word if word in ("mse", "mae", "huber", "binary_cross_entropy") else "mse"


class Inspection(_core.Inspection):
    """A model and its data, inspected: findings, sections, the page.

    Made by `Model.inspect` and `Inspector.all`. Printing it shows the findings.

    Parameters
    ----------
    model : Model
    data : Dataset, optional
        None: random input, and what needs targets is absent.
    **config
        As in `elman_inspection_config`.

    Attributes
    ----------
    findings : list of Measurement
        name, severity ("fine", "note", "alarm"), value, text, advice; the most
        important first.
    flow, gates, errors, truncation, units, spectrum, exponents, fixed_points,
    contributions : Measurement or None
        What was measured, as `Inspector` gives it.
    samples : list of Measurement
        Answers that were explained.
    """

    _SECTIONS = (
        "flow", "gates", "errors", "truncation", "units", "spectrum", "exponents",
        "fixed_points", "contributions",
    )  # fmt: skip

    def __new__(cls, model, data=None, **config):
        if isinstance(data, _core.Dataset) and data.encoding["labels"] is None:
            config.setdefault("loss", _loss_of(model, data))
        return super().__new__(cls, model, data, **config)

    def __init__(self, model, data=None, **config):
        results = self.results
        self._points = None  # as the page has them, where NumPy found more
        points = results["fixed_points"]
        if points is not None and points["absent"]:
            for index in range(points["count"]):
                judge(points, index, self.jacobian(index))
            points["absent"] = None
            self._points = [_of_point(row) for row in points["points"]]
        for name in self._SECTIONS:
            value = results[name]
            setattr(self, name, None if value is None else Measurement(name, value))
        self._matrices = None
        if self.spectrum is not None and self.spectrum.absent:
            self.spectrum = spectrum(model)
            self._matrices = [
                (m.real, m.imaginary, m.radius, m.norm) for m in self.spectrum.matrices
            ]
        self.samples = [Measurement("attribution", row) for row in results["samples"]]
        for row in results["findings"]:
            row["text"], row["advice"] = spoken(row["text"]), spoken(row["advice"])
        self.findings = [Measurement(None, row) for row in results["findings"]]
        self.inputs = [Measurement(None, row) for row in results["inputs"]]
        self.absences = [spoken(row["why"]) for row in results["absences"]]

    def report(self, path):
        """Writes the page of it: one HTML file that needs no network.

        Parameters
        ----------
        path : path
        """
        _files.check_page(path)
        sentences = [(finding.text, finding.advice) for finding in self.findings]
        self.save(path, sentences, self.absences, self._matrices, self._points)

    def __repr__(self):
        lines = []
        for finding in self.findings:
            lines.append(f"{finding.severity:5} {finding.text}")
            if finding.advice:
                lines.append(f"      {finding.advice}")
        return "\n".join(lines) or "Inspection(nothing found)"

    def _repr_html_(self):
        from html import escape

        rows = "".join(
            f"<tr><td>{f.severity}</td><td>{escape(f.text)}"
            + (f"<br><i>{escape(f.advice)}</i>" if f.advice else "")
            + "</td></tr>"
            for f in self.findings
        )
        return f"<table>{rows}</table>"


def _of_point(row):
    """What the page has of a fixed point, or None: as the library has it."""
    if row["real"] is None:
        return None
    return row["real"], row["imaginary"], row["radius"], row["unstable"], row["stable"]


def inspect(model, x=None, y=None, lengths=None, **config):
    """An Inspector of a batch, or an Inspection of data; see `Model.inspect`."""
    from elman.data import _is_frame
    from elman.predict import open_as

    is_path = isinstance(x, (str, os.PathLike))
    if (is_path or _is_frame(x)) and model.note("encoding"):
        if lengths is not None:
            raise _core.BadValueError("lengths are of arrays, and the data has its own")
        x, _ = open_as(model, x, y)
        y = None
        config.setdefault("part", "validation")
    elif is_path:
        x, y, lengths = (_batch.load(v, n) for v, n in ((x, "x"), (y, "y"), (lengths, "lengths")))
    if x is None or isinstance(x, _core.Dataset):
        if y is not None or lengths is not None:
            raise _core.BadValueError("y and lengths go with an array x, and a dataset has its own")
        return Inspection(model, x, **config)
    if config:
        raise _core.BadValueError(
            f"{sorted(config)[0]} is of the inspection of a dataset: of a batch it goes with "
            "all() or report()"
        )
    return Inspector(model, x, y, lengths)

"""What happens inside: gradients through time, gates, dynamics, answers.

`model.inspect(x)` gives an `Inspector`; each of its methods measures one thing
and gives arrays, with `plot()` for a figure. `model.inspect(dataset)` measures
all of it, says in sentences what it means, and writes the page.
"""

import operator
import os

import numpy as np

from elman import _batch, _core, _files
from elman._sentences import spoken


class Measurement:
    """Numbers of one measurement, by the names of elman_inspect.h.

    Arrays are NumPy's, structs and rows are measurements themselves.

    Parameters
    ----------
    kind : str or None
        What was measured, which decides its figure; None for a part.
    values : dict
        By name; they become attributes.

    Examples
    --------
    >>> gates = Model([GRU(4)], inputs=2).inspect(np.ones((1, 6, 2))).gates()
    >>> [gate.name for gate in gates.levels[0].gates]
    ['r', 'z', 'n']
    """

    def __init__(self, kind, values):
        self._kind = kind
        self._names = list(values)
        for name, value in values.items():
            if isinstance(value, dict):
                value = Measurement(None, value)
            elif isinstance(value, list) and value and isinstance(value[0], dict):
                value = [Measurement(None, row) for row in value]
            setattr(self, name, value)

    def plot(self, axes=None, **options):
        """The figure of it, by matplotlib.

        Parameters
        ----------
        axes : matplotlib axes or list of them, optional
            To draw on; None: new ones.
        **options
            Of the function of that name in `elman.plot`.

        Returns
        -------
        axes, or list of them where there are several panels
            `axes.figure.savefig(path)` keeps it.

        Raises
        ------
        TypeError
            If it is only a part of a measurement.
        ImportError
            Without matplotlib.
        """
        from elman import plot

        if self._kind is None or not hasattr(plot, self._kind):
            raise _core.BadValueError(
                f"a {self._kind or 'row'} has no figure: its numbers are all of it"
            )
        return getattr(plot, self._kind)(self, axes, **options)

    def asdict(self):
        """Names and values as plain dicts and lists, all the way down.

        Returns
        -------
        dict
        """

        def plain(value):
            if isinstance(value, Measurement):
                return value.asdict()
            if isinstance(value, list):
                return [plain(v) for v in value]
            return value

        return {name: plain(getattr(self, name)) for name in self._names}

    def __repr__(self):
        parts = []
        for name in self._names:
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                shape = " x ".join(map(str, value.shape))
                parts.append(f"{name}: {value.dtype} {shape}")
            elif isinstance(value, list):
                parts.append(f"{name}: {len(value)}")
            elif isinstance(value, Measurement):
                parts.append(f"{name}: ...")
            elif isinstance(value, float):
                parts.append(f"{name}: {value:.4g}")
            else:
                parts.append(f"{name}: {value}")
        return f"{self._kind or 'row'}({', '.join(parts)})"

    def _repr_html_(self):
        from elman import html

        values = [(name, getattr(self, name)) for name in self._names]
        return html.measurement(values, self._kind or "row")


class Inspector:
    """A model and a batch that is looked at; made by `Model.inspect`.

    Parameters
    ----------
    model : Model
    x : array (B,T,I) or (T,I), tokens (B,T) or (T), or list of arrays (T_b,I)
    y : array, optional
        Targets, for what is of a loss: integers are classes, else values; -100
        is a step without a class.
    lengths : array (B), optional
        Valid steps of each sequence.

    Raises
    ------
    BadValueError
        If something does not fit the model; the text says what.
    """

    def __init__(self, model, x, y=None, lengths=None):
        self.model = model
        self.x, self.target, self.loss, self.lengths = _batch.read(model, x, y, lengths)

    def _needs_target(self, what):
        if self.target is None:
            raise _core.BadValueError(
                f"{what} is of a loss: give its targets, as in model.inspect(x, y)"
            )
        return self.target, self.loss

    def flow(self, sequence=0, *, source="signs", output=0, threads=0):
        """Gradients from each step to each earlier one: maps of norms and the
        horizon, for each level.

        Parameters
        ----------
        sequence : int, optional
            Of the batch.
        source : str, optional
            "signs" on all outputs, "loss" of the targets, or one "output".
        output : int, optional
            Of source "output", from 0.
        threads : int, optional

        Returns
        -------
        Measurement
            levels, each with maps h, and c of an LSTM, (T,T): from step t to s;
            and a horizon: norms (T) by lag, half, tenth, hundredth, verdict.
        """
        target, loss = self._needs_target("this flow") if source == "loss" else (None, None)
        config = {
            "sequence": sequence, "source": source, "output": output,
            "threads": threads,
        }  # fmt: skip
        found = _core.flow(self.model, self.x, self.lengths, config, target, loss)
        return Measurement("flow", found)

    def contributions(self):
        """What each step adds to the gradient of each parameter.

        Returns
        -------
        Measurement
            parameters, each with shares (T), which add up to 1, and norms.

        Raises
        ------
        BadValueError
            Without targets.
        """
        target, loss = self._needs_target("a contribution")
        found = _core.contributions(self.model, self.x, self.lengths, target, loss)
        return Measurement("contributions", found)

    def truncation(self):
        """What shorter windows would lose of the gradient.

        Returns
        -------
        Measurement
            windows, each with steps, cosine and ratio to the whole gradient;
            enough: the steps of the shortest that serves.

        Raises
        ------
        BadValueError
            Without targets.
        """
        target, loss = self._needs_target("truncation")
        found = _core.truncation(self.model, self.x, self.lengths, target, loss)
        return Measurement("truncation", found)

    def spectrum(self):
        """Eigenvalues and norms of the recurrent matrices, gate by gate.

        Returns
        -------
        Measurement
            matrices, as of the function `spectrum`.
        """
        return spectrum(self.model)

    def exponents(self, sequence=0, *, count=0, window=0, threads=0):
        """Lyapunov exponents along a sequence, in nats a step: below 0 states that
        begin apart come together.

        Parameters
        ----------
        sequence : int, optional
        count : int, optional
            How many; 0: all.
        window : int, optional
            Steps between two orthogonalizations; 0: as the library chooses.
        threads : int, optional

        Returns
        -------
        Measurement
            levels, each with values, the largest first.
        """
        config = {
            "sequence": sequence, "count": count, "window": window,
            "threads": threads,
        }  # fmt: skip
        found = _core.exponents(self.model, self.x, self.lengths, config)
        return Measurement("exponents", found)

    def fixed_points(self, *, input="zero", token=None, starts=0, seed=0):
        """States that a constant input leaves where they are.

        Parameters
        ----------
        input : str, optional
            Of models that read tokens, in place of an embedding: "zero", the
            "mean" of the batch's, or that of one "token".
        token : int, optional
            That token.
        starts : int, optional
            States of the batch to search from; 0: 32.
        seed : int, optional
            Of their choice.

        Returns
        -------
        Measurement
            points, each with h, c, speed, distance, eigenvalues of the step's
            Jacobian there (real, imaginary), stable, unstable and radius.

        Raises
        ------
        BadValueError
            If a level runs in both directions.
        """
        if (input == "token") != (token is not None):
            raise _core.BadValueError(
                f"input is {input!r} and token {token!r}, expected a token with input='token' alone"
            )
        config = {"input": input, "token": token, "starts": starts, "seed": seed}
        found = _core.fixed_points(self.model, self.x, self.lengths, config, _judge)
        found["absent"] = None
        return Measurement("fixed_points", found)

    def gates(self):
        """Histograms of gates, dead and equal units, time constants.

        Returns
        -------
        Measurement
            levels, each with gates, dead and duplicates.
        """
        return Measurement("gates", _core.gates(self.model, self.x, self.lengths))

    def units(self, sequence=0, properties=None):
        """What every unit says of a sequence, and which tells most of a property.

        Parameters
        ----------
        sequence : int, optional
        properties : dict of arrays (B,T), optional
            What units are compared with, by name.

        Returns
        -------
        Measurement
            levels, each with h (T,H); matches: for each property the unit, its
            correlation on one half of the steps, and held_out on the other.
        """
        found = _core.units(self.model, self.x, self.lengths, sequence, properties)
        return Measurement("units", found)

    def attribution(self, sequence=0, *, kind="integrated", step=None, output=None,
                    baseline=None, points=0, threads=0):  # fmt: skip
        """One number of an answer by the steps and inputs that led to it.

        Parameters
        ----------
        sequence : int, optional
        kind : str, optional
            "integrated" gradients, "gradient" times input, or "occlusion".
        step, output : int, optional
            Of the answer, from 0; None: the last step, the largest output.
        baseline : array (I), optional
            What an input is compared with; None: zeros.
        points : int, optional
            Of the path that is integrated over; 0: as the library chooses.
        threads : int, optional

        Returns
        -------
        Measurement
            values (T,I) and their sums steps (T); answer and baseline_answer,
            whose difference integrated gradients add up to.
        """
        config = {
            "kind": kind, "sequence": sequence, "points": points, "threads": threads,
            "step": _number(step, "step"), "output": _number(output, "output"),
        }  # fmt: skip
        found = _core.attribution(self.model, self.x, self.lengths, config, baseline)
        return Measurement("attribution", found)

    def pulse(self, threads=0):
        """Horizon and saturation by one pass: cheap enough while training.

        Parameters
        ----------
        threads : int, optional

        Returns
        -------
        Measurement
            What the log of a training shows beside the loss.
        """
        found = _core.pulse(self.model, self.x, self.lengths, threads)
        return Measurement("pulse", found)

    def views(self, *names, gradients=False):
        """Arrays of a pass over the batch by name.

        Parameters
        ----------
        *names : str
            "layer0.h", "layer0.gate", "fc.y", ...: `elman_state_view` has the list.
        gradients : bool, optional
            Let the loss go back, for ".da", ".dh" and ".grad" as well.

        Returns
        -------
        dict of arrays
            Copies, (T,B,.).

        Examples
        --------
        >>> look = Model([LSTM(3)], inputs=2).inspect(np.ones((4, 6, 2)))
        >>> look.views("layer0.gate")["layer0.gate"].shape
        (6, 4, 12)
        """
        B, T = self.x.shape[:2] if self.model.batch_first else self.x.shape[1::-1]
        state = self.model.state(T=T, B=B, training=True, keep_gradients=gradients)
        state.forward(self.x, lengths=self.lengths)
        if gradients:
            target, loss = self._needs_target("a gradient")
            state.loss(target, loss)
            state.backward()
        return {name: np.array(state[name]) for name in names}

    def all(self, **config):
        """All of it, with findings in sentences.

        Parameters
        ----------
        **config
            As in `elman_inspection_config`.

        Returns
        -------
        Inspection
        """
        from elman.training import Dataset

        if self.target is None:
            return Inspection(self.model, None, **config)
        x, y, info = self.x, self.target, self.model.info
        if not self.model.batch_first:
            x, y = np.swapaxes(x, 0, 1), y if info["per_sequence"] else np.swapaxes(y, 0, 1)
        if info["vocabulary"]:
            raise _core.BadValueError(
                "all of it is of a dataset, and tokens with targets are none: give "
                "model.inspect a text or elman.Dataset.tokens(x)"
            )
        data = Dataset.of(x, y, lengths=self.lengths, validation=0, per_step=not info["per_sequence"],
                          class_count=info["output_size"])  # fmt: skip
        return Inspection(self.model, data, **config)

    def report(self, path, **config):
        """Writes the page of all of it: one HTML file that needs no network.

        Parameters
        ----------
        path : path
        **config
            As in `elman_inspection_config`.
        """
        _files.check_page(path)
        self.all(**config).report(path)

    def __repr__(self):
        shape = " x ".join(map(str, self.x.shape))
        return f"Inspector({self.model!r}, x {shape})"


def _number(value, name):
    """An index as the library has it, from 1; 0 is its own choice."""
    if value is None:
        return 0
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if number < 0:
        raise _core.BadValueError(f"{name} is {value!r}, expected 0 or more, or None")
    return number + 1


def spectrum(model):
    """Eigenvalues and norms of the recurrent matrices of a model, gate by gate.

    Parameters
    ----------
    model : Model

    Returns
    -------
    Measurement
        matrices, each with name, n, real and imaginary (n) with the largest
        modulus first, radius and norm.

    Examples
    --------
    >>> model = Model([RNN(2)], inputs=1)
    >>> model["rnn.weight_hh_l0"] = [[0.5, 0], [0, -0.9]]
    >>> round(spectrum(model).matrices[0].radius, 3)
    0.9
    """
    found = _core.spectrum(model)
    for row in found["matrices"]:
        if row["real"] is None:
            values, row["norm"] = _eigenvalues(model, row["name"], row["n"])
            row["real"], row["imaginary"] = values.real, values.imag
            row["radius"] = float(np.abs(values[0])) if len(values) else 0.0
    if found["matrices"]:
        found["absent"] = None
    return Measurement("spectrum", found)


def _eigenvalues(model, name, n):
    """Those of a matrix by NumPy, where the library was built without LAPACK:
    "rnn.weight_hh_l0 f" names a parameter and a gate."""
    parameter, _, gate = name.partition(" ")
    matrix = np.asarray(model[parameter], np.float64)
    layer = next(k for k in _core.kinds() if k["word"] == _kind_of(model, parameter))
    index = layer["gate_names"].index(gate) if gate else 0
    block = matrix[index * (len(matrix) // layer["gates"]) :][: len(matrix) // layer["gates"]]
    projection = parameter.replace("weight_hh", "weight_hr")
    if projection in model:
        block = np.asarray(model[projection], np.float64) @ block
    if not np.isfinite(block).all():
        return np.full(n, np.nan + 0j), float("nan")
    return _ordered(np.linalg.eigvals(block)), float(np.linalg.norm(block, 2))


def _ordered(values):
    """Eigenvalues as the library has them: the largest modulus first, then real
    and imaginary part, where a difference of 1e-10 of the largest is none."""
    values = values.astype(complex)
    part = max(np.abs(values).max(initial=0.0) * 1e-10, np.finfo(float).tiny)
    keys = [np.round(v / part) for v in (values.imag, values.real, np.abs(values))]
    return values[np.lexsort([-key for key in keys])]


def _judge(found, index, jacobian):
    """What happens around a fixed point, where the library has no LAPACK."""
    row = found["points"][index]
    if row["real"] is not None or not np.isfinite(jacobian).all():
        return
    values = _ordered(np.linalg.eigvals(jacobian))
    row["real"], row["imaginary"] = values.real.copy(), values.imag.copy()
    moduli = np.abs(values)
    row["radius"], row["unstable"] = float(moduli.max(initial=0.0)), int((moduli > 1).sum())
    row["stable"] = row["radius"] < 1


def _kind_of(model, parameter):
    """The kind of the layer that a parameter belongs to."""
    prefix = parameter.rpartition(".")[0]
    return next(c["kind"] for c in model.config["layers"] if c["name"] == prefix)


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
        points = results["fixed_points"]
        if points is not None and points["absent"]:
            for index in range(points["count"]):
                _judge(points, index, self.jacobian(index))
            points["absent"] = None
        for name in self._SECTIONS:
            value = results[name]
            setattr(self, name, None if value is None else Measurement(name, value))
        if self.spectrum is not None and self.spectrum.absent:
            self.spectrum = spectrum(model)
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
        self.save(path)

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

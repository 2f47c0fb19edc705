"""Figures of measurements, by matplotlib: one style, for a page or a paper.

Colours are those of Okabe and Ito, which colour-blind readers tell apart; maps
use viridis and cividis; more lines than colours differ in dashes or markers.
Every function takes a measurement and, where it draws
one panel, the axes to draw on; it returns the axes.

Parameters
----------
found : Measurement or Run
    What is drawn: that of the function's name.
axes : matplotlib axes or list of them, optional
    To draw on, one for each panel; None: new ones.
of : str
    flow: "h", or "c" of an LSTM.
names, labels : list of str
    attribution: of the inputs; errors: of the classes, or of the targets.

Returns
-------
axes, or a list of them where there are several panels

>>> import matplotlib.pyplot as plt
>>> look = elman.Model([elman.GRU(4)], inputs=2).inspect(np.ones((1, 6, 2)))
>>> ax = look.attribution().plot()
>>> ax.get_xlabel()
'step'
>>> plt.close("all")
"""

import functools

import numpy as np

from elman import _core

try:
    import matplotlib.pyplot as plt
    from matplotlib.colors import LogNorm
except ImportError as error:
    raise ImportError(
        f"figures need matplotlib: pip install matplotlib ({error})"
    ) from error

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--", ":", "-.")
_MARKS = ("o", "s", "^", "D", "v", "P", "X")

STYLE = {
    "axes.prop_cycle": plt.cycler(color=COLOURS),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": "medium",
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "savefig.dpi": 200,
}


def _panels(axes, count, width=5.2, height=3.2):
    """Axes for so many panels, four side by side: new ones, or those given."""
    if axes is not None:
        given = np.atleast_1d(np.asarray(axes, object)).ravel()
        if not all(hasattr(ax, "plot") and hasattr(ax, "imshow") for ax in given):
            raise _core.BadValueError(
                f"axes is {axes!r}, expected axes of matplotlib, or None for new ones; "
                "axes.figure.savefig(path) of what plot() returns keeps the figure"
            )
        if len(given) < count:
            raise _core.BadValueError(f"{count} axes are needed, {len(given)} are given")
        return list(given[:count])
    across = min(count, 4)
    down = -(-count // across)
    with plt.rc_context(STYLE):
        _, made = plt.subplots(
            down, across, figsize=(width * across, height * down), squeeze=False
        )
    for ax in made.flat[count:]:
        ax.remove()
    return list(made.flat[:count])


def _lines(count, kinds=_DASHES):
    """A colour with a dash, or a mark, for each of so many: no two are alike."""
    if count > len(COLOURS) * len(kinds):  # in their order, from dark to light
        colours = plt.get_cmap("viridis")(np.linspace(0, 0.95, count))
        return [(colours[i], kinds[i % len(kinds)]) for i in range(count)]
    return [(COLOURS[i % len(COLOURS)], kinds[i // len(COLOURS)]) for i in range(count)]


def _unit_circle(ax):
    """Inside it things fade, outside they grow."""
    angle = np.linspace(0, 2 * np.pi, 256)
    ax.plot(np.cos(angle), np.sin(angle), color="0.7", lw=1)


def _points(ax, sets, labels):
    """Sets of complex numbers, each with its colour and mark."""
    for (colour, mark), (real, imaginary), label in zip(_lines(len(sets), _MARKS), sets, labels):
        ax.plot(real, imaginary, mark, color=colour, ms=3, mew=0, label=label)


def _legend_beside(ax):
    """The legend where it covers no point; a long one in columns."""
    count = len(ax.get_legend_handles_labels()[1])
    ax.legend(fontsize="small" if count <= 12 else "xx-small", loc="upper left",
              bbox_to_anchor=(1.0, 1.0), ncols=-(-count // 24) or 1)  # fmt: skip


def _names(names, count, argument, what):
    """A list of so many names, or None."""
    if names is None:
        return None
    names = [names] if isinstance(names, str) else [str(name) for name in names]
    if len(names) != count:
        raise _core.BadValueError(
            f"{argument} has {len(names)} names, expected {count}, one of each {what}"
        )
    return names


def _given(panels):
    """One panel as axes, several as a list."""
    return panels[0] if len(panels) == 1 else panels


def _styled(draw):
    """A function that draws in the style of all."""

    @functools.wraps(draw)
    def drawn(*args, **kwargs):
        with plt.rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawn


@_styled
def losses(run, axes=None):
    """Training and validation loss of a run over its steps."""
    (ax,) = _panels(axes, 1)
    h = run.history
    if h:
        ax.plot(h["step"], h["train_loss"], label="training")
        kind = "validation" if "validation_loss" in h else "training"
        ax.plot(h["step"], h[f"{kind}_loss"], label=kind if kind == "validation" else "training, all of it")
        ax.plot(
            run.best["step"], run.best[f"{kind}_loss"], "o", color=COLOURS[1],
            label="best",
        )  # fmt: skip
        ax.legend()
    ax.set(xlabel="optimizer step", ylabel="loss", title="Loss")
    return ax


@_styled
def flow(found, axes=None, *, of="h"):
    """Maps of gradient norms, one a level, and how they fade with the lag."""
    levels = found.levels
    if of not in ("h", "c", "h_path", "c_path"):
        raise _core.BadValueError(f"of is {of!r}, expected h, c, h_path or c_path")
    panels = _panels(axes, len(levels) + 1, 3.9)
    for ax, level in zip(panels, levels):
        values = getattr(level, of)
        if values is None:
            raise _core.BadValueError(f"{level.name} has no map of {of}")
        shown = np.where(values > 0, values, np.nan)
        image = ax.imshow(
            shown, origin="lower", cmap="viridis", aspect="auto",
            norm=_log_norm(shown), interpolation="nearest",
        )  # fmt: skip
        ax.figure.colorbar(image, ax=ax, label=f"|d loss / d {of}|")
        ax.set(xlabel="step s", ylabel="loss at step t", title=level.name)
    ax = panels[-1]
    for level, (colour, dash) in zip(levels, _lines(len(levels))):
        horizon = level.horizon
        if horizon.T:
            norms = np.where(horizon.norms > 0, horizon.norms, np.nan)
            ax.semilogy(norms, dash, color=colour, label=f"{level.name}: {horizon.verdict}")
    ax.set(xlabel="steps back", ylabel="mean norm", title="How far a gradient reaches")
    ax.legend()
    return _given(panels)


def _log_norm(values):
    """A log scale over six decades below the largest value."""
    most = np.nanmax(values) if np.isfinite(values).any() else 1.0
    return LogNorm(vmin=max(np.nanmin(values), most * 1e-6) if np.isfinite(values).any() else 1e-6, vmax=most)


@_styled
def contributions(found, axes=None):
    """What each step adds to the gradient, parameter by parameter."""
    (ax,) = _panels(axes, 1, 6.4, 0.35 * len(found.parameters) + 1.6)
    shares = np.array([p.shares for p in found.parameters])
    most = np.abs(shares).max() or 1.0
    image = ax.imshow(shares, cmap="PuOr", vmin=-most, vmax=most, aspect="auto")
    ax.figure.colorbar(image, ax=ax, label="share of the gradient")
    ax.set_yticks(range(len(found.parameters)), [p.name for p in found.parameters])
    ax.set(xlabel="step", title="What each step adds to the gradient")
    return ax


@_styled
def truncation(found, axes=None):
    """How near the gradient of a window comes to the whole one."""
    (ax,) = _panels(axes, 1)
    steps = [w.steps for w in found.windows]
    ax.semilogx(steps, [w.cosine for w in found.windows], "o-", label="cosine")
    ax.semilogx(steps, [w.ratio for w in found.windows], "s--", label="ratio of norms")
    ax.axvline(found.enough, color="0.6", lw=1, label=f"enough: {found.enough}")
    ax.set_xticks(steps, [str(n) for n in steps])
    ax.minorticks_off()
    ax.set(xlabel="steps of the window", title="What a shorter window loses")
    ax.legend()
    return ax


@_styled
def spectrum(found, axes=None):
    """Eigenvalues of the recurrent matrices on the complex plane."""
    (ax,) = _panels(axes, 1, 6.6, 3.8)
    _unit_circle(ax)
    shown = [m for m in found.matrices if m.real is not None]
    _points(
        ax, [(m.real, m.imaginary) for m in shown],
        [f"{m.name}, radius {m.radius:.3g}" for m in shown],
    )  # fmt: skip
    ax.set_aspect("equal")
    ax.set(xlabel="real", ylabel="imaginary", title="Eigenvalues")
    if found.matrices:
        _legend_beside(ax)
    return ax


@_styled
def exponents(found, axes=None):
    """Lyapunov exponents of each level, the largest first."""
    (ax,) = _panels(axes, 1)
    for level, (colour, dash) in zip(found.levels, _lines(len(found.levels))):
        ax.plot(range(1, level.count + 1), level.values, dash, marker="o", ms=4,
                color=colour, label=level.name)  # fmt: skip
    ax.axhline(0, color="0.6", lw=1)
    ax.set(xlabel="exponent", ylabel="nats a step", title="Lyapunov exponents")
    ax.legend()
    return ax


@_styled
def fixed_points(found, axes=None):
    """Eigenvalues around each fixed point on the complex plane."""
    (ax,) = _panels(axes, 1, 6.0, 3.8)
    title = f"{found.count} fixed point{'s' if found.count != 1 else ''}"
    _unit_circle(ax)
    kinds = ["stable" if p.stable else f"{p.unstable} unstable" for p in found.points]
    _points(
        ax, [((), ()) if p.real is None else (p.real, p.imaginary) for p in found.points],
        [f"point {i + 1}: {kind}" for i, kind in enumerate(kinds)],
    )  # fmt: skip
    ax.set_aspect("equal")
    ax.set(xlabel="real", ylabel="imaginary", title=title)
    if found.points:
        _legend_beside(ax)
    return ax


@_styled
def gates(found, axes=None):
    """Histograms of the gates, one panel a level."""
    panels = _panels(axes, len(found.levels), 4.4)
    for ax, level in zip(panels, found.levels):
        for gate, (colour, dash) in zip(level.gates, _lines(len(level.gates))):
            edges = np.linspace(gate.least, gate.most, len(gate.histogram) + 1)
            total = max(int(gate.histogram.sum()), 1)
            ax.stairs(gate.histogram / total, edges, lw=1.6, color=colour, ls=dash,
                      label=gate.name)  # fmt: skip
        ax.set(xlabel="value", ylabel="share", title=f"{level.name}: {level.dead} dead units")
        ax.legend(title="gate")
    return _given(panels)


@_styled
def units(found, axes=None):
    """What every unit says at every step."""
    panels = _panels(axes, len(found.levels), 4.8)
    for ax, level in zip(panels, found.levels):
        most = np.abs(level.h).max() or 1.0
        image = ax.imshow(
            level.h.T, cmap="PuOr", vmin=-most, vmax=most, aspect="auto",
            interpolation="nearest",
        )  # fmt: skip
        ax.figure.colorbar(image, ax=ax, label="h")
        ax.set(xlabel="step", ylabel="unit", title=level.name)
    return _given(panels)


@_styled
def attribution(found, axes=None, *, names=None):
    """What each step, and each input, did for an answer."""
    (ax,) = _panels(axes, 1, 6.0)
    if found.I == 1:
        colours = np.where(found.steps >= 0, COLOURS[0], COLOURS[1])
        ax.bar(range(found.T), found.steps, color=colours)
        ax.axhline(0, color="0.6", lw=1)
        ax.set(ylabel="attribution")
    else:
        most = np.nanmax(np.abs(found.values)) or 1.0
        names = _names(names, found.I, "names", "input")
        image = ax.imshow(found.values.T, cmap="PuOr", vmin=-most, vmax=most, aspect="auto")
        ax.figure.colorbar(image, ax=ax, label="attribution")
        if names or found.I <= 24:
            ax.set_yticks(range(found.I), names or [f"input {i}" for i in range(found.I)])
        else:
            ax.set(ylabel="input")
    ax.set(
        xlabel="step",
        title=f"Output {found.output} at step {found.step}: {found.answer:.4g}, "
        f"{found.baseline_answer:.4g} at the baseline",
    )
    return ax


@_styled
def errors(found, axes=None, *, labels=None):
    """The table of classes, or answers against the truth."""
    (ax,) = _panels(axes, 1, 4.6, 3.8)
    if found.confusion is not None:
        shares = found.confusion / np.maximum(found.confusion.sum(1, keepdims=True), 1)
        image = ax.imshow(shares, cmap="cividis", vmin=0, vmax=1)
        ax.figure.colorbar(image, ax=ax, label="share of the true class")
        labels = _names(labels, found.class_count, "labels", "class")
        names = labels or [str(i) for i in range(found.class_count)]
        if found.class_count <= 20:
            ax.set_xticks(range(len(names)), names, rotation=45, ha="right")
            ax.set_yticks(range(len(names)), names)
        ax.set(xlabel="answer", ylabel="truth", title=f"Accuracy {found.accuracy:.3f}")
    elif found.truth is not None and found.shown:
        count = found.target_count
        labels = _names(labels, count, "labels", "target")
        _points(
            ax, [(found.truth[:, i], found.answer[:, i]) for i in range(count)],
            labels or [f"target {i}" for i in range(count)],
        )  # fmt: skip
        if count > 1:
            _legend_beside(ax)
        low, high = np.nanmin(found.truth), np.nanmax(found.truth)
        ax.plot([low, high], [low, high], color="0.6", lw=1)
        ax.set(xlabel="truth", ylabel="answer", title=f"Loss {found.loss:.4g}")
    else:
        ax.plot(found.position_loss)
        ax.set(xlabel="part of the sequence", ylabel="mean loss", title="Loss by position")
    return ax

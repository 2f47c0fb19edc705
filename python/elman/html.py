"""How things look in a notebook: quiet, in the page's own colours.

Nothing here sets a background or a text colour, so that light and dark pages
both read well; all text is escaped.
"""

from html import escape

import numpy as np

_CELL = "padding:0.15em 0.8em 0.15em 0;text-align:{};border:0;background:none"


def _table(head, rows, right=()):
    """A table; columns of numbers in `right` stand on the right."""

    def line(cells, tag):
        made = "".join(
            f'<{tag} style="{_CELL.format("right" if n in right else "left")}">{cell}</{tag}>'
            for n, cell in enumerate(cells)
        )
        return f'<tr style="background:none">{made}</tr>'

    top = line(head, "th") if head else ""
    body = "".join(line(row, "td") for row in rows)
    return f'<table style="border:0;margin:0.3em 0">{top}{body}</table>'


def _code(text):
    return f"<code>{escape(str(text))}</code>"


def _details(summary, inside):
    return f"<details><summary>{escape(summary)}</summary>{inside}</details>"


# ---- models -----------------------------------------------------------------


def _outputs(layer, size, per_step):
    """Features of a layer's output, and whether it is one of each step."""
    f = layer.fields
    if layer.kind == "linear":
        return f["output_size"], per_step
    if layer.kind == "embedding":
        return f["embedding_dim"], per_step
    if layer.kind in ("last", "pool"):
        return size, False
    if not f.get("hidden_size") and not any(f.get("hidden_sizes") or ()):
        return size, per_step
    levels = [n for n in f.get("hidden_sizes") or () if n]
    size = f.get("proj_size") or (levels[-1] if levels else f["hidden_size"])
    both = f.get("bidirectional") and f.get("merge", "concat") in ("concat", "none")
    return size * (2 if both else 1), per_step


def layer_rows(model):
    """(name, layer, shape of its output, weights) of each layer."""
    size, per_step, rows = model.info["input_size"], True, []
    for layer in model.layers:
        size, per_step = _outputs(layer, size, per_step)
        steps = ("B,T," if model.batch_first else "T,B,") if per_step else "B,"
        name = layer.fields.get("name") or ""
        own = [n for n in model.names() if name and n.startswith(name + ".")]
        count = sum(model[n].size for n in own)
        rows.append((name, layer, f"({steps}{size})", count))
    return rows


def model(model):
    """Layers with what they give and their weights; parameters on request."""
    from elman.model import _short

    rows = [
        (_code(name), _code(_short(layer)), _code(shape), f"{count:,}" if count else "")
        for name, layer, shape, count in layer_rows(model)
    ]
    info = model.info
    tokens = info["vocabulary"]
    order = "(B,T" if model.batch_first else "(T,B"
    takes = f"tokens {order}), 0 to {tokens - 1}" if tokens else f"{order},{info['input_size']})"
    parameters = [
        (_code(name), escape(" × ".join(map(str, a.shape))), f"{a.size:,}")
        for name, a in model.items()
    ]
    return (
        f"<div><b>elman.Model</b> reads {escape(takes)}, {info['weight_count']:,} weights"
        + _table(("", "layer", "gives", "weights"), rows, right=(3,))
        + _details(
            f"{len(parameters)} parameters",
            _table(("parameter", "shape", "weights"), parameters, right=(2,)),
        )
        + "</div>"
    )


# ---- runs -------------------------------------------------------------------


def _points(x, y, width, height, low, high):
    """A polyline's points."""
    spread, range_x = (high - low) or 1.0, (x[-1] - x[0]) or 1
    pairs = [
        f"{(a - x[0]) / range_x * width:.1f},{(high - b) / spread * height:.1f}"
        for a, b in zip(x, y)
        if np.isfinite(b)
    ]
    return " ".join(pairs)


def curve(steps, lines, width=320, height=90):
    """Lines over steps as a small SVG in the text's colour: the first is whole,
    the second dashed; the scale is logarithmic where all is above 0."""
    logs = all(v > 0 for _, line in lines for v in line if np.isfinite(v))
    scaled = [(n, [np.log(v) if logs and np.isfinite(v) else v for v in line]) for n, line in lines]
    known = [v for _, line in scaled for v in line if np.isfinite(v)]
    if len(steps) < 2 or not known:
        return ""
    drawn = "".join(
        f'<polyline fill="none" stroke="currentColor" stroke-width="1.5" '
        f'opacity="{1.0 if n == 0 else 0.55}" stroke-dasharray="{"none" if n == 0 else "4 3"}" '
        f'points="{_points(steps, line, width, height, min(known), max(known))}">'
        f"<title>{escape(name)}</title></polyline>"
        for n, (name, line) in enumerate(scaled)
    )
    label = ", ".join(name for name, _ in lines)
    return (
        f'<svg viewBox="-4 -4 {width + 8} {height + 8}" width="{width + 8}" '
        f'height="{height + 8}" role="img" aria-label="{escape(label)} over the steps" '
        f'style="background:none">{drawn}'
        f'<line x1="0" y1="{height}" x2="{width}" y2="{height}" stroke="currentColor" '
        'opacity="0.3"/></svg>'
    )


def run(run):
    """What it came to, and its curve."""
    if not run.history:
        return f"<div>{escape(repr(run))}</div>"
    history = run.history
    kind = "validation" if "validation_loss" in history else "training"
    lines = [(f"{kind} loss", history[f"{kind}_loss"])]
    if any(np.isfinite(history["train_loss"])):
        lines.append(("train loss", history["train_loss"]))
    best = [
        (escape(name.replace("_", " ")), f"{value:.4g}")
        for name, value in run.best.items()
        if isinstance(value, float) and np.isfinite(value)
    ]
    whole = ", ".join("{} ({})".format(n, "dashed" if i else "line") for i, (n, _) in enumerate(lines))
    return (
        f"<div>{escape(repr(run))}<br>{curve(history['step'], lines)}<br>"
        f"<small>{escape(whole)}, {history['step'][0]:,} to {history['step'][-1]:,} steps</small>"
        + _details("the best evaluation", _table(None, best, right=(1,)))
        + "</div>"
    )


# ---- others -----------------------------------------------------------------


def dataset(data):
    """What was understood; what is minor on request."""
    main = [(escape(n), escape(t)) for n, t, minor in data.facts if not minor]
    rest = [(escape(n), escape(t)) for n, t, minor in data.facts if minor]
    if data._labels is not None:
        main.append(("labels", escape(", ".join(data.labels))))
    more = _details("more", _table(None, rest)) if rest else ""
    return f"<div><b>elman.Dataset</b>{_table(None, main)}{more}</div>"


def stream(stream):
    """Its memory in numbers."""
    rows = []
    for name in ("h", "c"):
        try:
            values = stream.view(name)
        except Exception:
            continue
        if values.size:
            shape = " × ".join(map(str, values.shape))
            size = f"{np.abs(values).mean():.3g}, at most {np.abs(values).max():.3g}"
            rows.append((_code(name), escape(shape), size))
    streams = stream.config["B"] or 1
    what = "a stream" if streams == 1 else f"{streams} streams"
    return (
        f"<div><b>elman.Stream</b>: {what} of {_code(repr(stream.model))}"
        + _table(("", "shape", "mean size"), rows)
        + "</div>"
    )


def measurement(values, name="measurement"):
    """The names and what is behind them."""
    rows = []
    for key, value in values:
        if isinstance(value, np.ndarray):
            shape = " × ".join(map(str, value.shape)) or "one"
            finite = value[np.isfinite(value)] if value.dtype.kind == "f" else value
            spread = f"{finite.min():.4g} to {finite.max():.4g}" if finite.size else ""
            text = f"{value.dtype} {shape}{', ' + spread if spread else ''}"
        elif isinstance(value, float):
            text = f"{value:.6g}"
        elif isinstance(value, list):
            text = f"{len(value)} rows"
        else:
            text = str(value) if isinstance(value, (str, int, bool, type(None))) else "..."
        rows.append((_code(key), escape(text)))
    return f"<div><b>{escape(name)}</b>{_table(None, rows)}</div>"

"""Numbers of one measurement, by name, with a figure of them."""

import numpy as np

from elman import _core


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

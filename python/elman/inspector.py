"""A model and a batch, looked at: each method measures one thing."""

import operator

import numpy as np

from elman import _batch, _core, _files
from elman.eigenvalues import judge, spectrum
from elman.measurement import Measurement


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
        found = _core.fixed_points(self.model, self.x, self.lengths, config, judge)
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
        from elman.data import Dataset
        from elman.inspection import Inspection

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

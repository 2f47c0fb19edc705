"""A model's parameters by name, as a dict of arrays."""

import numpy as np

from elman import _core, _files
from elman._convert import as_array


class Weights:
    """The parameters of a `Model`, and its files."""

    def __getitem__(self, name):
        """A parameter as a read-only array without a copy.

        Parameters
        ----------
        name : str
            "rnn.weight_hh_l0", "fc.bias", ...: `names` has all.

        Returns
        -------
        array

        Raises
        ------
        KeyError
            If there is no such parameter; the text names those there are.
        """
        return self.parameter(name)

    def __setitem__(self, name, values):
        """Replaces a parameter.

        Parameters
        ----------
        name : str
        values : array
            In exactly its shape.

        Raises
        ------
        BadValueError
            If the shape is another, or another thread computes with the model.
        """
        self.write(name, values)

    def __contains__(self, name):
        return isinstance(name, str) and name in self.names()

    def __iter__(self):
        return iter(self.names())

    def __len__(self):
        return len(self.names())

    def keys(self):
        """The names of all parameters, in PyTorch's order.

        Returns
        -------
        list of str
        """
        return self.names()

    def items(self):
        """Names with their arrays, read-only and without copies.

        Returns
        -------
        list of (str, array)
        """
        return [(name, self[name]) for name in self.names()]

    def state_dict(self):
        """Copies of all parameters.

        Returns
        -------
        dict of arrays
            By name, in PyTorch's order.
        """
        return {name: np.array(self[name]) for name in self.names()}

    def load_state_dict(self, values):
        """Replaces all parameters, or none if one does not fit.

        Parameters
        ----------
        values : dict of arrays
            Names and shapes must be the model's; tensors of PyTorch will do.

        Raises
        ------
        BadValueError
            That names what is missing, unknown or of another shape.

        Examples
        --------
        >>> a, b = (Model([GRU(4)], inputs=2, seed=n) for n in (1, 2))
        >>> b.load_state_dict(a.state_dict())
        >>> bool((a(np.ones((5, 2))) == b(np.ones((5, 2)))).all())
        True
        """
        if not hasattr(values, "keys"):
            raise _core.BadValueError(
                f"values is a {type(values).__name__}, expected a dict of arrays by name"
            )
        names = set(self.names())
        if set(values) != names:
            missing, unknown = names - set(values), set(values) - names
            raise _core.BadValueError(
                f"missing {sorted(missing)}, unknown {sorted(unknown, key=str)}"
            )
        arrays = {k: as_array(v, k) for k, v in values.items()}
        for name, array in arrays.items():
            if array.shape != self[name].shape:
                raise _core.BadValueError(
                    f"{name} has the shape {array.shape}, expected {self[name].shape}"
                )
        for name, array in arrays.items():
            self[name] = array

    # ---- files --------------------------------------------------------------

    def save(self, path):
        """Writes layers, weights and notes to a file, replacing it.

        It holds safetensors with the layers in it, which PyTorch opens too, and
        `load` gives the same model again.

        Parameters
        ----------
        path : path
            With the ending .onnx it becomes an ONNX file, as by `export`, which
            has no notes. Other endings that say another tool's format are
            refused.
        """
        if _files.ending(path) == ".onnx":
            self.export("onnx", path)
            return
        _files.check_own(path)
        super().save(path)

    def export(self, format, path):
        """Writes the model in another format, replacing the file.

        Parameters
        ----------
        format : str
            "torch", safetensors for load_state_dict, or "onnx".
        path : path

        Returns
        -------
        str
            Lines of Python that load it there.
        """
        _files.check_export(format, path)
        return super().export(format, path)

"""Models: layers and weights."""

import copy
import functools

from elman import _core
from elman._checks import refused, truth, whole
from elman.layer import Layer
from elman.learner import Learner
from elman.passes import Passes
from elman.weights import Weights


class Model(Passes, Learner, Weights, _core.Model):
    """A network of layers, from input to output, and its weights.

    Parameters
    ----------
    layers : sequence of Layer
        From input to output.
    inputs : int, optional
        I, the features of each step; 0 where the first layer is an Embedding.
    batch_first : bool, optional
        Whether x and y are (B,T,.), the default, or (T,B,.). A model from a
        file has what the file says.
    seed : int, optional
        Of the initial weights: the same seed gives the same bits everywhere.

    Examples
    --------
    >>> model = Model([LSTM(64), Linear(3)], inputs=8)
    >>> x = np.zeros((2, 5, 8))
    >>> model(x).shape
    (2, 5, 3)

    A class of one's own gives the layers where it is made:

    >>> class Net(Model):
    ...     def __init__(self, hidden):
    ...         super().__init__([GRU(hidden), Linear(1)], inputs=8)
    >>> Net(16)(x).shape
    (2, 5, 1)
    """

    def __new__(cls, layers, inputs=0, *, batch_first=True, seed=0):
        return super().__new__(cls, _config(layers, inputs, batch_first, seed))

    def __init__(self, layers, inputs=0, *, batch_first=True, seed=0):
        if not self._made:
            self._make(_config(layers, inputs, batch_first, seed))

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if cls.__init__ is not Model.__init__ and cls.__new__ is Model.__new__:
            cls.__new__ = staticmethod(_unmade)
        if cls.__new__ is _unmade and not hasattr(cls.__init__, "makes_a_model"):
            cls.__init__ = _making(cls.__init__)

    # ---- what it is ---------------------------------------------------------

    @property
    def layers(self):
        """The layers, every default filled in."""
        return [Layer.of(config) for config in self.config["layers"]]

    @property
    def batch_first(self):
        """Whether x and y are (B,T,.) rather than (T,B,.)."""
        return self.config["batch_first"]

    # ---- copies -------------------------------------------------------------

    def __copy__(self):
        made = self.copy()
        vars(made).update(_own(self))
        return made

    def __deepcopy__(self, memo):
        made = self.copy()
        memo[id(self)] = made
        vars(made).update(copy.deepcopy(_own(self), memo))
        return made

    def __reduce__(self):
        return type(self).loads, (self.dumps(),), _own(self) or None

    def __eq__(self, other):
        if not isinstance(other, _core.Model):
            return NotImplemented
        return self is other or self.dumps() == other.dumps()

    __hash__ = object.__hash__

    # ---- how it looks -------------------------------------------------------

    def __repr__(self):
        info = self.info
        takes = (
            f"vocabulary={info['vocabulary']}"
            if info["vocabulary"]
            else f"inputs={info['input_size']}"
        )
        layers = ", ".join(repr(_short(layer)) for layer in self.layers)
        return f"Model([{layers}], {takes})"

    def _repr_html_(self):
        from elman import html

        return html.model(self)


def _short(layer):
    """A layer without the name and numbers that it has by default."""
    fields = {k: v for k, v in layer.fields.items() if k not in ("name", "hidden_sizes")}
    return Layer(layer.kind, **fields)


def _own(model):
    """What its users have given it; its data is no part of it."""
    return {name: value for name, value in vars(model).items() if name != "data"}


# ---- how it is made ---------------------------------------------------------


def _config(layers, inputs, batch_first, seed):
    """The arguments of `Model`, as the extension has them."""
    try:
        configs = [layer.config() for layer in layers]
    except (AttributeError, TypeError):
        raise TypeError(
            f"layers is {layers!r}, expected a list such as [elman.LSTM(64), elman.Linear(3)]"
        ) from None
    if not configs:
        raise refused("layers", layers, "one layer at least")
    whole("inputs", inputs, 0)
    tokens = configs[0]["kind"] == "embedding"
    if bool(inputs) == tokens:
        raise refused("inputs", inputs, (
            "0, as the model begins with an Embedding and reads tokens" if tokens else
            "the features of each step, or an Embedding as the first layer"))  # fmt: skip
    return {
        "input_size": inputs,
        "batch_first": truth("batch_first", batch_first),
        "seed": whole("seed", seed, 0, 2**64 - 1),
        "layers": configs,
    }


def _unmade(cls, *args, **options):
    """An instance of a class with an __init__ of its own, which gives the layers."""
    return _core.Model.__new__(cls, None)


def _making(init):
    """`init`, an __init__ that has to have made the model."""

    @functools.wraps(init)
    def checked(self, *args, **options):
        init(self, *args, **options)
        if not self._made:
            raise TypeError(
                f"{type(self).__name__}.__init__ gives the model no layers: call "
                "super().__init__(layers, inputs=...) in it, as elman.Model is called"
            )

    checked.makes_a_model = True
    return checked

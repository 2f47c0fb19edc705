"""A stream: a model's memory, step by step."""

from elman import _core, _files


class Stream(_core.State):
    """What a model remembers of one or several streams, taken step by step.

    `stream(x)` takes the next step: x is (I) or a token for one stream, (B,I)
    or (B) for several; the answer is (O) or (B,O). A stream gives the same bits
    as the whole sequence at once. One thread works with a stream at a time:
    others wait.

    Made by `Model.stream`, and by `Model.state` for whole passes.

    Parameters
    ----------
    model : Model
    batch : int, optional
        B, how many streams there is room for.
    empty : bool, optional
        Begin without streams, which `join` lets in.
    threads : int, optional
    **config
        As in `elman_state_config`.

    Examples
    --------
    >>> stream = Model([GRU(3)], inputs=1).stream()
    >>> first = stream([0.5]).copy()
    >>> other = stream.fork()
    >>> bool((stream([1.0]) == other([1.0])).all())
    True
    >>> stream.reset()
    >>> bool((stream([0.5]) == first).all())
    True
    """

    def __new__(cls, model, batch=1, *, empty=False, threads=0, **config):
        return super().__new__(
            cls, model, B=batch, empty=empty, threads=threads, **config
        )

    @property
    def h(self):
        """(L*D,B,R) hidden state, as PyTorch's h_n; writable."""
        return self.view("h")

    @property
    def c(self):
        """(L*D,B,H) cell state of LSTMs, as PyTorch's c_n; writable."""
        return self.view("c")

    def __getitem__(self, name):
        """The view of that name.

        Parameters
        ----------
        name : str
            "h", "layer0.gate", "fc.y", "rnn.weight_hh_l0.grad", ...:
            `elman_state_view` has the list.

        Returns
        -------
        array
            Memory of the stream, without a copy; T and B are those of the last
            pass.

        Raises
        ------
        BadValueError
            If there is no such view, or none before a pass.
        """
        return self.view(name)

    def fork(self):
        """Another stream that goes on from here by itself.

        Returns
        -------
        Stream
        """
        other = type(self).__new__(type(self), self.model, **self._settings())
        other.copy_from(self)
        return other

    def save(self, path):
        """Writes the memory to a file, which `load` reads into such a stream.

        Parameters
        ----------
        path : path
        """
        _files.check_own(path, model=False)
        super().save(path)

    def _settings(self):
        config = self.config
        config["batch"] = config.pop("B") or 1
        return config

    def __reduce__(self):
        raise TypeError(
            "a stream is not pickled: dumps() keeps its memory, and loads() of a stream of "
            "the same model goes on from it"
        )

    def __copy__(self):
        return self.fork()

    def __deepcopy__(self, memo):
        return self.fork()

    def __repr__(self):
        batch = self.config["B"] or 1
        return f"Stream({batch} of {self.model!r})"

    def _repr_html_(self):
        from elman import html

        return html.stream(self)

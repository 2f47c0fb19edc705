"""Arguments that are plain numbers, flags and words, checked where they are
given: what is refused is named, with what was found and what was expected."""

import math
import operator
import os

from elman import _core


def refused(name, value, expected):
    """The exception that says so."""
    found = repr(value)
    found = found if len(found) <= 80 else found[:77] + "..."
    return _core.BadValueError(f"{name} is {found}, expected {expected}")


def whole(name, value, least=0, most=2**31 - 1, also=""):
    """A whole number from least to most, as an int."""
    end = {2**31 - 1: "2**31 - 1", 2**64 - 1: "2**64 - 1"}.get(most, most)
    expected = f"a whole number from {least} to {end}{also}"
    if isinstance(value, bool):
        raise refused(name, value, expected)
    try:
        number = operator.index(value)
    except TypeError:
        raise refused(name, value, expected) from None
    if not least <= number <= most:
        raise refused(name, value, expected)
    return number


def real(name, value, least=-math.inf, expected="a number", most=math.inf):
    """A finite number from least to most, as a float."""
    odd = isinstance(value, (bool, str, bytes)) or getattr(value, "ndim", 0)
    if odd or not hasattr(value, "__float__"):
        raise refused(name, value, expected)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise refused(name, value, expected) from None
    if not (math.isfinite(number) and least <= number <= most):
        raise refused(name, value, expected)
    return number


def truth(name, value):
    """True or False, of Python or NumPy."""
    known = type(value).__name__ in ("bool", "bool_") or type(value) is int and value in (0, 1)
    if not known:
        raise refused(name, value, "True or False")
    return bool(value)


def word(name, value, words):
    """One of several words."""
    if not isinstance(value, str) or value not in words:
        raise refused(name, value, " or ".join(map(repr, words)))
    return value


def text(name, value):
    """A str without NUL, at which C would end it."""
    if not isinstance(value, str) or "\0" in value:
        raise refused(name, value, "a str" if not isinstance(value, str) else "a str without NUL")
    return value


def path(name, value):
    """A path as text or bytes."""
    try:
        return os.fspath(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}, expected a path") from None

"""Arguments that are plain numbers, flags and words, checked where they are
given: what is refused is named, with what was found and what was expected."""

import math
import operator

from elman import _core


def refused(name, value, expected):
    """The exception that says so."""
    found = repr(value)
    found = found if len(found) <= 80 else found[:77] + "..."
    return _core.BadValueError(f"{name} is {found}, expected {expected}")


def whole(name, value, least=0, most=2**31 - 1, also=""):
    """A whole number from least to most, as an int."""
    expected = f"a whole number from {least} to {most if most < 2**31 - 1 else '2**31 - 1'}{also}"
    if isinstance(value, bool):
        raise refused(name, value, expected)
    try:
        number = operator.index(value)
    except TypeError:
        raise refused(name, value, expected) from None
    if not least <= number <= most:
        raise refused(name, value, expected)
    return number


def real(name, value, least=-math.inf, expected="a number"):
    """A number of least or more, and finite, as a float."""
    if isinstance(value, (bool, str, bytes)) or not hasattr(value, "__float__"):
        raise refused(name, value, expected)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise refused(name, value, expected) from None
    if not (math.isfinite(number) and number >= least):
        raise refused(name, value, expected)
    return number


def truth(name, value):
    """True or False, of Python or NumPy."""
    if type(value).__name__ not in ("bool", "bool_"):
        raise refused(name, value, "True or False")
    return bool(value)


def word(name, value, words):
    """One of several words."""
    if not isinstance(value, str) or value not in words:
        raise refused(name, value, " or ".join(map(repr, words)))
    return value


def text(name, value):
    """A str."""
    if not isinstance(value, str):
        raise refused(name, value, "a str")
    return value

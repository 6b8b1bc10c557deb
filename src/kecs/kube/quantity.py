"""Kubernetes quantities: `500m`, `1.5Gi`, `2e3`.

A quantity is an exact number of nanos (10⁻⁹, the smallest unit that Kubernetes keeps; finer ones are rounded away from
zero), so sums and comparisons are those of whole numbers. `canonical` gives the text that an API server stores.
"""

import re
from functools import lru_cache
from typing import Literal

Form = Literal["DecimalSI", "BinarySI", "DecimalExponent"]

NANO = 10**9
_PATTERN = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_DECIMAL_SUFFIX = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_BINARY_SUFFIXES = ("", *_BINARY)
_LONGEST = 200  # characters; exponents of more than three digits name no amount of anything
_BAD = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


class BadQuantity(ValueError):
    """A text that is no quantity; the message is Kubernetes's."""

    def __init__(self) -> None:
        super().__init__(_BAD)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> tuple[int, Form]:
    match = _PATTERN.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise BadQuantity
    sign, number, suffix = match[1], match[2], match[3] or ""
    whole, _, fraction = number.partition(".")
    digits, exponent, binary = int(whole + fraction), -len(fraction), 0
    form: Form = "DecimalSI"
    if suffix in _BINARY:
        binary, form = _BINARY[suffix], "BinarySI"
    elif suffix in _DECIMAL:
        exponent += _DECIMAL[suffix]
    else:
        exponent, form = exponent + int(suffix[1:]), "DecimalExponent"
        if abs(exponent) > _LONGEST:
            raise BadQuantity
    value = digits << binary
    scale = exponent + 9
    nanos = value * 10**scale if scale >= 0 else -(-value // 10**-scale)
    return (-nanos if sign == "-" else nanos), form


def parse(quantity: str | float) -> int:
    """Return a quantity in nanos. Raises `BadQuantity`. JSON numbers are quantities too."""
    return _parsed(quantity if isinstance(quantity, str) else repr(quantity))[0]


def value(quantity: str | float) -> int:
    """Return a quantity as a whole number (bytes, pods), rounded up."""
    return -(-parse(quantity) // NANO)


def milli(quantity: str | float) -> int:
    """Return a quantity in thousandths (of a CPU), rounded up."""
    return -(-parse(quantity) // 10**6)


def form_of(quantity: str | float) -> Form:
    """Return the notation that a quantity is written in, which its sums keep."""
    return _parsed(quantity if isinstance(quantity, str) else repr(quantity))[1]


def format_nanos(nanos: int, form: Form = "DecimalSI") -> str:
    """Return the canonical text of an amount: no fraction, the largest suffix that loses nothing."""
    if nanos == 0:
        return "0"
    sign, nanos = ("-", -nanos) if nanos < 0 else ("", nanos)
    if form == "BinarySI" and nanos >= 1024 * NANO and nanos % NANO == 0:
        number, step = nanos // NANO, 0
        while number % 1024 == 0 and step < len(_BINARY_SUFFIXES) - 1:
            number, step = number // 1024, step + 1
        return f"{sign}{number}{_BINARY_SUFFIXES[step]}"
    exponent = -9
    while nanos % 1000 == 0 and (form == "DecimalExponent" or exponent < 18):
        nanos, exponent = nanos // 1000, exponent + 3
    if form == "DecimalExponent":
        return f"{sign}{nanos}e{exponent}" if exponent else f"{sign}{nanos}"
    return f"{sign}{nanos}{_DECIMAL_SUFFIX[exponent]}"


@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    return format_nanos(*_parsed(text))


def canonical(quantity: str | float) -> str:
    """Return the text that an API server stores for a quantity: `0.5` is `500m`, `1024Mi` is `1Gi`."""
    return _canonical(quantity if isinstance(quantity, str) else repr(quantity))

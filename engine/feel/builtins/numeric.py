"""Numbers and booleans: DMN 1.5, 10.3.4.5, 10.3.4.2 and the conversions of 10.3.4.1."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Final

from engine.feel.builtins.registry import Registry
from engine.feel.scope import whole_number
from engine.feel.values import DECIMAL, Faulty, Value, number_from_text

REGISTRY: Final = Registry()
add = REGISTRY.add
_PLACES: Final = 6176


@add("number", "from: string, grouping separator?: string?, decimal separator?: string?", result="number")
def number(text: str, grouping: str | None = None, point: str | None = None) -> Value:
    """Read a number; the separators are those of the text."""
    if grouping not in {None, " ", ",", "."} or point not in {None, ",", "."} or (grouping is not None and grouping == point):
        raise Faulty("Die Trennzeichen einer Zahl sind „ “, „,“ oder „.“ und verschieden.")
    plain = text.replace(grouping, "") if grouping else text
    if point == ",":
        plain = plain.replace(".", "x").replace(",", ".")
    digits = plain.removeprefix("-")
    if not digits or not digits.isascii() or not (digits[0].isdigit() or digits[0] == ".") or not set(digits) <= set("0123456789.eE+-"):
        raise Faulty(f"„{text[:40]}“ ist keine Zahl.")
    value = number_from_text(plain)
    if value is None:
        raise Faulty(f"„{text[:40]}“ ist keine Zahl.")
    return value


@add("number", "from: number", result="number")
def number_same(value: Value) -> Value:
    """A number is itself."""
    return value


def _scaled(value: Value, scale: Value, rounding: str) -> Value:
    places = whole_number(scale)
    if not -6111 <= places <= _PLACES:
        raise Faulty("Die Zahl der Nachkommastellen liegt zwischen -6111 und 6176.")
    amount = Decimal(value)
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places:
        return value
    try:
        return amount.quantize(
            Decimal(1).scaleb(-places), rounding=rounding, context=decimal.Context(prec=7000, Emax=999_999, Emin=-999_999)
        )
    except decimal.InvalidOperation as exc:
        raise Faulty("Die Zahl kann so nicht gerundet werden.") from exc


@add("decimal", "n: number, scale: number", result="number")
def decimal_places(value: Value, scale: Value) -> Value:
    """Round to a number of places, half to even."""
    return _scaled(value, scale, decimal.ROUND_HALF_EVEN)


@add("floor", "n: number, scale?: number", result="number")
def floor(value: Value, scale: Value = 0) -> Value:
    """Round towards minus infinity."""
    return _scaled(value, scale, decimal.ROUND_FLOOR)


@add("ceiling", "n: number, scale?: number", result="number")
def ceiling(value: Value, scale: Value = 0) -> Value:
    """Round towards plus infinity."""
    return _scaled(value, scale, decimal.ROUND_CEILING)


@add("round up", "n: number, scale: number", result="number")
def round_up(value: Value, scale: Value) -> Value:
    """Round away from zero."""
    return _scaled(value, scale, decimal.ROUND_UP)


@add("round down", "n: number, scale: number", result="number")
def round_down(value: Value, scale: Value) -> Value:
    """Round towards zero."""
    return _scaled(value, scale, decimal.ROUND_DOWN)


@add("round half up", "n: number, scale: number", result="number")
def round_half_up(value: Value, scale: Value) -> Value:
    """Round to the nearest, half away from zero."""
    return _scaled(value, scale, decimal.ROUND_HALF_UP)


@add("round half down", "n: number, scale: number", result="number")
def round_half_down(value: Value, scale: Value) -> Value:
    """Round to the nearest, half towards zero."""
    return _scaled(value, scale, decimal.ROUND_HALF_DOWN)


@add("modulo", "dividend: number, divisor: number", result="number")
def modulo(dividend: Value, divisor: Value) -> Value:
    """The rest with the sign of the divisor: dividend - divisor * floor(dividend / divisor)."""
    if divisor == 0:
        raise Faulty("Durch null kann nicht geteilt werden.")
    if type(dividend) is int and type(divisor) is int:
        return dividend % divisor
    try:
        rest = DECIMAL.remainder(Decimal(dividend), Decimal(divisor))
    except decimal.DecimalException as exc:
        raise Faulty("Für diese Zahlen gibt es keinen Rest.") from exc
    return DECIMAL.add(rest, Decimal(divisor)) if rest and (rest < 0) != (divisor < 0) else rest


@add("sqrt", "number: number", result="number")
def sqrt(value: Value) -> Value:
    """The square root; none for a negative number."""
    if value < 0:
        raise Faulty("Eine negative Zahl hat keine Quadratwurzel.")
    return DECIMAL.sqrt(Decimal(value))


@add("log", "number: number", result="number")
def log(value: Value) -> Value:
    """The natural logarithm of a positive number."""
    if value <= 0:
        raise Faulty("Nur positive Zahlen haben einen Logarithmus.")
    return DECIMAL.ln(Decimal(value))


@add("exp", "number: number", result="number")
def exp(value: Value) -> Value:
    """The power of Euler's number."""
    try:
        return DECIMAL.exp(Decimal(value))
    except decimal.Overflow as exc:
        raise Faulty("Das Ergebnis ist zu groß.") from exc


@add("odd", "number: number", result="boolean")
def odd(value: Value) -> Value:
    """Whether a whole number is odd; null for a fraction."""
    return whole_number(value) % 2 == 1


@add("even", "number: number", result="boolean")
def even(value: Value) -> Value:
    """Whether a whole number is even; null for a fraction."""
    return whole_number(value) % 2 == 0


@add("not", "negand: any", result="boolean")
def negation(value: Value) -> Value:
    """The other truth value; null for anything else."""
    return (not value) if type(value) is bool else None

"""How built-in functions are declared: one line of signature per overload."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.feel.types import ANY, BASIC, FeelType, ListType, RangeType
from engine.feel.values import FeelFunction

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.feel.values import Value

    Body = Callable[..., Value]


class Registry:
    """Functions by name; several declarations of one name are overloads, tried in order."""

    def __init__(self) -> None:
        self._overloads: dict[str, list[FeelFunction]] = {}

    def add(self, name: str, signature: str, *, result: str = "Any", with_run: bool = False) -> Callable[[Body], Body]:
        """Declare an overload.

        Args:
            name: as expressions write it.
            signature: `a: string, b?: number, c: date|time?, *rest: any`; `?` after the name may be left out, `?` after the kind may
                be null, `*` takes any number.
            result: FEEL type of the result, for `instance of function<...>`.
            with_run: whether the body wants the running evaluation first.
        """
        parameters = [part.strip() for part in signature.split(",")] if signature else []
        names = tuple(part.partition(":")[0].strip(" *?") for part in parameters)
        kinds = tuple(part.partition(":")[2].strip() for part in parameters)
        optional = sum(part.partition(":")[0].strip().endswith("?") for part in parameters)
        variadic = bool(parameters) and parameters[-1].startswith("*")

        def keep(body: Body) -> Body:
            function = FeelFunction(
                name,
                names,
                body,
                variadic=variadic,
                required=len(names) - optional - (1 if variadic and len(names) > 1 else 0),
                kinds=kinds,
                types=tuple(_type(kind) for kind in kinds),
                with_run=with_run,
            )
            self._overloads.setdefault(name, []).append(replace(function, declared_result=BASIC.get(result, ANY)))
            return body

        return keep

    def functions(self) -> dict[str, FeelFunction]:
        """Everything declared so far, one function per name."""
        return {
            name: overloads[0] if len(overloads) == 1 else replace(overloads[0], overloads=tuple(overloads))
            for name, overloads in self._overloads.items()
        }


def _type(kind: str) -> FeelType:
    plain = kind.rstrip("?")
    if plain == "list":
        return ListType(ANY)
    return RangeType(ANY) if plain == "range" else BASIC.get(plain, ANY)

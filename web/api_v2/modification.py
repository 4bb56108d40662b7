"""Moving tokens by hand, and moving an instance to another version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import marshmallow as ma

from services.errors import InvalidInput
from services.prozess import instances, umzug
from services.prozess.quellen import ELEMENT_INSTANCES
from services.prozess.suche import search
from web.api_v2.common import Body, Key, empty, key_of, load, text_of, variables_field
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from flask import Blueprint

MAX_INSTRUCTIONS = 1000


def add_routes(blueprint: Blueprint) -> None:
    blueprint.post("/process-instances/<key>/modification")(modify)
    blueprint.post("/process-instances/<key>/migration")(migrate)


class Strict(ma.Schema):
    """Part of a body."""

    class Meta:
        """Strict."""

        unknown = ma.RAISE


class Variables(Strict):
    """Variables of the process; those of an inner scope are set once it is there."""

    variables = variables_field(required=True)
    scopeId = ma.fields.String(load_default="", allow_none=True)


class Activate(Strict):
    """A new token at an element."""

    elementId = text_of(required=True)
    variableInstructions = ma.fields.List(ma.fields.Nested(Variables), load_default=list)
    ancestorElementInstanceKey = ma.fields.String(load_default=None, allow_none=True)


class Terminate(Strict):
    """One element instance, or all of an element."""

    elementInstanceKey = Key(load_default=None)
    elementId = text_of(load_default=None)


class Source(Strict):
    """What is moved."""

    sourceType = text_of(load_default="")
    sourceElementId = text_of(load_default=None)
    sourceElementInstanceKey = Key(load_default=None)


class Ancestor(Strict):
    """The scope of the target."""

    ancestorScopeType = text_of(load_default="inferred")
    ancestorElementInstanceKey = ma.fields.String(load_default=None, allow_none=True)


class Move(Strict):
    """Each token of the source becomes one at the target."""

    sourceElementInstruction = ma.fields.Nested(Source, required=True)
    targetElementId = text_of(required=True)
    ancestorScopeInstruction = ma.fields.Nested(Ancestor, load_default=dict)
    variableInstructions = ma.fields.List(ma.fields.Nested(Variables), load_default=list)


class Modify(Body):
    """The official instruction."""

    activateInstructions = ma.fields.List(ma.fields.Nested(Activate), load_default=list, validate=ma.validate.Length(max=MAX_INSTRUCTIONS))
    terminateInstructions = ma.fields.List(ma.fields.Nested(Terminate), load_default=list, validate=ma.validate.Length(max=MAX_INSTRUCTIONS))
    moveInstructions = ma.fields.List(ma.fields.Nested(Move), load_default=list, validate=ma.validate.Length(max=MAX_INSTRUCTIONS))


MODIFY = Modify()


@guard()
def modify(key: str) -> tuple[str, int]:
    """Activate, terminate and move, in one command."""
    body, number = load(MODIFY), key_of(key)
    variables: dict[str, Any] = {}
    for entry in (*body["activateInstructions"], *body["moveInstructions"]):
        for instruction in entry["variableInstructions"]:
            if instruction["scopeId"]:
                raise InvalidInput("Variablen eines inneren Bereichs (scopeId) lassen sich erst setzen, wenn er läuft.")
            variables |= instruction["variables"] or {}
        if entry.get("ancestorElementInstanceKey") or entry.get("ancestorScopeInstruction", {}).get("ancestorScopeType", "inferred") != "inferred":
            raise InvalidInput("Der Bereich des Ziels lässt sich hier nicht vorgeben: er ergibt sich aus dem Modell.")
    activate = [entry["elementId"] for entry in body["activateInstructions"]]
    terminate = [task for entry in body["terminateInstructions"] for task in open_at(number, entry["elementId"], entry["elementInstanceKey"])]
    for entry in body["moveInstructions"]:
        source = entry["sourceElementInstruction"]
        moved = open_at(number, source["sourceElementId"], source["sourceElementInstanceKey"])
        activate += [entry["targetElementId"]] * len(moved)
        terminate += moved
    if not activate and not terminate:
        raise InvalidInput("Es wurde keine Anweisung genannt.")
    instances.modify(the_app(), actor(), key=number, activate=activate, terminate=terminate, variables=variables)
    return empty()


def open_at(instance: int, element: str | None, key: int | None) -> list[str]:
    """Engine ids of the open element instances. Raises InvalidInput if there is none."""
    if (element is None) == (key is None):
        raise InvalidInput("Erwartet wird entweder elementId oder elementInstanceKey.")
    wanted = {"elementId": element} if key is None else {"elementInstanceKey": str(key)}
    found = search(the_app(), actor(), ELEMENT_INSTANCES, filters={"processInstanceKey": str(instance), "state": "ACTIVE", **wanted})
    if not found.rows:
        raise InvalidInput(f"An „{element or key}“ ist in diesem Vorgang nichts offen.")
    return [row.task_id for row in found.rows]


class Mapping(Strict):
    """Where an element of the old version continues."""

    sourceElementId = text_of(required=True)
    targetElementId = text_of(required=True)


class Migrate(Body):
    """The official instruction."""

    targetProcessDefinitionKey = Key(required=True)
    mappingInstructions = ma.fields.List(ma.fields.Nested(Mapping), required=True, validate=ma.validate.Length(max=MAX_INSTRUCTIONS))


MIGRATE = Migrate()


@guard()
def migrate(key: str) -> tuple[str, int]:
    """Elements that are not named keep their id."""
    body = load(MIGRATE)
    mapping = {entry["sourceElementId"]: entry["targetElementId"] for entry in body["mappingInstructions"]}
    umzug.migrate(the_app(), actor(), key=key_of(key), definition_key=body["targetProcessDefinitionKey"], mapping=mapping)
    return empty()

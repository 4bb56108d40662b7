"""What a model names and another file brings: forms of user tasks, decisions and called processes.

A form is looked for when its task begins, so a model may be deployed before its forms. What is missing by then is an incident
there; deploying says it beforehand, as a warning.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import text

from engine.errors import DecisionNotFound, FormNotFound
from engine.findings import Finding
from services.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy.orm import Session

    from engine.catalogue import Definition
    from engine.ports import FormPort
    from engine.specs.facts import ElementFacts
    from services.unit_of_work import UnitOfWork

# What is unchanged keeps its version when it is deployed again, so the version of a deployment may be older than that.
OF_DEPLOYMENT = """
    select x.key from process_definition d join deployment own on own.key = d.deployment_key, {table} x join deployment p on p.key = x.deployment_key
    where d.key = :d and x.{column} = :n and p.erstellt <= own.erstellt order by (p.key = own.key) desc, x.version desc limit 1"""
UNDEPLOYED = "0"  # key of a definition that is only looked at
OF_ITS_DEPLOYMENT = {kind: text(OF_DEPLOYMENT.format(table=f"{kind}_definition", column=f"{kind}_id")) for kind in ("form", "process", "decision")}
DECISION = text("select key from decision_definition where decision_id = :n and (cast(:t as text) is null or version_tag = :t) order by version desc limit 1")
VERSIONS = text("select key, body from form_definition where form_id = :f order by version desc")


def form_port(uow: UnitOfWork) -> FormPort:
    """The forms of the Mandant for the engine. A form that was there once costs no statement any more: forms are never taken away."""
    def form(form_id: str, binding: str, version_tag: str | None, definition: str) -> str | None:
        library = uow.app.library
        if binding == "deployment":
            key = library.bound_form(int(definition), form_id, lambda: of_deployment(uow.session, "form", form_id, int(definition)))
        elif binding == "versionTag":
            key = tagged(uow.session, form_id, version_tag)
        elif library.has_form(uow.session, uow.actor.mandant, form_id):
            return None
        else:
            key = None
        if key is None:
            raise FormNotFound(f"{missing_form(form_id, binding, version_tag)} {ADVICE[binding]}")
        return str(key)
    return form


def of_deployment(session: Session, kind: str, name: str, definition: int) -> int | None:
    """The version of a form, process or decision (``kind``) that was the latest when a process was deployed."""
    found: int | None = session.execute(OF_ITS_DEPLOYMENT[kind], {"d": definition, "n": name}).scalar_one_or_none()
    return found


def process_of_deployment(session: Session, process_id: str, definition: int) -> int:
    """The version of a called process that was the latest when the calling one was deployed. Raises NotFound."""
    found = of_deployment(session, "process", process_id, definition)
    if found is None:
        raise NotFound(f"Den Prozess „{process_id}“ gab es nicht, als dieses Modell eingespielt wurde (Bindung „deployment“). Spielen Sie beide gemeinsam ein "
                       "und lassen Sie den Vorgang in die neue Fassung umziehen.")
    return found


def tagged(session: Session, form_id: str, version_tag: str | None) -> int | None:
    """The latest version with this tag. It may be deployed again, so it is looked for each time."""
    rows = session.execute(VERSIONS, {"f": form_id})
    return next((row.key for row in rows if version_tag is not None and json.loads(bytes(row.body)).get("versionTag") == version_tag), None)


def decision_key(session: Session, decision_id: str, binding: str, version_tag: str | None, definition: str) -> int:
    """The version of a decision to which a task of the process ``definition`` is bound. Raises DecisionNotFound."""
    if binding == "deployment":
        found = of_deployment(session, "decision", decision_id, int(definition))
    else:
        found = session.execute(DECISION, {"n": decision_id, "t": version_tag if binding == "versionTag" else None}).scalar_one_or_none()
    if found is None:
        raise DecisionNotFound(missing_decision(decision_id, binding, version_tag))
    return found


def missing_form(form_id: str, binding: str, version_tag: str | None = None) -> str:
    """Which form is not there, in which version."""
    if binding == "deployment":
        return f"Das Formular „{form_id}“ ist nicht zusammen mit diesem Modell eingespielt worden (Bindung „deployment“)."
    if binding == "versionTag":
        return f"Vom Formular „{form_id}“ ist keine Fassung mit der Kennzeichnung „{version_tag}“ eingespielt (Bindung „versionTag“)."
    return f"Das Formular „{form_id}“ ist nicht eingespielt (Bindung „latest“)."


AGAIN = "und lassen Sie den Schritt danach noch einmal versuchen."
ADVICE: Mapping[str, str] = {
    "latest": f"Spielen Sie das Formular ein {AGAIN}", "versionTag": f"Spielen Sie eine solche Fassung ein {AGAIN}",
    "deployment": f"Spielen Sie Modell und Formular gemeinsam ein, lassen Sie den Vorgang in die neue Fassung umziehen {AGAIN}"}


def missing_decision(decision_id: str, binding: str, version_tag: str | None) -> str:
    """Which decision is not there, in which version, and what to do."""
    if binding == "deployment":
        return (f"Die Entscheidung „{decision_id}“ gab es nicht, als dieses Modell eingespielt wurde (Bindung „deployment“). Spielen Sie beide gemeinsam ein, "
                f"lassen Sie den Vorgang in die neue Fassung umziehen {AGAIN}")
    if binding == "versionTag":
        return (f"Von der Entscheidung „{decision_id}“ ist keine Fassung mit der Kennzeichnung „{version_tag}“ eingespielt (Bindung „versionTag“). "
                f"Spielen Sie eine solche Fassung ein {AGAIN}")
    return f"Die Entscheidung „{decision_id}“ ist nicht eingespielt. Spielen Sie die Entscheidungstabelle ein {AGAIN}"


# -- beforehand --------------------------------------------------------------------------------------------------------
def missing(uow: UnitOfWork, definitions: Iterable[Definition], *, beside: Iterable[str] = ()) -> list[Finding]:
    """Warnings about what these processes name and what is not deployed. What is only known while a process runs (FEEL) is not looked at.

    Args:
        uow: the Mandant.
        definitions: to look at.
        beside: ids of processes that come with them and are not deployed yet.
    """
    named = [(definition, facts, name) for definition in definitions for facts in definition.elements.values() if (name := wanted(facts)) is not None]
    known = {kind: there(uow.session, statement, [name for _, facts, name in named if facts.type == kind]) for kind, statement in THERE.items()}
    known["callActivity"] |= set(beside)
    port = form_port(uow)
    found: list[Finding] = []
    for definition, facts, name in named:
        if facts.type == "userTask" and facts.ext.form_binding != "latest":
            reason = unbound(port, definition, facts, name)
        elif facts.type == "businessRuleTask" and facts.ext.decision_binding != "latest":
            reason = undecided(uow.session, definition, facts, name)
        else:
            reason = None if name in known[facts.type] else SENTENCES[facts.type](name)
        if reason is not None:
            found.append(finding(facts, name, reason))
    return found


def wanted(facts: ElementFacts) -> str | None:
    """What an element needs from elsewhere, if the model says so without computing it."""
    ext = facts.ext
    name = {"userTask": ext.form_id, "businessRuleTask": ext.decision, "callActivity": ext.process}.get(facts.type)
    return None if name is None or name.startswith("=") else name


def there(session: Session, statement: str, names: list[str]) -> set[str]:
    """Which of these are deployed."""
    return set(session.execute(text(statement), {"n": sorted(set(names))}).scalars()) if names else set()


def undecided(session: Session, definition: Definition, facts: ElementFacts, decision_id: str) -> str | None:
    """Why the task has no decision in the version that it is bound to; None if it has."""
    binding, tag = facts.ext.decision_binding, facts.ext.decision_version_tag
    if (tag is not None and tag.startswith("=")) or (binding == "deployment" and definition.key == UNDEPLOYED):
        return None  # not known before it runs or is deployed
    try:
        decision_key(session, decision_id, binding, tag, definition.key)
    except DecisionNotFound as error:
        return str(error)
    return None


def unbound(port: FormPort, definition: Definition, facts: ElementFacts, form_id: str) -> str | None:
    """Why the task has no form in the version that it is bound to; None if it has."""
    binding, tag = facts.ext.form_binding, facts.ext.form_version_tag
    if (tag is not None and tag.startswith("=")) or (binding == "deployment" and definition.key == UNDEPLOYED):
        return None  # not known before it runs or is deployed
    try:
        port(form_id, binding, tag, definition.key)
    except FormNotFound:
        return missing_form(form_id, binding, tag)
    return None


def finding(facts: ElementFacts, name: str, reason: str) -> Finding:
    """A warning about one element."""
    who, (code, english) = facts.name or facts.id, CODES[facts.type]
    return Finding(severity="warning", code=code, element_id=facts.id, element_name=facts.name, element_type=facts.type, line=facts.line,
                   message_de=f"„{who}“: {reason} Solange das so ist, bleibt ein Vorgang hier mit einer Störung stehen.",
                   message_en=f'"{who}": {english} "{name}" is not deployed; instances stop here with an incident until it is.')


THERE: Mapping[str, str] = {
    "userTask": "select distinct form_id from form_definition where form_id = any(:n)",
    "businessRuleTask": "select distinct decision_id from decision_definition where decision_id = any(:n)",
    "callActivity": "select distinct process_id from process_definition where process_id = any(:n)",
}
SENTENCES: Mapping[str, Callable[[str], str]] = {
    "userTask": lambda name: missing_form(name, "latest"),
    "businessRuleTask": "Die Entscheidung „{}“ ist nicht eingespielt.".format,
    "callActivity": "Der aufgerufene Prozess „{}“ ist nicht eingespielt.".format,
}
CODES: Mapping[str, tuple[str, str]] = {
    "userTask": ("form_missing", "the form"), "businessRuleTask": ("decision_not_deployed", "the decision"),
    "callActivity": ("process_not_deployed", "the process")}

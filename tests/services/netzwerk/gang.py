"""Walking the network processes on the real application, through the lists and forms that people use."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from processes import bibliothek
from services import aufgaben, formular
from services.bootstrap import App
from services.context import Actor
from services.prozess import deployments, instances, tasks
from services.unit_of_work import UnitOfWork, transact
from tests.antworten import answers
from tests.builders import actor

KOORDINATION = actor("osterkamp")
BETRIEB = actor("prozess")
PROZESSE = ("etappe", "netzwerk", "verstetigung", "gremium", "beschluss_nachverfolgung", "strukturhinweis")
GRUPPEN = [{"name": name, "arbeitsfeld": name, "federfuehrung": "awo_fluechtlingsberatung"} for name in ("Sprache", "Arbeit", "Wohnen")]
WEGE: dict[str, dict[str, Any]] = {
    "aufbau_vorbereiten": {"vorhaben": "Ankommen"},
    "projektgruppen_zusammenstellen": {"projektgruppen": GRUPPEN},
    "projektgruppen_beauftragen": {"projektgruppen": GRUPPEN},
}


def einspielen(app: App) -> None:
    """The network processes with their tables and forms; the others take no part."""
    files = [d for d in bibliothek.dateien() if d.key.startswith(PROZESSE)]
    deployments.deploy(app, BETRIEB, resources=[deployments.Resource(name=d.name.rsplit("/", 1)[-1], data=d.data) for d in files])


def offen(app: App, root: int, who: Actor = KOORDINATION) -> list[tasks.TaskInfo]:
    """Open tasks of a process in the list of a person's groups, the oldest first."""
    return sorted((t for t in tasks.inbox(app, who, tab="groups", limit=200).items if t.root_key == root), key=lambda t: t.key)


def namen(app: App, root: int, who: Actor = KOORDINATION) -> list[str]:
    return [t.element_id for t in offen(app, root, who)]


def erledigen(app: App, task: tasks.TaskInfo, who: Actor = KOORDINATION, **given: Any) -> None:
    """The form as a person sees it; what is not given gets plausible answers."""
    assert formular.zeigen(app, who, key=task.key).view is not None  # the page can show it

    def values(uow: UnitOfWork) -> dict[str, Any]:
        opened = aufgaben.open_in(uow, key=task.key)
        assert opened is not None
        shown = {name: value for name, value in opened.values.items() if value not in (None, "", [])}
        return answers(opened.form, opened.evaluate, opened.context, {**shown, **WEGE.get(task.element_id, {}), **given})
    aufgaben.complete_with_form(app, who, key=task.key, values=transact(app, who, values), typed=True)


def weiter(app: App, root: int, element: str, who: Actor = KOORDINATION, **given: Any) -> None:
    """Complete the first open task of this element."""
    erledigen(app, next(t for t in offen(app, root, who) if t.element_id == element), who, **given)


def bis(app: App, root: int, element: str) -> None:
    """Complete whatever is open until this element is."""
    for _ in range(120):
        found = offen(app, root)
        if any(t.element_id == element for t in found):
            return
        erledigen(app, found[0])
    raise AssertionError(f"{element} was not reached")


def variablen(app: App, key: int) -> dict[str, Any]:
    return instances.variables(app, BETRIEB, key=key)


def laufend(app: App) -> dict[str, int]:
    """Process -> root instance, of those that run."""
    def work(uow: UnitOfWork) -> dict[str, int]:
        rows = uow.session.execute(text("select process_id, key from process_instance where parent_key is null and status = 'ACTIVE'"))
        return {row.process_id: row.key for row in rows}
    return transact(app, BETRIEB, work)

"""*Meine Aufgaben*: what is to be done, most overdue first, and what can be done with several tasks at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, get_args

from flask import Blueprint, redirect, render_template, request, url_for

from services import anmeldung
from services.errors import Conflict, InvalidInput, NotFound, NotPermitted
from services.fall import uebergaben_lesen
from services.kurzfassung import kurzfassungen
from services.prozess import tasks
from web.adressen import seitenzahl
from web.anzeige import end_of_week, faellig, heute, kalender, langes_datum, mehrzahl, parse_datum, start_of
from web.auth import actor, local_target, the_app
from web.guards import guard

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from flask.typing import ResponseReturnValue

    from services.prozess.tasks import TaskInfo, TaskPage

pages = Blueprint("aufgaben", __name__)

PAGE = 50
TABS: Mapping[str, tuple[str, tasks.Tab]] = {
    "meine": ("Meine", "mine"), "gruppen": ("Meine Gruppen", "groups"), "team": ("Team", "team"), "erledigt": ("Erledigt", "done"),
}
FAELLIG = {"ueberfaellig": "überfällig", "heute": "heute", "woche": "diese Woche"}
GRUPPEN = (("over", "Überfällig"), ("today", "Heute fällig"), ("week", "Diese Woche"), ("later", "Später"))
FILTER = ("faellig", "prozess", "person", "wiedervorlage", "schritt")
assert {tab for _, tab in TABS.values()} == set(get_args(tasks.Tab))


@dataclass(frozen=True, kw_only=True)
class Chip:
    """An active filter; ``href`` is the same list without it."""

    text: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Gruppe:
    """Rows under one heading."""

    titel: str
    aufgaben: tuple[TaskInfo, ...]


@pages.get("/")
@guard()
def start() -> ResponseReturnValue:
    """The first page after the log-in: tasks, or the handovers where the person has nothing but these."""
    return redirect(url_for("aufgaben.liste"))


@pages.get("/aufgaben")
@guard()
def liste() -> ResponseReturnValue:
    me = actor()
    tab = request.args.get("liste", "meine")
    if tab not in TABS or (tab == "team" and not me.has_role("koordination")):
        tab = "meine"
    filters = {name: value for name in FILTER if (value := request.args.get(name, "").strip()[:100])}
    number = seitenzahl()
    page = load(tab, filters, number)
    names = anmeldung.namen(the_app(), me, logins=[task.assignee for task in page.items] + [filters.get("person")])
    return render_template(
        "seiten/aufgaben.html", tab=tab,
        uebergaben_wartend=uebergaben_lesen.wartend(the_app(), me) if tab == "meine" and not filters else 0,
        tabs=[(key, label) for key, (label, _) in TABS.items() if key != "team" or me.has_role("koordination")],
        seite=page, gruppen=groups(page.items) if tab != "erledigt" else [], anzahl=page.counts.get(TABS[tab][1]), grenze=tasks.COUNT_CAP,
        satz=headline(page, tab), chips=chips(tab, filters, names), filter=filters, faellig_moeglich=FAELLIG, namen=names,
        faelle=kurzfassungen(the_app(), me, aktenzeichen=[task.business_id for task in page.items if task.business_id]),
        nummer=number, erste=(number - 1) * PAGE + 1, zurueck=adresse(tab, filters, number), adresse=adresse, zaehler={
            key: page.counts.get(name) for key, (_, name) in TABS.items()})


def load(tab: str, filters: Mapping[str, str], number: int) -> TaskPage:
    today = heute()
    bounds: dict[str, tuple[datetime | None, datetime | None]] = {
        "ueberfaellig": (None, start_of(today)), "heute": (start_of(today), start_of(today + timedelta(days=1))),
        "woche": (start_of(today), start_of(end_of_week(today) + timedelta(days=1)))}
    since, before = bounds.get(filters.get("faellig", ""), (None, None))
    return tasks.inbox(
        the_app(), actor(), tab=TABS[tab][1], since=since, before=before, process_id=filters.get("prozess"), assignee=filters.get("person"),
        element_id=filters.get("schritt"), hide_follow_up=filters.get("wiedervorlage") != "alle", limit=PAGE, offset=(number - 1) * PAGE)


def groups(items: Iterable[TaskInfo]) -> list[Gruppe]:
    """Rows by their place in time; the order inside stays that of the list."""
    today, calendar = heute(), kalender()
    rows: dict[str, list[TaskInfo]] = {key: [] for key, _ in GRUPPEN}
    for task in items:
        rows[faellig(task.due, today, calendar).lage if task.due else "later"].append(task)
    return [Gruppe(titel=title, aufgaben=tuple(rows[key])) for key, title in GRUPPEN if rows[key]]


def headline(page: TaskPage, tab: str) -> str:
    """How bad is it? One sentence. A number is only told if the page shows all that it counts."""
    today = heute()
    day = langes_datum(today)
    if tab == "erledigt" or not page.items:
        return f"{day}."
    places = [faellig(task.due, today, kalender()).lage if task.due else "later" for task in page.items]
    over, now = places.count("over"), places.count("today")
    if page.has_more and places[-1] in {"over", "today"}:
        return f"{day}. Mehr als {over or now} Aufgaben sind {'überfällig' if over else 'heute fällig'}."
    parts = [f"{mehrzahl(over, 'Aufgabe ist', 'Aufgaben sind')} überfällig"] if over else []
    parts += [f"{now} {'ist' if now == 1 else 'sind'} heute fällig" if over else f"{mehrzahl(now, 'Aufgabe ist', 'Aufgaben sind')} heute fällig"] if now else []
    return f"{day}. {', '.join(parts) if parts else 'Keine Aufgabe ist überfällig'}."


def adresse(tab: str, filters: Mapping[str, str], seite: int = 1, ohne: str = "") -> str:
    """The address of a list: everything that shapes it stands in there, so that it can be kept and sent."""
    kept: dict[str, Any] = {name: value for name, value in filters.items() if name != ohne}
    return url_for("aufgaben.liste", liste=tab if tab != "meine" else None, seite=seite if seite > 1 else None, **kept)


def chips(tab: str, filters: Mapping[str, str], names: Mapping[str, str]) -> list[Chip]:
    words = {
        "faellig": f"Fällig: {FAELLIG.get(filters.get('faellig', ''), filters.get('faellig'))}",
        "prozess": f"Prozess: {filters.get('prozess')}", "schritt": f"Schritt: {filters.get('schritt')}",
        "person": f"Zuständig: {names.get(filters.get('person', ''), filters.get('person'))}",
        "wiedervorlage": "auch mit späterer Wiedervorlage",
    }
    return [Chip(text=words[name], href=adresse(tab, filters, ohne=name)) for name in filters]


# -- several at once -------------------------------------------------------------------------------------------------------
@pages.post("/aufgaben/auswahl")
@guard()
def auswahl() -> ResponseReturnValue:
    """Claim, give back or set a Wiedervorlage for the selected tasks, each in its own commit."""
    keys = [int(text) for text in request.form.getlist("aufgabe")[:PAGE * 2] if text.isdecimal() and len(text) < 19]
    back = local_target(request.form.get("_zurueck")) or url_for("aufgaben.liste")
    what = request.form.get("tun", "")
    if not keys:
        return redirect(mit_meldung(back, "keine_auswahl"))
    if what == "wiedervorlage" and "datum" not in request.form:
        return render_template("seiten/wiedervorlage.html", aufgaben=visible(keys), zurueck=back, fehler="", datum="")
    follow_up: date | None = None
    if what == "wiedervorlage":
        try:
            follow_up = parse_datum(request.form["datum"])
            if follow_up <= heute():
                raise ValueError("Wählen Sie einen Tag in der Zukunft.")
        except ValueError as error:
            return render_template("seiten/wiedervorlage.html", aufgaben=visible(keys), zurueck=back, fehler=str(error),
                                   datum=request.form["datum"]), 422
    refused = sum(not one(what, key, follow_up) for key in keys)
    done = {"uebernehmen": "uebernommen", "zurueckgeben": "zurueckgegeben", "wiedervorlage": "wiedervorlage"}.get(what, "keine_auswahl")
    return redirect(mit_meldung(back, "teilweise" if refused else done))


def visible(keys: Iterable[int]) -> list[TaskInfo]:
    """The selected tasks that still exist for the person."""
    found = []
    for key in keys:
        try:
            found.append(tasks.get(the_app(), actor(), key=key))
        except NotFound:
            continue
    return found


def one(what: str, key: int, follow_up: date | None) -> bool:
    """Do it for one task; whether it was possible."""
    app, me = the_app(), actor()
    try:
        if what == "uebernehmen":
            tasks.assign(app, me, key=key, assignee=me.login, allow_override=False)
        elif what == "zurueckgeben":
            tasks.unassign(app, me, key=key)
        elif what == "wiedervorlage" and follow_up is not None:
            tasks.update(app, me, key=key, changes={"follow_up": start_of(follow_up)})
        else:
            return False
    except (Conflict, NotFound, NotPermitted, InvalidInput):
        return False
    return True


def mit_meldung(address: str, name: str) -> str:
    """The address with the short name of a message; an older one is replaced."""
    path, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith("meldung=")]
    return f"{path}?{'&'.join([*kept, f'meldung={name}'])}"


@pages.post("/aufgaben/zeilen")
@guard()
def zeilen() -> ResponseReturnValue:
    """Store the density of the rows for this person."""
    anmeldung.einstellungen_speichern(the_app(), actor(), werte={"dichte": request.form.get("dichte", "")})
    return redirect(local_target(request.form.get("_zurueck")) or url_for("aufgaben.liste"))


"""*Fristen*: every due date of the team, by age, and reminding those of other organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for

from services import anmeldung, fristen
from services.kurzfassung import kurzfassungen
from services.prozess import tasks
from web.adressen import seitenzahl
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("fristen", __name__, url_prefix="/fristen")

PAGE = 100


@pages.post("/<nummer:key>/erinnern")
@guard(roles=("koordination",))
def erinnern(key: int) -> ResponseReturnValue:
    """One mail; back to the same list."""
    alter = request.form.get("alter", "")[:20]
    try:
        fristen.erinnern(the_app(), actor(), key=key)
    except fristen.SchonErinnert:
        return redirect(url_for("fristen.liste", alter=alter, meldung="schon_erinnert"))
    return redirect(url_for("fristen.liste", alter=alter, meldung="erinnert"))


@pages.get("")
@guard(roles=("koordination",))
def liste() -> ResponseReturnValue:
    app, me = the_app(), actor()
    lage = fristen.lage(app, me)
    wanted = request.args.get("alter", "")
    chosen = next((e for e in lage.eimer if e.key == wanted), None) or next((e for e in lage.eimer if e.anzahl), lage.eimer[0])
    number = seitenzahl()
    page = tasks.inbox(app, me, tab="team", since=chosen.ab, before=chosen.vor, hide_follow_up=False, limit=PAGE, offset=(number - 1) * PAGE)
    rows = [task for task in page.items if task.due is not None]
    return render_template(
        "seiten/fristen.html", erinnerbar=fristen.erinnerbar(app, me, aufgaben=rows),
        lage=lage, gewaehlt=chosen, zeilen=rows, nummer=number, mehr=page.has_more, jetzt=app.clock.now(),
        namen=anmeldung.namen(app, me, logins=[t.assignee for t in rows]), faelle=kurzfassungen(app, me, aktenzeichen=[t.business_id for t in rows]))

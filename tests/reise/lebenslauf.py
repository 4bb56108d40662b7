"""Lives of cases: a file tells what happens over years, the real services do it, and after every step all must be sound.

`docs/lebenslaeufe.md` explains the format of the files in ``tests/reise/leben``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from engine import timers
from engine.calendar import from_wall_clock
from engine.clock import BERLIN
from processes import bibliothek, profil
from services import aufgaben, demo, policy, vorgaenge
from services.context import Actor, system_actor
from services.fall import abschnitte, akte, einwilligungen, faelle, kontakte, uebergaben, verweise
from services.fall.faelle import NeuePerson
from services.prozess import deployments, tasks
from services.prozess.deployments import Resource
from services.unit_of_work import UnitOfWork, read, transact
from tests.antworten import answers
from tests.reise.gang import Gang, people

if TYPE_CHECKING:
    from pathlib import Path

    from services.bootstrap import App
    from services.prozess.tasks import TaskInfo

MORNING = dt.time(8, 0)
KOPF = {"titel", "kommune", "quelle", "geschichte", "beginn", "fall", "personen", "schritte", "prozesse"}
# What each kind of step may say besides its own key.
SCHRITTE: dict[str, set[str]] = {
    "aufgabe": {"wer", "mit", "jede"},
    "aufgaben": {"wer"},
    "zeit": {"dabei"},
    "zeit_bis": {"dabei"},
    "uebergabe": {"wer", "grund"},
    "verweis": {"wer", "grund"},
    "vorgang": {"wer"},
    "kontakt": {"wer", "grund"},
    "einwilligung": {"wer", "zweck", "abschnitte", "bis"},
    "angebot": {"wer", "abschnitte", "grund"},
    "widerruf": {"wer", "zweck", "grund"},
    "rechtskreise": {"wer", "grund"},
    "neue_person": {"wer"},
    "erwartet": set(),
}
ERWARTET = {"offen", "auch_offen", "nicht_offen", "faellig", "zustaendig", "verantwortlich", "phase", "status", "abschlussgrund", "sieht", "rechtskreise", "verlauf"}
# What a message starts without being asked for must be there to be noticed.
VON_SELBST = {"uebergabe_nachfrage"}


def moment(value: dt.date | dt.datetime) -> dt.datetime:
    """A day means eight o'clock in Berlin."""
    at = value.time() if isinstance(value, dt.datetime) else MORNING
    return from_wall_clock(dt.datetime(value.year, value.month, value.day, at.hour, at.minute, at.second)).astimezone(dt.UTC)


def plain(value: Any) -> Any:
    """As JSON has it: YAML reads days as dates."""
    if isinstance(value, dict):
        return {name: plain(v) for name, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value.isoformat() if isinstance(value, dt.date) else value


@dataclass(kw_only=True)
class Lebenslauf(Gang):
    """A life on its way. ``entliehen``: how often another organisation lawfully saw a section.
    ``duerfen``: who may open the case, for these ``gruende``.
    """

    personen: dict[str, int] = field(default_factory=dict)
    entliehen: int = 0
    gruende: Any = None
    duerfen: list[Actor] = field(default_factory=list)

    # -- who -----------------------------------------------------------------------------------------------------------------
    def zaehlt(self, who: Actor) -> bool:
        """Only who works with cases counts, and not the administration, which has every function in a demo."""
        return "verwaltung" not in who.roles and bool(who.roles & set(policy.BETEILIGT))

    def jemand(self, wer: str, among: list[Actor] | None = None) -> Actor:
        """The log-in, else somebody of the organisation, else somebody with the function."""
        known = [a for a in (self.leute.values() if among is None else among) if "verwaltung" not in a.roles and a.roles]
        for found in ([a for a in known if a.login == wer], [a for a in known if a.organisation == wer and "fallmanagement" in a.roles],
                      [a for a in known if a.organisation == wer], [a for a in known if wer in a.functions]):
            if found:
                return found[0]
        raise AssertionError(f"nobody is „{wer}“ among {sorted(a.login for a in known)}")

    def verantwortlich(self) -> Actor:
        """Who works in the case: the person named, else somebody of the organisation that holds it."""
        fall = self.fall()
        return self.leute[fall.login] if fall.login else self.jemand(fall.organisation)

    def _wer(self, step: dict[str, Any]) -> Actor:
        return self.jemand(step["wer"]) if "wer" in step else self.verantwortlich()

    # -- steps ---------------------------------------------------------------------------------------------------------------
    def nimm(self, step: dict[str, Any]) -> None:
        """One step of the file."""
        kind = next((k for k in step if k in SCHRITTE), None)
        assert kind, f"no such step: {sorted(step)}"
        unknown = set(step) - SCHRITTE[kind] - {kind, "notiz"}
        assert not unknown, f"a step „{kind}“ has no {sorted(unknown)}"
        getattr(self, f"_{kind}")(step)

    def _aufgabe(self, step: dict[str, Any]) -> None:
        element, given = step["aufgabe"], plain(step.get("mit") or {})
        self._erledige(element, given, step.get("wer"))
        while step.get("jede") and element in self.namen():
            self._erledige(element, given, step.get("wer"))

    def _aufgaben(self, step: dict[str, Any]) -> None:
        for element in step["aufgaben"]:
            self._aufgabe({**step, "aufgabe": element, "jede": True})

    def _erledige(self, element: str, given: dict[str, Any], wer: str | None) -> None:
        task = next((t for t in self.offen() if t.element_id == element), None)
        assert task is not None, f"„{element}“ is not open, but {self.namen()}"
        candidates = self.adressaten(task)
        assert candidates, f"„{element}“ reaches nobody"
        who = self.jemand(wer, candidates) if wer else candidates[0]
        if not task.assignee:
            tasks.assign(self.app, who, key=task.key, assignee=who.login, allow_override=False)
        values = transact(self.app, who, lambda uow: self._answers(uow, task, self._personen(given)))
        aufgaben.complete_with_form(self.app, who, key=task.key, values=values, typed=True)
        self.erledigt.append((element, who.login))
        self.pruefe()

    def _personen(self, given: dict[str, Any]) -> dict[str, Any]:
        """``person: B`` is a person of the file, also within a list."""
        def key(value: Any) -> Any:
            return str(self.personen[value["person"]]) if isinstance(value, dict) and set(value) == {"person"} else value
        return {name: [key(v) for v in value] if isinstance(value, list) else key(value) for name, value in given.items()}

    @staticmethod
    def _answers(uow: UnitOfWork, task: TaskInfo, given: dict[str, Any]) -> dict[str, Any]:
        opened = aufgaben.open_in(uow, key=task.key)
        assert opened is not None
        missing = set(given) - {path[0] for path, _ in opened.form.fields()}
        assert not missing, f"the form of „{task.element_id}“ has no field {sorted(missing)}"
        return answers(opened.form, opened.evaluate, opened.context, {**opened.values, **given})

    def _zeit(self, step: dict[str, Any]) -> None:
        self._gehe_bis(timers.parse_timer("duration", step["zeit"], self.app.clock.now()).due, step.get("dabei") or {})

    def _zeit_bis(self, step: dict[str, Any]) -> None:
        self._gehe_bis(moment(step["zeit_bis"]), step.get("dabei") or {})

    def _gehe_bis(self, until: dt.datetime, dabei: dict[str, Any]) -> None:
        """Every timer on the way fires at its own time, as with a worker that never sleeps. ``dabei``: tasks done as soon as they come."""
        assert until > self.app.clock.now(), "time goes forward"
        self._erledige_dabei(dabei)
        while (due := self._naechster()) is not None and due <= until:
            self.warte_bis(due)
            self._erledige_dabei(dabei)
        self.warte_bis(until)

    def _erledige_dabei(self, dabei: dict[str, Any]) -> None:
        while found := next((name for name in self.namen() if name in dabei), None):
            self._erledige(found, plain(dabei[found] or {}), None)

    def _naechster(self) -> dt.datetime | None:
        ((due,),) = self.zeilen("select min(due) from timer where status = 0")
        return due

    def _uebergabe(self, step: dict[str, Any]) -> None:
        offer = self.uebergabe()
        who = self.jemand(step.get("wer", offer.empfaenger))
        assert who.organisation == offer.empfaenger, f"the offer goes to „{offer.empfaenger}“"
        uebergaben.beantworten(self.app, who, uebergabe=offer.key, angenommen=step["uebergabe"] == "angenommen", ablehnungsgrund=step.get("grund"))
        self.erledigt.append(("uebergabe_" + step["uebergabe"], who.login))
        self.pruefe()

    def _verweis(self, step: dict[str, Any]) -> None:
        status = "angenommen" if step["verweis"] == "erledigt" else "angeboten"
        (offer,) = self.zeilen("select key, empfaenger from verweis where aktenzeichen = :a and status = :s", s=status)
        who = self.jemand(step.get("wer", offer.empfaenger))
        if step["verweis"] == "erledigt":
            verweise.erledigen(self.app, who, verweis=offer.key, rueckmeldung=step["grund"])
        else:
            verweise.beantworten(self.app, who, verweis=offer.key, angenommen=step["verweis"] == "angenommen", ablehnungsgrund=step.get("grund"))
        self.pruefe()

    def _vorgang(self, step: dict[str, Any]) -> None:
        vorgaenge.starten_im_fall(self.app, self._wer(step), aktenzeichen=self.akte, key=step["vorgang"])
        self.pruefe()

    def _kontakt(self, step: dict[str, Any]) -> None:
        who = self._wer(step)
        if step["kontakt"] == "abgebrochen":
            kontakte.abbrechen(self.app, who, aktenzeichen=self.akte, grund=step["grund"])
        else:
            kontakte.notieren(self.app, who, aktenzeichen=self.akte, art=step["kontakt"], notiz=step["grund"])
        self.pruefe()

    def _einwilligung(self, step: dict[str, Any]) -> None:
        """Everybody in the case agrees, the children by the main person: written down on the page, outside every process."""
        who, (first, *others) = self._wer(step), self.zeilen("select key from person where aktenzeichen = :a order by hauptperson desc, key")
        einwilligungen.erteilen(
            self.app, who, aktenzeichen=self.akte, person=first.key, auch_fuer=[p.key for p in others], empfaenger=step["einwilligung"],
            zweck=step["zweck"], abschnitte=step["abschnitte"], sprache="ar", form="schriftlich", textfassung="1.0", gueltig_bis=step.get("bis"))
        self.pruefe()

    def _angebot(self, step: dict[str, Any]) -> None:
        """A handover offered on the page, outside every process."""
        who = self._wer(step)
        key = uebergaben.entwerfen(self.app, who, aktenzeichen=self.akte, empfaenger=step["angebot"], abschnitte=step["abschnitte"], grund=step["grund"])
        uebergaben.anbieten(self.app, who, uebergabe=key)
        self.pruefe()

    def _widerruf(self, step: dict[str, Any]) -> None:
        who = self._wer(step)
        valid = [e for e in einwilligungen.auflisten(self.app, who, aktenzeichen=self.akte)
                 if e.gueltig and e.empfaenger == step["widerruf"] and e.zweck == step["zweck"]]
        assert valid, f"„{step['widerruf']}“ has no consent for „{step['zweck']}“"
        for consent in valid:
            einwilligungen.widerrufen(self.app, who, einwilligung=consent.key, grund=step["grund"])
            self.pruefe()

    def _rechtskreise(self, step: dict[str, Any]) -> None:
        faelle.rechtskreise_setzen(self.app, self._wer(step), aktenzeichen=self.akte, rechtskreise=step["rechtskreise"], grund=step["grund"])
        self.pruefe()

    def _neue_person(self, step: dict[str, Any]) -> None:
        found = step["neue_person"]
        self.personen[found["kennung"]] = faelle.person_hinzufuegen(self.app, self._wer(step), aktenzeichen=self.akte, person=neu(found))
        self.pruefe()

    # -- what must be ----------------------------------------------------------------------------------------------------------
    def _erwartet(self, step: dict[str, Any]) -> None:
        wanted = step["erwartet"]
        unknown = set(wanted) - ERWARTET
        assert not unknown, f"cannot be expected: {sorted(unknown)}"
        open_now, fall, names = self.offen(), self.fall(), self.namen()
        found: dict[str, Any] = {}
        for key, asked in wanted.items():
            value = asked
            match key:
                case "offen":
                    found[key], value = names, sorted(value)
                case "auch_offen":
                    found[key] = [v for v in value if v in names]
                case "nicht_offen":
                    found[key] = [v for v in value if v not in names]
                case "faellig":
                    found[key] = {v: next((t.due.astimezone(BERLIN).date() for t in open_now if t.element_id == v and t.due), None) for v in value}
                case "zustaendig":
                    found[key] = {v: sorted({a.organisation for t in open_now if t.element_id == v for a in self.adressaten(t)}) for v in value}
                    value = {v: [o] if isinstance(o, str) else sorted(o) for v, o in value.items()}
                case "verantwortlich":
                    found[key] = fall.organisation
                case "phase" | "status" | "abschlussgrund":
                    found[key] = getattr(fall, key)
                case "rechtskreise":
                    ((found[key],),) = self.zeilen("select rechtskreise from fall where aktenzeichen = :a")
                case "sieht":
                    found[key] = {o: sorted(self._sieht_von(o)) for o in value}
                    value = {o: sorted(sections) for o, sections in value.items()}
                case "verlauf":
                    notes = " ".join(r.text for r in self.zeilen("select text from zeitleiste where aktenzeichen = :a"))
                    found[key] = [v for v in value if v in notes]
            assert found[key] == value, f"{key}: {found[key]}, expected {value}; open: {names}, {fall}"

    def _sieht_von(self, organisation: str) -> set[str]:
        return {section for _, _, section, _ in self._gesehen([self.jemand(organisation)])}

    def _duerfen(self, consents: list[Any]) -> list[Actor]:
        """Who of each organisation may open the case. Asked again whenever anything that decides it has changed: asking everybody is slow."""
        lent = self.zeilen("select empfaenger, status from uebergabe where aktenzeichen = :a union all select empfaenger, status from verweis "
                           "where aktenzeichen = :a")
        reasons = (consents, sorted(lent), self.fall(), {t.assignee for t in self.offen()})
        if self.gruende != reasons:
            one_each = {a.organisation: a for a in self.leute.values() if "verwaltung" not in a.roles and a.roles & set(policy.BETEILIGT)}
            today = self.app.clock.today()
            self.duerfen = read(self.app, system_actor(self.mandant), lambda uow: [
                who for who in one_each.values() if (target := policy.fall_target(uow.session, who, self.akte, today)) is not None
                and policy.may(who, policy.Action.FALL_READ, target)])
            self.gruende = reasons
        return self.duerfen

    def _gesehen(self, people: list[Actor]) -> list[tuple[str, int | None, str, str]]:
        """(who sees, person, section, whose section)."""
        def work(uow: UnitOfWork) -> list[tuple[str, int | None, str, str]]:
            found = []
            for who in people:
                target = policy.fall_target(uow.session, who, self.akte, self.app.clock.today())
                if target is not None and policy.may(who, policy.Action.FALL_READ, target):
                    found += [(who.organisation, row.person, row.abschnitt, row.organisation) for row in akte.visible_sections(uow, who, target)]
            return found
        return read(self.app, system_actor(self.mandant), work)

    def pruefe(self) -> None:
        """What a Gang checks, and that nobody of another organisation sees a section without consent to it."""
        super().pruefe()
        consents = self.zeilen("select person, empfaenger, zweck, abschnitte, besondere_abschnitte from einwilligung where aktenzeichen = :a "
                               "and widerrufen_am is null and gueltig_ab <= :t and (gueltig_bis is null or gueltig_bis >= :t) order by key",
                               t=self.app.clock.today())
        for who, person, section, owner in self._gesehen(self._duerfen(consents)):
            if who == owner:
                continue
            kind = "besondere_abschnitte" if section in abschnitte.BESONDERE else "abschnitte"
            assert section not in abschnitte.INTERN, f"„{who}“ sees the internal section „{section}“"
            assert any(c.empfaenger == who and person in (c.person, None) and section in getattr(c, kind) for c in consents), (
                f"„{who}“ sees „{section}“ of person {person} without consent")
            self.entliehen += 1

    def pruefe_ende(self) -> None:
        """The Fallverantwortung had no gap, consent was put to the test, and nothing is left behind."""
        self.pruefe_ketten(alle=True)
        rows = self.zeilen("select von, bis from fallverantwortung where aktenzeichen = :a order by von")
        assert [r.bis for r in rows[:-1]] == [r.von for r in rows[1:]], "the Fallverantwortung has gaps"
        assert self.entliehen, "nobody ever saw a section by consent"
        assert self.namen() == []
        assert self.zeilen("select process_id from process_instance where business_id = :a and status = 'ACTIVE'") == []
        assert self._naechster() is None

    def prozesse(self) -> list[str]:
        """Every process that ran in the case."""
        return sorted(r.process_id for r in self.zeilen("select distinct process_id from process_instance where business_id = :a"))


def lade(path: Path) -> dict[str, Any]:
    """A file; unknown entries are mistakes."""
    document: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    assert set(document) == KOPF, f"{path.name}: {sorted(set(document) ^ KOPF)}"
    assert document["kommune"] in profil.namen()
    return document


def neu(entry: dict[str, Any]) -> NeuePerson:
    """A person of the file; „Person B“ is all the name she has."""
    return NeuePerson(vorname="Person", nachname=entry["kennung"], geburtsdatum=entry["geboren"], hauptperson=entry.get("hauptperson", False),
                      aufenthalt=entry.get("aufenthalt"))


def beginne(app: App, document: dict[str, Any]) -> Lebenslauf:
    """The Mandant of the Kommune, its people and models, and the new case."""
    kommune, fall = document["kommune"], document["fall"]
    demo.load(app, [kommune])
    leute = people(app, kommune)
    # Deploying every model would take most of the time. A process that is missing in the list stops the life with an incident.
    wanted = {*document["prozesse"], *VON_SELBST}
    deployments.deploy(app, next(a for a in leute.values() if "verwaltung" in a.roles), resources=[
        Resource(name=d.name.rsplit("/", 1)[-1], data=d.data) for d in bibliothek.dateien() if d.key in wanted])
    life = Lebenslauf(app=app, akte="", leute=leute, mandant=kommune)
    who = life.jemand(fall["eroeffnet"])
    life.akte = faelle.anlegen(app, who, login=who.login, zugangsweg=fall["zugangsweg"], rechtskreise=list(fall["rechtskreise"]), personen=[
        neu(p) for p in document["personen"]])
    keys = [r.key for r in life.zeilen("select key from person where aktenzeichen = :a order by key")]
    life.personen = dict(zip([p["kennung"] for p in document["personen"]], keys, strict=True))
    life.pruefe()
    return life


def gehe(life: Lebenslauf, document: dict[str, Any]) -> None:
    """All steps."""
    for number, step in enumerate(document["schritte"], 1):
        try:
            life.nimm(step)
        except Exception as error:
            raise AssertionError(f"Schritt {number} am {life.app.clock.today()}: {step}\n{error}") from error
    life.pruefe_ende()

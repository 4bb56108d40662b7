"""Walks a case as the people of the demo do: each task by somebody whom it reaches, and after every step all must be sound."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services import audit, aufgaben
from services.context import Actor, system_actor
from services.fall import faelle, uebergaben
from services.prozess import incidents, messages, rechte, tasks, timers
from services.unit_of_work import UnitOfWork, read, transact
from tests.antworten import answers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from services.bootstrap import App
    from services.prozess.tasks import TaskInfo

JE_PERSON = ("analyse_durchfuehren", "situation_erheben")
FALLMANAGEMENT = {
    "klaerung": ("erstberatung_fuehren", "verfahren_erklaeren", "aufnahme_entscheiden", "einwilligung_erklaeren"),
    "assessment": ("situation_erheben", "ergebnisse_deuten"),
    "zielvereinbarung": ("ziele_verhandeln", "ziele_pruefen", "ziele_vereinbaren"),
    "hilfeplanung": ("hilfeplan_entwerfen", "aufgaben_verteilen", "monitoring_vereinbaren", "hilfeplan_vereinbaren"),
    "leistungssteuerung": ("leistungen_auswaehlen",),
}
# What chooses the way; everything else in a form is plausible.
WEG: dict[str, dict[str, Any]] = {
    "servicestelle_anrufen": {"einvernehmen": "ja"},
    "ueber_angebot_informieren": {"wunsch": "analyse", "asylbetreuung_beteiligt": "nein", "in_unterkunft": "nein"},
    "integrationsvertrag_schliessen": {"vertrag_geschlossen": "ja"},
    "analyse_durchfuehren": {"weiterer_termin": "nein"},
    "austausch_zustimmen": {"zustimmung_erteilt": "ja"},
    "auftrag_aufnehmen": {"auftrag": "ansprechperson"},
    "fallbesprechung_fuehren": {"kurzfristiger_bedarf": "nein"},
    "empfehlung_geben": {"motivation": "ja", "mehrere_akteure": "ja", "intensive_begleitung": "ja", "empfehlung": "fallmanagement"},
    "beratungsbezug_klaeren": {"beratung_besteht": "nein"},
    "zuordnung_bestaetigen": {"abweichen": "nein"},
    "person_rueckversichern": {"person_einverstanden": "ja"},
    "einwilligung_einholen": {"einwilligung_erteilt": "ja"},
    "uebergabegespraech_fuehren": {"gespraech_ergebnis": "uebergabe_vereinbart"},
    "mitteilung_vorbereiten": {"mitteilung_einverstanden": "nein"},
    "erstberatung_fuehren": {"motivation": "vorhanden"},
    "aufnahme_entscheiden": {"aufnahme": "aufnehmen"},
    "einwilligung_erklaeren": {"entscheidung": "erteilt"},
    "ergebnisse_deuten": {"bild": "vollstaendig"},
    "ziele_pruefen": {"pruefung": "tragfaehig"},
    "monitoring_vereinbaren": {"abstimmung_noetig": False},
    "hilfeplan_vereinbaren": {"vereinbarung": "vereinbart"},
    "leistungen_auswaehlen": {"leistungen": [{"bereich": "sprache", "passung": "laeuft", "anbieter": "caritas_migrationsberatung"}]},
    "leistung_vereinbaren": {"leistung_status": "vereinbart"},
    "abschlussgrund_festhalten": {"abschlussgrund": "ziel_erreicht", "gespraech_moeglich": True},
    "abschlussgespraech_fuehren": {"abschluss_bestaetigt": True},
    "verlauf_auswerten": {"strukturhinweis": False},
    "nachfrage_durchfuehren": {"uebergabe_gelungen": "ja", "kontakt_gehalten": "ja"},
}


def people(app: App, mandant: str = "moers") -> dict[str, Actor]:
    """Everybody of a Mandant who can log in, by log-in."""
    def work(uow: UnitOfWork) -> dict[str, Actor]:
        rows = uow.session.execute(
            text("select login, name, mandant, organisation, rollen, funktionen from benutzer where mandant = :m order by login"), {"m": mandant})
        return {r.login: Actor(login=r.login, name=r.name, mandant=r.mandant, organisation=r.organisation, roles=frozenset(r.rollen),
                               functions=frozenset(r.funktionen)) for r in rows}
    return read(app, system_actor(mandant), work)


@dataclass(kw_only=True)
class Gang:
    """A case on its way. ``erledigt`` holds (element, log-in) in order, ``ketten`` the length of each audit chain when it was last looked at."""

    app: App
    akte: str
    leute: Mapping[str, Actor]
    mandant: str = "moers"
    erledigt: list[tuple[str, str]] = field(default_factory=list)
    ketten: dict[str, int] = field(default_factory=dict)

    # -- what a look shows ------------------------------------------------------------------------------------------------
    def offen(self) -> list[TaskInfo]:
        """All open tasks of the case."""
        return read(self.app, system_actor(self.mandant), lambda uow: [tasks.info(r) for r in uow.session.execute(
            tasks.select(*tasks.FIELDS).where(tasks.TABLE.c.business_id == self.akte, tasks.TABLE.c.status == "CREATED").order_by(tasks.TABLE.c.key))])

    def namen(self) -> list[str]:
        """Elements of the open tasks, in order of the alphabet."""
        return sorted(t.element_id for t in self.offen())

    def zaehlt(self, who: Actor) -> bool:
        """Whether a task that reaches this person has reached somebody; here everybody counts."""
        return True

    def erreicht(self, task: TaskInfo) -> Iterator[Actor]:
        """Who exists and finds the task in his list: the assignee, else the members of its groups who may claim it, one after the other."""
        if task.assignee:
            yield from (a for a in self.leute.values() if a.login == task.assignee and self.zaehlt(a))
            return
        for who in self.leute.values():
            if who.groups & set(task.candidate_groups) and self.zaehlt(who) and read(
                    self.app, who, lambda uow, who=who: rechte.may_task(uow, "claim", task)):
                yield who

    def adressaten(self, task: TaskInfo) -> list[Actor]:
        """Everybody whom the task reaches."""
        return list(self.erreicht(task))

    def fall(self) -> Any:
        """Status, phase and who holds the case."""
        return read(self.app, system_actor(self.mandant), lambda uow: uow.session.execute(text(
            "select f.status, f.phase, f.abschlussgrund, v.organisation, v.login from fall f join fallverantwortung v on v.mandant = f.mandant "
            "and v.aktenzeichen = f.aktenzeichen and v.bis is null where f.aktenzeichen = :a"), {"a": self.akte}).one())

    def zeilen(self, statement: str, **values: Any) -> list[Any]:
        """Rows of a statement; ``:a`` is the Aktenzeichen."""
        return read(self.app, system_actor(self.mandant), lambda uow: list(uow.session.execute(text(statement), {"a": self.akte, **values})))

    def uebergabe(self, *, status: str = "angeboten") -> Any:
        """The only handover with this status."""
        (row,) = self.zeilen("select * from uebergabe where aktenzeichen = :a and status = :s", s=status)
        return row

    # -- what people do ---------------------------------------------------------------------------------------------------
    def erledige(self, element: str, /, *, wer: str | None = None, **given: Any) -> TaskInfo:
        """Complete the first open task of this element as somebody whom it reaches."""
        task = next((t for t in self.offen() if t.element_id == element), None)
        assert task is not None, f"{element} is not open, but {self.namen()}"
        candidates = self.adressaten(task)
        assert candidates, f"{element} reaches nobody"
        who = self.leute[wer] if wer else candidates[0]
        assert who in candidates, f"{element} reaches {[c.login for c in candidates]}, not {wer}"
        if not task.assignee:
            tasks.assign(self.app, who, key=task.key, assignee=who.login, allow_override=False)
        opened = transact(self.app, who, lambda uow: self._answers(uow, task, {**WEG.get(element, {}), **given}))
        aufgaben.complete_with_form(self.app, who, key=task.key, values=opened, typed=True)
        self.erledigt.append((element, who.login))
        self.pruefe()
        return task

    @staticmethod
    def _answers(uow: UnitOfWork, task: TaskInfo, given: dict[str, Any]) -> dict[str, Any]:
        """What the person sees already, the answers given, and plausible ones to whatever else is required."""
        opened = aufgaben.open_in(uow, key=task.key)
        assert opened is not None
        missing = set(given) - {path[0] for path, _ in opened.form.fields()}
        assert not missing or task.element_id in WEG, f"{task.element_id} has no field {missing}"
        return answers(opened.form, opened.evaluate, opened.context, {**opened.values, **given})

    def gehe(self, *elements: str, **given: Any) -> None:
        """Several tasks one after the other; one that each person has is completed for each."""
        for element in elements:
            self.erledige(element, **given)
            while element in JE_PERSON and element in self.namen():
                self.erledige(element, **given)

    def antworte(self, *, angenommen: bool, ablehnungsgrund: str | None = None) -> str:
        """The receiving organisation answers the open offer; returns who."""
        offer = self.uebergabe()
        who = next(a for a in self.leute.values() if a.organisation == offer.empfaenger)
        uebergaben.beantworten(self.app, who, uebergabe=offer.key, angenommen=angenommen, ablehnungsgrund=ablehnungsgrund)
        self.erledigt.append(("antwort", who.login))
        self.pruefe()
        return who.login

    def warte(self, **parts: float) -> None:
        """Time passes, the worker does what is due."""
        self.app.clock.advance(**parts)  # type: ignore[attr-defined]  # the clock of the tests
        self.arbeite()
        self.pruefe()

    def warte_bis(self, moment: datetime) -> None:
        self.app.clock.set(moment)  # type: ignore[attr-defined]  # the clock of the tests
        self.arbeite()
        self.pruefe()

    def arbeite(self) -> None:
        """What the worker does."""
        while timers.fire_due(self.app) or messages.deliver_pending(self.app):
            pass

    # -- what always holds ------------------------------------------------------------------------------------------------
    def pruefe(self) -> None:
        """After every step of every journey."""
        self.arbeite()
        now = self.app.clock.now()
        holders = self.zeilen("select organisation from fallverantwortung where aktenzeichen = :a and bis is null")
        assert len(holders) == 1, f"{len(holders)} organisations are responsible"
        for task in self.offen():
            assert next(self.erreicht(task), None), f"nobody finds {task.element_id} ({task.assignee or task.candidate_groups})"
        late = self.zeilen("select element_id, due from timer where status = 0 and due <= :now", now=now)
        assert late == [], "timers in the past"
        assert incidents.open_incidents(self.app, next(a for a in self.leute.values() if "verwaltung" in a.roles)) == ()
        assert self.zeilen("select name from message where pending") == [], "messages that nobody delivers"
        self.pruefe_ketten()

    def pruefe_ketten(self, *, alle: bool = False) -> None:
        """Every audit chain that grew since the last look is sound as a whole; ``alle``: the others as well."""
        lengths = {r.chain: r.length for r in self.zeilen("select chain, count(*) as length from audit group by chain")}
        assert lengths
        chains = [chain for chain, length in lengths.items() if alle or self.ketten.get(chain) != length]
        broken = read(self.app, system_actor(self.mandant), lambda uow: [c for c in chains if audit.verify(uow.session, self.mandant, c) is not None])
        assert broken == [], "audit chains are broken"
        self.ketten = lengths


def beginne(app: App, personen: list[faelle.NeuePerson], *, zugangsweg: str = "buergerservice", rechtskreise: tuple[str, ...] = ()) -> Gang:
    """A new case from the first contact; the log-in of the opener stands in the time line, nobody is named responsible yet."""
    leute = people(app)
    akte = faelle.anlegen(app, leute["fallmanagement"], personen=personen, zugangsweg=zugangsweg, rechtskreise=list(rechtskreise))
    gang = Gang(app=app, akte=akte, leute=leute)
    gang.pruefe()
    return gang

"""Doubles of the built-in jobs: benign answers, the same effects on the facts of the case, and a check of what a model hands in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.dokumente import vorlagen

if TYPE_CHECKING:
    from collections.abc import Callable

# type -> (required inputs, optional inputs)
INPUTS: dict[str, tuple[set[str], set[str]]] = {
    "fall.phase_setzen": ({"phase"}, set()),
    "fall.verantwortung_uebertragen": ({"organisation", "grund"}, {"person"}),
    "fall.schliessen": ({"grund"}, set()),
    "fall.rechtskreis_wechseln": ({"personen", "rechtskreise", "grund"}, set()),
    "fall.notiz": ({"text", "art"}, set()),
    "partner.kapazitaet_pruefen": ({"organisationen"}, set()),
    "partner.abwechselnd_waehlen": ({"regel", "organisationen"}, set()),
    "einwilligung.pruefen": ({"empfaenger", "zweck", "abschnitte"}, {"person_id"}),
    "einwilligung.erteilen": ({"empfaenger", "zweck", "abschnitte", "besondere_abschnitte", "sprache", "form", "textfassung"}, {"gueltig_bis", "person_id"}),
    "uebergabe.anbieten": ({"empfaenger", "zweck", "abschnitte", "grund"}, {"antwort_bis"}),
    "uebergabe.verfallen_lassen": ({"uebergabe_id"}, set()),
    "uebergabe.widerrufen": ({"uebergabe_id"}, set()),
    "uebergabe.alle_widerrufen": (set(), set()),
    "uebergabe.uebernehmen": ({"uebergabe_id"}, set()),
    "partner.informieren": ({"anlass", "empfaenger"}, set()),
    "mail.senden": ({"an", "vorlage", "daten"}, set()),
    "person.mitteilen": ({"anlass"}, set()),
    "dokument.erzeugen": ({"vorlage", "titel", "daten"}, {"sprache", "bezug", "person_id"}),
    "verweis.anbieten": ({"empfaenger", "anliegen", "abschnitte"}, {"antwort_bis"}),
    "verweis.beenden": ({"verweis_id", "erledigt"}, set()),
    "strukturhinweis.melden": ({"text", "art", "bereich", "ebene", "prioritaet", "haeufigkeit"}, set()),
    "strukturhinweis.sammeln": (set(), set()),
    "kennzahlen.ermitteln": ({"von", "bis", "mindestens"}, set()),
    "strukturhinweis.rueckmelden": ({"hinweise", "entscheidung", "antwort", "endgueltig"}, set()),
}
LISTS = {"personen", "rechtskreise", "organisationen", "abschnitte", "besondere_abschnitte", "hinweise"}
MAY_BE_NULL = {"grund"}


class Jobs:
    """Answers jobs and remembers them.

    Attributes:
        done: (type, inputs) in order.
        announced: type -> answers a scenario has announced for the next jobs of that type.
    """

    def __init__(self, fall: dict, move_people: Callable[[list[str], list[str]], None]) -> None:
        self.fall, self.move_people = fall, move_people
        self.done: list[tuple[str, dict]] = []
        self.announced: dict[str, list[dict]] = {}
        self.offers: dict[str, str] = {}

    def take(self, job, declared: set[str]) -> tuple[dict, str | None]:
        """Result variables and error code of one job."""
        assert job.type in INPUTS, f"{job.element}: there is no job type {job.type}"
        required, optional = INPUTS[job.type]
        seen = {name: job.variables[name] for name in required | optional if name in job.variables}
        missing, unknown = required - set(seen), declared - required - optional
        assert not missing, f"{job.element}: {job.type} needs the input {sorted(missing)}"
        assert not unknown, f"{job.element}: {job.type} does not know the input {sorted(unknown)}"
        for name in required - MAY_BE_NULL:
            assert seen[name] is not None, f"{job.element}: the input {name} of {job.type} is null"
        for name in LISTS & set(seen):
            assert isinstance(seen[name], list), f"{job.element}: the input {name} of {job.type} is no list"
        if job.type == "partner.informieren":
            assert isinstance(seen["empfaenger"], list), f"{job.element}: empfaenger is no list"
        self.done.append((job.type, seen))
        waiting = self.announced.get(job.type, [])
        answer = waiting.pop(0) if waiting else {}
        if "fehler" in answer:
            return {}, answer["fehler"]
        return answer["ergebnis"] if "ergebnis" in answer else self.usual(job.type, seen), None

    def usual(self, kind: str, seen: dict) -> dict:
        """What the job does and returns when nothing is in the way."""
        if kind == "fall.phase_setzen":
            self.fall["phase"] = seen["phase"]
        elif kind == "fall.verantwortung_uebertragen":
            self.fall.update(verantwortliche_organisation=seen["organisation"], verantwortlich=seen.get("person"))
            return {"verantwortlich": seen.get("person")}
        elif kind == "fall.rechtskreis_wechseln":
            self.move_people(seen["personen"], seen["rechtskreise"])
        elif kind == "partner.kapazitaet_pruefen":
            return {"kapazitaet": dict.fromkeys(seen["organisationen"], True)}
        elif kind == "partner.abwechselnd_waehlen":
            return {"organisation": next(iter(seen["organisationen"]), None)}
        elif kind == "einwilligung.pruefen":
            return {"einwilligung_liegt_vor": True}
        elif kind == "uebergabe.anbieten":
            offer = f"ue-{len(self.offers) + 1}"
            self.offers[offer] = seen["empfaenger"]
            return {"uebergabe_id": offer}
        elif kind == "dokument.erzeugen":
            vorlage = vorlagen.finden(seen["vorlage"])
            unknown = set(seen["daten"]) - set(vorlage.angaben)
            assert not unknown, f"the template {vorlage.key} does not know {sorted(unknown)}"
            missing = [a.name for a in vorlage.angaben.values() if a.pflicht and seen["daten"].get(a.name) in (None, "", [])]
            assert not missing, f"the template {vorlage.key} needs {missing}"
            return {"dokument_id": f"dok-{len([d for d in self.done if d[0] == kind])}"}
        elif kind == "verweis.anbieten":
            return {"verweis_id": f"ve-{len([d for d in self.done if d[0] == kind])}"}
        elif kind == "strukturhinweis.melden":
            return {"hinweis_id": "4711", "gemeldet_von": self.fall["verantwortlich"], "meldende_stelle": self.fall["verantwortliche_organisation"]}
        elif kind == "kennzahlen.ermitteln":
            return {"zahlen": [{"bereich": "Fälle", "kennzahl": "im Zeitraum begonnen", "wert": "12"}]}
        elif kind == "strukturhinweis.sammeln":
            return {"hinweise": [], "anzahl_hinweise": 0}
        elif kind == "strukturhinweis.rueckmelden":
            return {"rueckgemeldet": len(seen["hinweise"])}
        elif kind == "uebergabe.uebernehmen":
            receiver = self.offers.get(seen["uebergabe_id"], self.fall["verantwortliche_organisation"])
            self.fall.update(verantwortliche_organisation=receiver, verantwortlich=None)
        return {}

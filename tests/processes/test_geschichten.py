"""What must not happen in the case stories: a scenario can only say what there was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario import Scenario

PROZESSE = Path(__file__).parents[2] / "processes"
# story: organisations that are told nothing after the step with this number (0: from the start)
SCHWEIGEN = {
    "rechtskreiswechsel/szenarien/geschichte_widerruf_vor_der_anmeldung.yaml": (["jobcenter_rhein_kreis_neuss"], 4),
    "rechtskreiswechsel/szenarien/geschichte_in_das_sgb12.yaml": (["jobcenter_koeln"], 0),
    "rechtskreiswechsel/szenarien/geschichte_zurueck_in_das_asylblg.yaml": (["jobcenter_duesseldorf"], 0),
    "rechtskreiswechsel/szenarien/geschichte_ein_paar_zwei_rechtskreise.yaml": (["jobcenter_koeln"], 0),
    "fallmanagement/szenarien/geschichte_zweiter_widerruf.yaml": (["migrationsberatung_hoexter", "jugendamt_kreis_hoexter"], 23),
    "verweisberatung/szenarien/geschichte_fall_endet_vor_der_antwort.yaml": (["migrationsberatung_hoexter"], 3),
    "integrationskurs/szenarien/geschichte_unterbrochen_durch_eine_geburt.yaml": (["sozialagentur_muelheim"], 0),
    # Each one's course is the business of her own office alone.
    "integrationskurs/szenarien/geschichte_paar_kurs_der_frau.yaml": (["kim_stelle"], 0),
    "integrationskurs/szenarien/geschichte_paar_zwei_kurse.yaml": (["kim_stelle"], 11),
}
MITTEILUNGEN = {"partner.informieren", "mail.senden"}


@pytest.mark.parametrize("name", SCHWEIGEN)
def test_organisation_without_consent_hears_nothing(name: str) -> None:
    stellen, ab = SCHWEIGEN[name]
    scenario = Scenario.from_file(PROZESSE / name)
    steps = list(scenario.document["schritte"])
    while ab == 0 and "auftrag" in steps[0]:
        scenario.take(steps.pop(0))
    scenario.start()
    for step in steps[:ab]:
        scenario.take(step)
    told = len(scenario.jobs.done)
    for step in steps[ab:]:
        scenario.take(step)

    heard = [inputs.get("empfaenger", inputs.get("an")) for kind, inputs in scenario.jobs.done[told:] if kind in MITTEILUNGEN]
    assert not [stelle for stelle in stellen if any(stelle == h or (isinstance(h, list) and stelle in h) for h in heard)]


@pytest.mark.parametrize(("frau", "mann", "wechselt"), [(["asylblg"], ["sgb2"], True), (["sgb2"], ["asylblg"], False), (None, ["sgb2"], True)])
def test_title_starts_the_change_only_for_the_person_who_got_it(frau: list[str] | None, mann: list[str], wechselt: bool) -> None:
    scenario = Scenario.from_file(PROZESSE / "bleiberecht/szenarien/nach_25a.yaml")
    own = {} if frau is None else {"rechtskreise": frau}
    scenario.change_fall({"rechtskreise": ["asylblg"], "personen": [
        {"id": "p1", "alter": 26, "hauptperson": True, **own}, {"id": "p2", "alter": 30, "hauptperson": False, "rechtskreise": mann}]})

    reached = scenario.run().elements["bleiberecht"]

    assert ("rechtskreiswechsel_anstossen" in reached) is wechselt

"""How invented cases come about in the Kommunen other than the first: their way through access and the phases, and where each one stops.

A way is one list of steps per Kommune; every case of it goes a part of the way. Names are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Schritt = tuple[str, dict[str, Any]]
UEBERGABE = "(uebergabe)"  # not a task: the receiving organisation accepts what was offered
WEITER: tuple[Schritt, ...] = (
    ("ergebnisse_deuten", {"bild": "vollstaendig"}), ("ziele_verhandeln", {}), ("ziele_pruefen", {"pruefung": "tragfaehig"}),
    ("ziele_vereinbaren", {}), ("hilfeplan_entwerfen", {}), ("aufgaben_verteilen", {}),
    ("monitoring_vereinbaren", {"wiedervorlage_wochen": 12, "abstimmung_noetig": False}), ("hilfeplan_vereinbaren", {"vereinbarung": "vereinbart"}),
)
SITUATION: tuple[Schritt, ...] = (("situation_erheben", {"aufenthaltsstatus": "asylverfahren"}),)
EINWILLIGUNG = {"einwilligung_erteilt": "ja", "abschnitte": ["stammdaten", "aufenthalt", "klaerung"], "einwilligung_sprache": "fa",
                "einwilligung_form": "schriftlich"}


@dataclass(frozen=True, kw_only=True)
class Weg:
    """The way of a Kommune.

    Attributes:
        eroeffnet: Log-in of the demo, function or organisation whose member opens the cases.
        zugangsweg: One of ``regel.zugangswege``.
        schritte: From the beginning of access to accompanying the case.
        haelt_vor: Elements at which one case each stops, besides one that has just begun and one that goes the whole way.
        jahrgang: In which years the main people are born, where access asks for their age.
        aufenthalt: Of the main people.
    """

    eroeffnet: str
    zugangsweg: str
    schritte: tuple[Schritt, ...]
    haelt_vor: tuple[str, ...]
    jahrgang: int = 1988
    aufenthalt: str = "asylverfahren"


def leistungen(anbieter: str, **mehr: object) -> Schritt:
    """Choosing one service that runs."""
    return ("leistungen_auswaehlen", {"leistungen": [{"bereich": "sprache", "passung": "laeuft", "anbieter": anbieter, **mehr}]})


WEGE: Mapping[str, Weg] = {
    "koeln": Weg(
        eroeffnet="servicestelle", zugangsweg="beratungsstelle", jahrgang=2003,
        haelt_vor=("meldung_pruefen", "aufnahme_entscheiden", "person_einladen", "ergebnisse_deuten", "hilfeplan_entwerfen"),
        schritte=(
            ("meldung_abgeben", {"meldende_art": "beratungsstelle", "k1_fluchterfahrung": "ja", "k1_altersausnahme": "nein", "k2_problemlagen": "ja",
                                 "k3_akteursdichte": "ja", "k4_angebote": "ja", "k5_freiwillig": "ja", "schweigepflichtentbindung": "ja",
                                 "abschnitte": ["stammdaten", "sprache", "familie", "bildung_arbeit", "klaerung"], "gesundheit_eingewilligt": True,
                                 "einwilligung_sprache": "ar"}),
            ("meldung_pruefen", {"meldung_vollstaendig": "ja", "kriterien_bestaetigt": "ja", "vorgeschlagener_traeger": "caritas_koeln"}),
            ("eignung_pruefen", {"eignung": "geeignet"}), ("aufnahme_entscheiden", {"aufnahme": "aufgenommen", "uebergabekonferenz": "nein"}),
            ("stelle_auswaehlen", {"stelle_gefunden": "ja", "gewaehlte_stelle": "caritas_koeln"}),
            ("zusatzinformation_aushaendigen", {}), ("mitteilung_vorbereiten", {}),
            (UEBERGABE, {}), ("person_einladen", {"kontakt_ergebnis": "erreicht"}),
            ("bereitschaft_klaeren", {"teilnahme": "ja", "sprachmittlung": "nein_fehlte"}), *SITUATION, *WEITER, leistungen("ib_koeln", loesungsrang=1))),
    "dormagen": Weg(
        eroeffnet="fallmanagement", zugangsweg="arbeitsagentur",
        haelt_vor=("anderen_fachbereich_fragen", "erstgespraech_fuehren", "aufnahme_entscheiden", "ergebnisse_deuten", "hilfeplan_entwerfen"),
        schritte=(
            ("meldung_aufnehmen", {"meldende_stelle": "arbeitsagentur", "terminabsprache": "kontaktweg"}),
            ("anderen_fachbereich_fragen", {"bereits_bekannt": "nein"}), ("beratungstermin_anbieten", {"termin_angenommen": "ja"}),
            ("erstgespraech_fuehren", {"aufenthaltsstatus": "asylverfahren", "hoechstdauer_eingehalten": "ja", "bedarf": "umfassend", "interesse": "ja",
                                       "bleibeperspektive": "integrationsplan", "jobcenter_anliegen": "nein"}),
            ("rueckmeldung_vereinbaren", {"stellen": ["agentur_fuer_arbeit"], "vermittelt_von": "agentur"}),
            ("rueckmeldung_geben", {"antwort_erbeten": "nein"}),
            ("einwilligung_erklaeren", {"entscheidung": "erteilt", "abschnitte": ["stammdaten", "bildung_arbeit"]}),
            ("aufnahme_entscheiden", {"entscheidung": "fallmanagement"}),
            ("profilingbogen_ausfuellen", {"aufenthaltsstatus": "asylverfahren", "familienstand": "verheiratet", "kinder_erfragt": "ja", "kinder_anzahl": 1,
                                           "kinder": [{"name": "Kind", "kita_platz": "nein"}],
                                           "bildungsweg": [{"stufe": "oberstufe", "land": "Syrien", "beendet": "ja", "abschluss": "ja"}],
                                           "berufserfahrung": [{"dauer": "vier Jahre", "taetigkeit": "Elektriker"}],
                                           "sprachen": [{"sprache": "arabisch", "stufe": "muttersprache"}, {"sprache": "deutsch", "stufe": "grund"}],
                                           "fuehrerschein": "nein", "integration_point": "nein", "berufswuensche": "Arbeit im erlernten Beruf"}),
            *WEITER, leistungen("migrationsberatung_dormagen"))),
    "hoexter": Weg(
        eroeffnet="cm_brakel", zugangsweg="jugendamt",
        haelt_vor=("meldung_weiterleiten", "weg_nachvollziehen", "stelle_auswaehlen", "ergebnisse_deuten", "hilfeplan_entwerfen"),
        schritte=(
            ("fall_melden", {"meldung_einverstanden": "ja", "meldung_an": "koordination"}), ("meldung_weiterleiten", {"schwachstelle": "nein"}),
            ("weg_nachvollziehen", {"person_einverstanden": "ja", "empfehlung": "case_management"}),
            ("stelle_auswaehlen", {"stelle_gefunden": "ja", "gewaehlte_stelle": "cm_brakel"}), ("verweisberatung_pruefen", {"verweis_noetig": "nein"}),
            *SITUATION, *WEITER, leistungen("fluechtlingsberatung_hoexter"))),
    "muelheim": Weg(
        eroeffnet="servicestelle", zugangsweg="erstaufnahme",
        haelt_vor=("hilfen_einleiten", "umzug_festhalten", "fallklaerung_durchfuehren", "ergebnisse_deuten", "hilfeplan_entwerfen"),
        schritte=(
            ("profiling_fuehren", {"sprachmittlung": "ja", "erste_hilfen": "ja"}), ("hilfen_einleiten", {}), ("profiling_2_fuehren", {}),
            ("umzug_festhalten", {"umzug_ergebnis": "umgezogen"}), ("kennenlernen", {}), ("selbst_einschaetzen", {"termin_ergebnis": "ja"}),
            ("fachlich_einschaetzen", {}),
            ("fallklaerung_durchfuehren", {"mehrere_bereiche": "ja", "mehrere_stellen": "ja", "laengere_begleitung": "ja", "motivation": "ja", "mitwirkung": "ja"}),
            ("aufnahme_entscheiden", {"entscheidung": "aufnehmen"}), ("beratungsvereinbarung_schliessen", {"vereinbarung": "ja"}),
            ("analysen_durchfuehren", {}), *WEITER, leistungen("sozialamt_muelheim"))),
    "duesseldorf": Weg(
        eroeffnet="servicestelle", zugangsweg="welcome_point", jahrgang=2003, aufenthalt="duldung",
        haelt_vor=("anliegen_aufnehmen", "aufnahme_pruefen", "arbeitsbuendnis_schliessen", "ergebnisse_deuten", "hilfeplan_entwerfen"),
        schritte=(
            ("im_sozialraum_ansprechen", {"ansprache_ort": "welcome_point", "ansprache_interesse": "ja"}),
            ("anliegen_aufnehmen", {"anliegen_art": "hilfe", "aufenthaltsstatus": "duldung"}),
            ("aufnahme_pruefen", {"mehrere_stellen": "ja", "freiwillig": "ja", "anderes_fallmanagement": "nein", "zielgruppe": "duldung_jung",
                                  "aufenthaltsfrage": "nein", "stellen": ["aufenthalt", "ausbildung_arbeit", "sprache"]}),
            ("stelle_auswaehlen", {"stelle_gefunden": "ja", "gewaehlte_stelle": "diakonie_duesseldorf"}),
            ("person_rueckversichern", {"person_einverstanden": "ja"}), ("einwilligung_einholen", EINWILLIGUNG), ("zusatzinformation_aushaendigen", {}),
            ("uebergabegespraech_fuehren", {"gespraech_ergebnis": "uebergabe_vereinbart"}),
            ("mitteilung_vorbereiten", {"mitteilung_einverstanden": "nein"}), (UEBERGABE, {}), ("arbeitsbuendnis_schliessen", {"arbeitsbuendnis": "ja"}),
            ("situation_erheben", {"aufenthaltsstatus": "duldung"}), *WEITER, leistungen("awo_duesseldorf"))),
}
# One family for each case: main person (first and last name), children. Every Kommune begins elsewhere in the list.
FAMILIEN = (
    ("Nadim", "Barakzai", ("Soraya",)), ("Hewan", "Tekeste", ()), ("Iryna", "Melnychuk", ("Taras", "Daryna")), ("Yusuf", "Darwisch", ()),
    ("Mariama", "Sowe", ("Fatou",)), ("Reza", "Tawakoli", ()), ("Selam", "Gebremariam", ("Abel", "Liya")), ("Rojin", "Xelil", ()),
    ("Omar", "Kassabi", ("Jana",)), ("Shukria", "Nabizada", ("Idris",)), ("Bogdan", "Hrytsenko", ()), ("Zahra", "Moradpour", ("Arian",)),
)
ALTER_TAGE = (3, 12, 40, 70, 90, 120, 160)  # how long ago each case began, as long as its way is

"""Words for what a Kommunalprofil holds: the names of its settings, and the codes that are their values.

Names and codes are stable contracts of models and profiles; people read these words. Every setting and every value of the shipped profiles
has one here (a test demands it), so no page falls back to a code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

WERTE: Mapping[str, str] = {
    # admission, access
    "alle": "alle zugleich", "eines": "eines genügt", "alter": "von der Altersgrenze", "aufenthaltsdauer": "von der Höchstdauer des Aufenthalts",
    "beschwerdestelle": "keine Beschwerdestelle", "hoheitliche_aufgaben": "keine hoheitlichen Aufgaben", "case_management": "Case Management der Stadt",
    "person": "die Person selbst", "andere": "andere", "aufsuchend": "aufsuchend", "unterkunft": "Unterkunft", "erstaufnahme": "Erstaufnahme",
    "neuanmeldung": "Neuanmeldung", "familiennachzug": "Familiennachzug", "welcome_point": "Welcome Point", "ehrenamt": "Ehrenamt", "fachamt": "Fachamt",
    "sozialamt": "Sozialamt", "auslaenderbehoerde": "Ausländerbehörde", "arbeitsagentur": "Agentur für Arbeit", "beratungsstelle": "Beratungsstelle",
    "schule_kita": "Schule oder Kita",
    # results without Fallmanagement
    "beratung": "Beratung", "verweis": "Verweis", "anliegen_geregelt": "Anliegen geregelt", "beratungsangebot": "Beratungsangebot",
    "einzelfallberatung": "Einzelfallberatung", "grundinformation": "Grundinformation", "kurzfristiger_bedarf": "kurzfristige Bedarfe gedeckt",
    "nicht_aufgenommen": "nicht aufgenommen", "regelsystem": "Anbindung an das Regelsystem", "registriert": "registriert",
    "sozialberatung": "Sozialberatung", "zurueck_an_meldende_stelle": "zurück an die meldende Stelle",
    # responsibility, handover, Rechtskreiswechsel
    "erstkontakt": "Stelle des Erstkontakts", "stadtteil": "Sozialdienst des Stadtteils", "tabelle": "nach der Entscheidungstabelle",
    "verteilung_im_verbund": "Verteilung im Verbund", "zuweisung_durch_steuerungsstelle": "Zuweisung durch die Steuerungsstelle",
    "case_management_der_stadt": "Case Management der Stadt oder des Clusters", "auswahl": "Auswahl durch eine Funktion",
    "fallverantwortliche_stelle": "fallverantwortliche Stelle", "gemeinsames_gespraech": "gemeinsames Übergabegespräch",
    "interne_uebergabe_beim_umzug": "interne Übergabe beim Umzug", "telefonisch_oder_postfach": "telefonisch oder über das Teampostfach",
    "uebergabekonferenz_im_bedarfsfall": "Übergabekonferenz im Bedarfsfall", "uebergabeprozedere": "einheitliches Verfahren, noch zu entwickeln",
    "fortfuehrung": "das Fallmanagement läuft weiter", "neue_fallverantwortung": "neue Zuordnung der Fallverantwortung",
    "uebergabe_an_jobcenter": "Übergabe an das Jobcenter", "ungeregelt": "nicht geregelt",
    # consent
    "vor_jedem_austausch": "vor jedem Austausch, mit der Aufnahme", "vor_der_meldung": "vor der Meldung",
    "vor_kontakt_mit_dritten": "vor dem Kontakt mit Dritten", "je_stelle_bei_bedarf": "je Stelle, bei Bedarf",
    # assessment, plan, monitoring, closing
    "analysen": "Netzwerk-, Problem- und Stärkenanalyse", "profilingbogen": "Profilingbogen", "situationsanalyse": "Situationsanalyse",
    "freie_liste": "freie Liste von Zielen", "handlungsfelder": "nach Handlungsfeldern", "saeulen": "nach Säulen der Integration",
    "integrationsvereinbarung": "Integrationsvereinbarung", "grundsatzziel": "Grundsatzziel", "rahmenziel": "Rahmenziel", "handlungsziel": "Handlungsziel",
    "wiedervorlage": "grob festgelegt, Wiedervorlage", "entpflichtung": "Entpflichtung", "bewertung_der_person": "Bewertung durch die Person",
    "reflexion": "Rückblick", "folgemassnahmen": "weiterführende Maßnahmen", "notfallplan": "Notfallplan",
    "im_einzelfall": "im Einzelfall", "keine": "keine", "nach_bedarf": "nach Bedarf", "sofort": "sofort", "fruehestmoeglich": "zum frühestmöglichen Zeitpunkt",
    # phases as a concept names them
    "klaerung": "Klärung", "hilfeplan": "Hilfeplan", "vernetzung_und_steuerung": "Vernetzung und Steuerung", "evaluation": "Evaluation",
    # sections of the Fallakte
    "stammdaten": "Stammdaten", "aufenthalt": "Aufenthalt", "sprache": "Sprache", "familie": "Familie", "bildung_arbeit": "Bildung und Arbeit",
    "wohnen": "Wohnen", "netzwerk": "Netzwerkkarte", "ressourcen": "Ressourcen",
    # levels and committees
    "analyseworkshop": "Analyseworkshop", "lenkungsgruppe": "Lenkungsgruppe", "lenkungskreis": "Lenkungskreis", "qualitaetszirkel": "Qualitätszirkel",
    "qualitaetsdialog": "Qualitätsdialog", "planungskonferenz": "Planungskonferenz", "politische_gremien": "politische Gremien", "think_tank": "Think Tank",
    "projektgruppe": "Projektgruppe", "projektgruppe_stadt": "Projektgruppe der Stadt", "projektgruppe_kreis": "Projektgruppe des Kreises", "land": "Land",
    "schnittstellentreffen": "Schnittstellentreffen", "einmal_vor_beginn": "einmal vor dem Beginn",
    # programs
    "fmg12": "FMG12", "sopart": "SoPart", "teampostfach": "Teampostfach", "berichtswesen": "abgestimmtes Berichtswesen",
    "Z1": "Z1 (bestehende Beratung)", "Z2": "Z2 (Jugendmigrationsdienst)",
}
"""Codes that stand as values of settings."""

PROZESSE: Mapping[str, str] = {
    "zugang": "Prozess des Zugangs", "fallverantwortung": "Prozess der Fallverantwortung", "uebergabe": "Prozess der Übergabe",
}
"""What a process of the profile is for."""

NAMEN: Mapping[str, str] = {
    # regel
    "abschluss_bericht": "Was ein Bericht zum Abschluss sagt", "abschluss_checkliste": "Prüfliste des Abschlusses", "abschlussgruende": "Gründe des Abschlusses",
    "angebot_sprachen": "Sprachen des Beratungsangebots", "assessment_bogen": "Bogen des Assessments", "aufnahme_ausnahmen": "Zulässige Ausnahmen",
    "aufnahme_entscheidet": "Wer über die Aufnahme entscheidet", "aufnahmekriterien": "Kriterien der Aufnahme",
    "aufnahmekriterien_verknuepfung": "Wie viele Kriterien vorliegen müssen", "ausnahme_bei_regeln": "Regeln mit begründeter Ausnahme",
    "ausschlussgruppen": "Nicht erfasste Gruppen", "begleitung_nach_dauer": "Begleitung nimmt mit der Dauer ab", "beschluss_eintragen": "Wer Beschlüsse einträgt",
    "einwilligung_muendlich": "Mündliche Einwilligung mit Vermerk", "schweigepflichtentbindung_immer": "Schweigepflichtentbindung zu jeder Einwilligung",
    "einwilligung_zeitpunkt": "Zeitpunkt der Einwilligung", "ergebnisse_ohne_fallmanagement": "Ergebnisse ohne Fallmanagement",
    "fallberatung_anonym_mit": "Beteiligung anderer Stellen an der Fallberatung", "fallberatung_ausloeser": "Auslöser der kollegialen Fallberatung",
    "fallkonferenz_beteiligt": "Wer nach dem Konzept an der Fallkonferenz beteiligt ist",
    "fallkonferenz_einberufung_ak": "Einberufung im Arbeitskreis Case Management", "fallkonferenz_kreisebene": "Wer auf Kreisebene zur Fallkonferenz einlädt",
    "fallkonferenz_moderation": "Wer die Fallkonferenz moderiert", "fallkonferenz_person": "Teilnahme der Person an der Fallkonferenz",
    "fallkonferenz_protokoll": "Wer das Protokoll der Fallkonferenz führt", "fallkonferenz_ruft_ein": "Wer zur Fallkonferenz einlädt",
    "fallkonferenz_verhaeltnismaessigkeit": "Prüfung der Verhältnismäßigkeit vor der Fallkonferenz", "fallverantwortung": "Regel der Fallverantwortung",
    "fallverantwortung_entscheidet": "Wer die Fallverantwortung zuordnet", "gremien_turnus": "Turnus der Gremien", "handlungsfelder": "Handlungsfelder",
    "hausbesuch_gruppen": "Gruppen, die besucht werden", "indikatoren_je_beschluss": "Indikatoren zu jedem Beschluss",
    "it_schnittstellen": "Genannte Programme", "jugend_hoechstalter": "Höchstalter für den Jugendmigrationsdienst", "keine_aufgaben": "Was nicht Aufgabe ist",
    "klaerung_im_zugang": "Klärung ist Teil des Zugangs", "kontaktabbruch_meldung": "Meldung eines Kontaktabbruchs",
    "kooperationsvertrag_jobcenter": "Kooperationsvertrag mit dem Jobcenter", "kostenerstattung_jobcenter": "Kostenerstattung durch das Jobcenter",
    "kursverpflichtung_gebuendelt": "Verpflichtung zu Integrationskursen an einer Stelle", "loesungsrang": "Rang der Lösungen (beste, nächstbeste)",
    "mehrere_rechtskreise": "Mehrere Rechtskreise zugleich", "meilensteine": "Meilensteine", "meldende": "Wer melden darf", "meldende_extern": "Externe Stellen, die melden",
    "meldende_intern": "Stellen der Verwaltung, die melden", "meldesperre_einzelberatung": "Wem eine Einzelberatung nicht gemeldet wird",
    "meldewege_intern": "Wohin die Verwaltung meldet", "monitoring_termine": "Termine des Monitorings", "phasen": "Phasen des Konzepts",
    "phasensprung_mit_grund": "Sprünge zwischen Phasen mit Grund", "planung": "Form der Planung",
    "planung_ohne_bleibeperspektive": "Angebote ohne Bleibeperspektive", "planungssaeulen": "Säulen der Planung", "pseudonymisierung": "Pseudonymisierung",
    "qualifikation": "Nachweise der Qualifikation", "rechtskreiswechsel": "Fallmanagement beim Rechtskreiswechsel",
    "rueckmeldung_an_partner": "Regelmäßige Rückmeldung an", "rueckmeldung_verbindlich": "Antwort unter Partnern ist verbindlich",
    "strukturebenen": "Stufen der Systemebene", "strukturvorschlag_abgestimmt": "Vorschläge werden vorher abgestimmt",
    "teilhabemanagement_bis": "Ende des Programms Teilhabemanagement", "uebergabe": "Art der Übergabe", "uebergabe_abschnitte": "Abschnitte, die eine Übergabe zeigt",
    "uebergabe_nachfrage": "Nachfrage nach der Übergabe", "unterschriften": "Unterschriften unter der Vereinbarung", "verstaendigungsworkshop": "Workshop zur Verständigung",
    "vertrag_bis": "Ende des Vertrags", "vertrag_von": "Beginn des Vertrags", "verweis_im_monitoring": "Verweise werden im Monitoring verfolgt",
    "verwendungsnachweis_stichtag": "Stichtag des Verwendungsnachweises",
    "vorgezogene_sachbearbeitung": "Vorgezogene Sachbearbeitung", "ziele_vollstaendig": "Alle genannten Ziele werden aufgenommen", "zielebenen": "Ebenen der Ziele",
    "zielgruppe_besonders": "Hervorgehobene Zielgruppen", "zielgruppe_rechtskreis": "Rechtskreise der Zielgruppe", "zielgruppe_seit": "Zielgruppe: angekommen seit",
    "zielhorizonte": "Zeitlicher Rahmen der Ziele", "zugangsstelle_fuehrt_faelle": "Die Zugangsstelle führt selbst Fälle", "zugangswege": "Wege in den Fall",
    "zusatzinformation_datenweitergabe": "Zusatzinformation zur Datenweitergabe",
    # wert
    "aufenthalt_hoechstens_jahre": "Höchstdauer des Aufenthalts in Jahren", "duldung_alter_bis": "Duldung: Alter bis", "duldung_alter_von": "Duldung: Alter von",
    "kontaktversuche": "Kontaktversuche vor der Entscheidung", "lenkungsgruppe_mindestens_jaehrlich": "Lenkungsgruppe: Treffen im Jahr, mindestens",
    "lenkungsgruppe_personen_hoechstens": "Lenkungsgruppe: Personen, höchstens", "lenkungsgruppe_personen_mindestens": "Lenkungsgruppe: Personen, mindestens",
    "profiling_gespraeche_hoechstens": "Gespräche des Profilings, höchstens", "profilingbogen_ab_alter": "Profilingbogen ab Alter",
    "projektgruppen_mindestens": "Projektgruppen, mindestens", "prozessbegleitung_tage": "Tage der Prozessbegleitung",
    "rueckforderung_prozentpunkte": "Rückforderung: Prozentpunkte über dem Basiszinssatz", "statistik_mindestzahl": "Kleinste Zahl, die ein Bericht zeigt",
    "teilhabe_alter_bis": "Teilhabemanagement: Alter bis", "teilhabe_alter_von": "Teilhabemanagement: Alter von", "zugang_alter_bis": "Aufnahme: Alter bis",
    "zugang_alter_von": "Aufnahme: Alter von",
    "foerderantrag_mindestanteil": "Förderantrag: kleinster Anteil einer Stelle", "sozialraum_ausgewaehlt": "Auswahl des Sozialraums: ausgewählte Quartiere",
    "sozialraum_vorauswahl": "Auswahl des Sozialraums: Quartiere der Vorauswahl", "sozialraum_vorschlaege": "Auswahl des Sozialraums: Vorschläge",
    # funktion, beschriftung
    "arbeitsagentur": "Agentur für Arbeit", "auslaenderbehoerde": "Ausländerbehörde", "begleitgruppe": "Begleitgruppe",
    "bleiberecht_beratung": "Beratung zum Bleiberecht", "buendniskerngruppe": "Kerngruppe des Bündnisses", "datenpruefung": "Prüfung der Daten",
    "einbuergerung_beratung": "Beratung zur Einbürgerung", "geschaeftsfuehrende_stelle": "Geschäftsführende Stelle", "integrationsfachkraft": "Integrationsfachkraft",
    "lenkungsgruppe": "Lenkungsgruppe", "netzwerkmanagement": "Netzwerkmanagement", "projektgruppe": "Projektgruppe", "prozessbegleitung": "Prozessbegleitung",
    "sprachberatung": "Sprachberatung", "verwaltungsvorstand": "Verwaltungsvorstand", "zugang": "Zugang", "abschluss": "Abschluss", "assessment": "Assessment",
    "aufnahmestelle": "Stelle der Aufnahme", "fallmanager": "Fallmanagerin oder Fallmanager", "hilfeplan": "Hilfeplan", "klaerungsphase": "Klärungsphase",
    "leistungssteuerung": "Leistungssteuerung", "strukturgremium": "Gremium für Strukturfragen", "zielvereinbarung": "Zielvereinbarung",
}
"""Names of settings that are no deadline."""

FRISTEN: Mapping[str, str] = {
    # access and admission
    "zugang_ankunftsgruppe": "Information nach der Ankunft", "zugang_meldung_servicestelle": "Meldung an die Servicestelle",
    "zugang_sozialraum": "Ansprache im Sozialraum", "anliegen_aufnehmen": "Anliegen aufnehmen", "analyse_abschliessen": "Analyse abschließen",
    "analyse_gespraech": "Dauer des Analysegesprächs", "aufnahmepruefung": "Aufnahme prüfen", "aufnahme_entscheidung": "Über die Aufnahme entscheiden",
    "arbeitsbuendnis": "Arbeitsbündnis schließen", "bekanntheit_abfragen": "Anderen Fachbereich fragen", "beratungsangebot_senden": "Beratungsangebot senden",
    "beratungsangebot_rueckmeldung": "Rückmeldung auf das Beratungsangebot", "beratungstermin": "Beratungsgespräch",
    "beratungstermin_angebot": "Beratungstermin anbieten", "beratungsvereinbarung": "Beratungsvereinbarung schließen",
    "bereitschaft_klaeren": "Bereitschaft klären", "bestandsaufnahme": "Bestand aufnehmen", "eignung_pruefen": "Eignung prüfen",
    "erstberatung_hoexter": "Erstberatung im Zugang", "erstberatung_termin": "Erstberatung", "erste_hilfen": "Erste Hilfen einleiten",
    "erstkontakt_traeger": "Erstkontakt des Trägers", "fachliche_einschaetzung": "Fachliche Einschätzung", "fallklaerung": "Fallklärung",
    "fallmeldung_weiterleiten": "Fallmeldung weiterleiten", "fallbesprechung": "Interne Fallbesprechung", "hausbesuch": "Hausbesuch",
    "integrationsprozess_nachvollziehen": "Bisherigen Weg nachvollziehen", "jobcenter_antwort": "Antwort des Jobcenters",
    "jobcenter_unterrichten": "Jobcenter unterrichten", "kurzfristige_bedarfe": "Kurzfristige Bedarfe decken", "meldung_aufnehmen": "Meldung aufnehmen",
    "motivation_gespraech": "Gespräch zur Motivation", "neuanmeldung_einordnen": "Neuanmeldung einordnen", "neumeldung_bearbeiten": "Neumeldung bearbeiten",
    "outreach_erstkontakt": "Erstkontakt im Stadtteil", "profiling_2": "Zweites Profiling", "profiling_nach_ankunft": "Profiling nach der Ankunft",
    "selbsteinschaetzung_einladung": "Einladung zur Selbsteinschätzung", "selbsteinschaetzung_gespraech": "Gespräch zur Selbsteinschätzung",
    "umzug_pruefen": "Umzug prüfen", "unterkunft_besuch": "Besuch in der Unterkunft", "unterkunft_besuch_abstand": "Abstand der Besuche in der Unterkunft",
    "uebergabekonferenz": "Übergabekonferenz", "verfahren_erklaeren": "Verfahren erklären", "anderes_angebot": "Anderes Angebot vermitteln",
    # phases
    "assessment_erhebung": "Erhebung im Assessment", "assessment_deutung": "Deutung des Assessments", "auskunft_fachstelle": "Auskunft einer Fachstelle",
    "auskunft_fachstelle_ende": "Ende des Wartens auf die Auskunft", "zielvereinbarung": "Ziele vereinbaren", "ziele_pruefen": "Ziele prüfen",
    "zielhorizont": "Zeitraum des Grundsatzziels", "hilfeplan_erstellung": "Hilfeplan erstellen", "hilfeplan_abstimmung": "Hilfeplan abstimmen",
    "hilfeplan_vereinbarung": "Hilfeplan vereinbaren", "leistungen_auswaehlen": "Leistungen auswählen", "leistung_vereinbaren": "Leistung vereinbaren",
    "leistung_nachfassen": "Leistung nachfassen", "leistung_einstellen": "Leistung einstellen", "luecke_festhalten": "Lücke festhalten",
    "monitoring_abstand": "Abstand der Prüfungen", "monitoring_abstand_spaeter": "Abstand der Prüfungen nach der intensiven Begleitung",
    "monitoring_pruefung": "Verlauf prüfen", "monitoring_eskalation": "Überfällige Prüfung zur Koordination", "intensive_begleitung": "Intensive Begleitung",
    "ende_des_bedarfs": "Ende des angenommenen Bedarfs", "abschluss_grund": "Grund des Abschlusses festhalten", "abschluss_gespraech": "Abschlussgespräch",
    "abschluss_auswertung": "Verlauf auswerten", "beendigung_klaeren": "Wunsch nach dem Ende klären", "phasenwechsel_begruenden": "Phasenwechsel begründen",
    # handover, contact, consent
    "uebergabe_erinnerung": "Erinnerung an die Übergabe", "uebergabe_verfall": "Verfall des Übergabeangebots", "uebergabegespraech": "Übergabegespräch",
    "uebergabe_nachfrage": "Nachfrage nach der Übergabe", "uebergabe_nachfrage_vorlauf": "Vorlauf der Nachfrage nach der Übergabe",
    "einwilligung_einholen": "Einwilligung einholen", "einwilligung_bedenkzeit": "Bedenkzeit zur Einwilligung", "widerruf_folgen": "Folgen des Widerrufs prüfen",
    "kontaktversuch": "Kontaktversuch", "kontaktversuch_abstand": "Abstand der Kontaktversuche",
    "kontaktabbruch_entscheidung": "Über den Kontaktabbruch entscheiden", "rueckmeldung_erstkontakt": "Rückmeldung nach dem Erstkontakt",
    "rueckmeldung_partner_abstand": "Abstand der Rückmeldungen an Partner", "rueckmeldung_vorlauf": "Vorlauf der Rückmeldung", "partner_antwort": "Antwort des Partners",
    "verweis_nachfrage": "Nachfrage nach einem Verweis", "verweis_vermitteln": "Verweis vermitteln", "verweisberatung_antwort": "Antwort auf den Verweis",
    "verweisberatung_ende": "Ende des Verweises", "verweisberatung_klaeren": "Verweis klären", "verweisberatung_nachfrage": "Nachfrage in der Verweisberatung",
    "verweisberatung_zusammenfuehren": "Ergebnisse der Verweise zusammenführen",
    # Fallkonferenz, Fallberatung, Kinderschutz
    "fallberatung": "Kollegiale Fallberatung", "fallberatung_dringend": "Dringende Fallberatung", "fallberatung_ergebnis": "Ergebnis der Fallberatung",
    "auftragsklaerung": "Auftrag klären", "fallkonferenz_einberufen": "Fallkonferenz einberufen", "fallkonferenz_vorbereiten": "Fallkonferenz vorbereiten",
    "fallkonferenz_person": "Person auf die Fallkonferenz vorbereiten", "fallkonferenz_durchfuehren": "Fallkonferenz durchführen",
    "fallkonferenz_protokoll": "Protokoll der Fallkonferenz", "fallkonferenz_umsetzung": "Umsetzung der Fallkonferenz prüfen",
    "kinderschutz_wahrnehmung": "Kinderschutz: Wahrnehmung festhalten", "kinderschutz_einschaetzung": "Kinderschutz: einschätzen",
    "kinderschutz_hilfen": "Kinderschutz: Hilfen anbieten", "kinderschutz_mitteilung": "Kinderschutz: Mitteilung an das Jugendamt",
    "kinderschutz_rueckmeldung": "Kinderschutz: Rückmeldung des Jugendamts", "kinderschutz_wirkung": "Kinderschutz: Wirkung prüfen",
    # Rechtskreiswechsel, residence, language
    "rechtskreiswechsel_ausloeser": "Auslöser des Rechtskreiswechsels prüfen", "fortfuehrung_vereinbaren": "Fortführung vereinbaren", "sgb2_antrag": "Antrag nach dem SGB II",
    "sgb2_bescheid": "Bescheid nach dem SGB II", "sgb2_bescheid_mahnung": "Nachfrage zum Bescheid", "ueberbrueckung_sichern": "Überbrückung sichern",
    "leistungsluecke": "Leistungslücke klären", "erste_zahlung": "Erste Zahlung prüfen", "zahlung_mahnung": "Nachfrage zur Zahlung",
    "kostenerstattung": "Kostenerstattung", "begleitung_vorher": "Begleitung vor dem Wechsel", "begleitung_bereiche": "Begleitung in den Bereichen",
    "begleitung_danach": "Begleitung nach dem Wechsel", "einreise_familie": "Einreise der Familie", "chancenaufenthalt_pruefung": "Chancen-Aufenthalt prüfen",
    "bleiberecht_beratung": "Bleiberecht: Beratung", "bleiberecht_gespraech": "Bleiberecht: Gespräch", "bleiberecht_erheben": "Bleiberecht: Voraussetzungen erheben",
    "bleiberecht_antrag": "Bleiberecht: Antrag", "bleiberecht_bescheid": "Bleiberecht: Bescheid", "bleiberecht_ablehnung": "Bleiberecht: nach einer Ablehnung",
    "einbuergerung_beratung": "Einbürgerung: Beratung", "einbuergerung_gespraech": "Einbürgerung: Gespräch",
    "einbuergerung_erheben": "Einbürgerung: Voraussetzungen erheben", "einbuergerung_antrag": "Einbürgerung: Antrag",
    "einbuergerung_bescheid": "Einbürgerung: Bescheid", "einbuergerung_ablehnung": "Einbürgerung: nach einer Ablehnung",
    "einbuergerung_urkunde": "Einbürgerung: Urkunde", "kurs_zugang": "Integrationskurs: Zugang", "kurs_anmelden": "Integrationskurs: anmelden",
    "kurs_schein": "Integrationskurs: Berechtigungsschein", "kurs_beginn_klaeren": "Integrationskurs: Beginn klären", "kurs_wartezeit": "Integrationskurs: Wartezeit",
    "kurs_warten_nachfrage": "Integrationskurs: Nachfrage in der Wartezeit", "kurs_teilnahme_abstand": "Integrationskurs: Abstand der Nachfragen",
    "kurs_reaktion": "Integrationskurs: Reaktion", "kurs_gruende": "Integrationskurs: Gründe klären", "kurs_ergebnis": "Integrationskurs: Ergebnis",
    "kurs_anschluss": "Integrationskurs: Anschluss", "sprachberatung": "Sprachberatung", "sprachpass_aushaendigen": "Sprachpass aushändigen",
    "sprachpass_durchsicht": "Sprachpass durchsehen",
    # Teilhabemanagement
    "teilhabe_aufsuchen": "Teilhabemanagement: aufsuchen", "teilhabe_baustein": "Teilhabemanagement: Baustein", "teilhabe_bedarf": "Teilhabemanagement: Bedarf",
    "teilhabe_begleitungstag": "Teilhabemanagement: Begleitungstag", "teilhabe_buendnis": "Teilhabemanagement: Bündnis",
    "teilhabe_erstkontakt": "Teilhabemanagement: Erstkontakt", "teilhabe_evaluation": "Teilhabemanagement: Auswertung",
    "teilhabe_pruefung": "Teilhabemanagement: Prüfung", "teilhabe_weg": "Teilhabemanagement: Weg vereinbaren",
    "teilhabe_zwischenschritt": "Teilhabemanagement: Zwischenschritt",
    # system level, committees, reports
    "strukturhinweis_festhalten": "Hinweis festhalten", "strukturhinweis_nachfrage": "Nachfrage zum Hinweis", "strukturhinweis_sammeln": "Hinweise sammeln",
    "strukturhinweis_sichten": "Hinweise sichten", "strukturaenderung_pruefen": "Änderung prüfen", "strukturauftrag_annehmen": "Auftrag annehmen",
    "strukturauftrag_umsetzen": "Auftrag umsetzen", "analyseworkshop_vorbereiten": "Analyseworkshop vorbereiten", "planungskonferenz": "Planungskonferenz",
    "begleitgruppe_bewertung": "Bewertung der Begleitgruppe", "projektgruppe_aufgabe": "Aufgabe der Projektgruppe",
    "projektgruppe_entscheidung": "Entscheidung der Projektgruppe", "projektgruppe_vorschlag": "Vorschlag der Projektgruppe",
    "lenkungsgruppe_sitzung": "Sitzung der Lenkungsgruppe", "lenkungsgruppe_turnus": "Turnus der Lenkungsgruppe", "lenkungskreis": "Turnus des Lenkungskreises",
    "qualitaetszirkel": "Turnus des Qualitätszirkels", "qualitaetszirkel_einfuehrung": "Turnus des Qualitätszirkels im ersten Halbjahr",
    "qualitaetswerkstatt": "Turnus der Qualitätswerkstatt", "schnittstellentreffen": "Turnus der Schnittstellentreffen",
    "austausch_jugendamt": "Austausch mit dem Jugendamt", "austausch_arbeitsagentur": "Austausch mit der Agentur für Arbeit",
    "treffen_koordination": "Treffen mit der Koordination", "integrationskonferenz": "Turnus der Integrationskonferenz",
    "gremium_aufgabe": "Gremium: Aufgabe", "gremium_freigabe": "Gremium: Freigabe des Protokolls", "gremium_protokoll": "Gremium: Protokoll",
    "gremium_ruhen": "Gremium: Wiedervorlage eines ruhenden Gremiums", "gremium_ueberfaellig": "Gremium: Erinnerung", "gremium_vorlauf": "Gremium: Vorlauf der Sitzung",
    "gremium_woechentlich": "Gremium: wöchentlich", "gremium_monatlich": "Gremium: monatlich", "gremium_vierteljaehrlich": "Gremium: vierteljährlich",
    "gremium_halbjaehrlich": "Gremium: halbjährlich", "gremium_jaehrlich": "Gremium: jährlich", "beschlussvorlage": "Beschlussvorlage",
    "beschluss_hindernis": "Hindernis eines Beschlusses klären", "netzwerk_aufgabe": "Netzwerk: Aufgabe", "netzwerk_zyklus": "Netzwerk: Abstand der Auswertung",
    "etappe_aufgabe": "Etappe: Aufgabe", "etappe_festlegen": "Etappe: festlegen", "verstetigung_aufgabe": "Verstetigung: Aufgabe",
    "verstetigung_vereinbarungen": "Verstetigung: Vereinbarungen", "berichtswesen_katalog": "Bericht: Katalog", "berichtswesen_bericht": "Bericht: Abstand",
    "berichtswesen_entwurf": "Bericht: Entwurf", "berichtswesen_ergaenzen": "Bericht: ergänzen", "berichtswesen_pruefung": "Bericht: prüfen",
    "berichtswesen_reflexion": "Bericht: Schlüsse ziehen", "berichtswesen_anschluss": "Bericht: Anschluss", "berichtswesen_aktualisierung": "Bericht: aktualisieren",
    "projektmitteilung": "Mitteilung zum Projekt", "projektmitteilung_antwort": "Antwort auf die Mitteilung zum Projekt",
    "projektmitteilung_antwort_ende": "Ende des Wartens auf die Antwort", "projektmitteilung_folgen": "Folgen der Mitteilung",
    "nachweis_einreichung": "Verwendungsnachweis einreichen", "nachweis_erinnerung": "Erinnerung an den Verwendungsnachweis",
    "nachweis_pruefung": "Verwendungsnachweis prüfen", "nachweis_nach_kuendigung": "Verwendungsnachweis nach einer Kündigung",
    "kuendigung_vertrag": "Kündigung des Vertrags",
    "bedarfserhebung_aufgabe": "Bedarfserhebung: Aufgabe", "begleitheft_aushaendigen": "Begleitheft aushändigen",
    "foerderantrag_aufgabe": "Förderantrag: Aufgabe", "foerderantrag_bescheid": "Förderantrag: Bescheid", "foerderantrag_vorlauf": "Förderantrag: Vorlauf",
    "sozialraum_aufgabe": "Auswahl des Sozialraums: Aufgabe",
    # everyday and facts
    "aufgabe_erledigen": "Aufgabe des Alltags", "koordination_entscheidung": "Entscheidung der Koordination", "koordination_reaktion": "Reaktion der Koordination",
    "meilenstein": "Abstand der Meilensteine", "modellprojekt": "Dauer des Modellprojekts", "pilotphase": "Dauer der Pilotphase",
}
"""Names of deadlines."""

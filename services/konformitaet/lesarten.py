"""Our reading of what the standards leave open. Each has a test of that behaviour under ``tests/unit/engine``."""

from __future__ import annotations

from typing import Final

# question, our reading
LESARTEN: Final = (
    ("Eine Uhrzeit, die es bei der Umstellung auf Sommerzeit nicht gibt",
     "gilt als die Uhrzeit nach der Umstellung (2.30 Uhr wird 3.30 Uhr)."),
    ("Eine Uhrzeit, die es bei der Umstellung auf Winterzeit zweimal gibt", "ist die erste der beiden; eine Wiederholung kommt einmal."),
    ("Dauer in Tagen, Monaten, Jahren", ("läuft nach der Uhr an der Wand in Berlin: P1D ist morgen um dieselbe Zeit. Stunden, Minuten und "
     "Sekunden sind verstrichene Zeit: PT24H kann morgen um eine andere Uhrzeit sein.")),
    ("P1M ab dem 31. Januar", "endet am letzten Tag des Februars; die nächste Wiederholung rechnet wieder ab dem 31."),
    ("Zeitpunkt ohne Zeitzone", "ist ein Zeitpunkt in Berlin."),
    ("Versäumte Wiederholungen (der Dienst stand still)", "kommen einmal, nicht einmal je versäumter Runde."),
    ("Wiederholung an einem unterbrechenden Zeitgeber", "wirkt einmal: Das erste Mal unterbricht."),
    ("Wiederholung an einem Zwischenereignis", "wirkt einmal."),
    ("Bedingungsereignis", "löst aus, wenn die Bedingung wahr wird; solange sie wahr bleibt, löst es nicht noch einmal aus."),
    ("Inklusives Gateway als Zusammenführung", ("wartet, solange eine Marke noch über einen leeren Eingang ankommen kann, ohne dieses "
     "Gateway zu durchlaufen (BPMN 2.0, 13.4.3), auch in Schleifen.")),
    ("Überzählige Marke an einem parallelen Gateway", "wartet auf die nächste Runde."),
    ("Fehler, den niemand behandelt", "ist eine Störung an dem Element, das ihn ausgelöst hat, auch in einem aufgerufenen Prozess."),
    ("Eskalation, die niemand behandelt", "bleibt ohne Folgen; der Ablauf geht weiter."),
    ("Fehlerereignis ohne Code", "behandelt jeden Fehler, für den es kein Ereignis mit seinem Code gibt."),
    ("Terminierendes Endereignis", "beendet den Prozess oder Teilprozess, in dem es steht, nicht die darum herum."),
    ("Kein Fluss passt und es gibt keinen Standardfluss", "ist eine Störung am Gateway; nach einer Korrektur kann es wiederholt werden."),
    ("Aufgabe ohne Art", "läuft durch. Eine manuelle Aufgabe wartet, bis jemand sie als erledigt meldet."),
    ("Mehrfachausführung über eine leere Liste", "wird übersprungen; die Ausgabeliste ist leer."),
    ("Datei mit mehreren Prozessen", ("Es laufen die als ausführbar gekennzeichneten; die anderen bleiben Bilder. Kennzeichnet die Datei "
     "keinen und schließt keinen aus, laufen alle.")),
    ("Mehrere Startereignisse", ("Jedes mit Auslöser startet für sich einen Vorgang; ohne Auslöser gibt es höchstens eines, und mit ihm beginnt, "
     "wer den Prozess startet.")),
    ("Mehr als eine Marke zum Starten oder nach dem Ende (startQuantity, completionQuantity)", "wird abgelehnt."),
    ('Schreibweisen von XML (isExecutable="1", Verweise mit dem Kürzel des eigenen Namensraums)', "gelten wie die übliche Schreibweise."),
    ("Daten und Zuordnungen (Datenobjekt, Datenfluss)", ("sind Dokumentation. Werte stehen in Variablen, die dem Prozess oder Teilprozess "
     "gehören, nicht der Marke.")),
    ("FEEL: Funktionen in Java oder PMML", "werden nie ausgeführt und ergeben null mit einem Grund: Ein Modell bringt keinen Programmcode mit."),
    ("FEEL: Fehler bei der Auswertung", ("ergibt null mit einem Grund, wie der Standard es sagt; nur was nicht lesbar ist oder ein Budget "
     "überschreitet, ist eine Störung.")),
    ("FEEL: years and months duration(von, bis)", "zählt von Tag zu Tag; die Uhrzeit zählt nicht mit."),
    ("FEEL: Genauigkeit von Zahlen", "34 Stellen, dezimal (IEEE 754 decimal128)."),
    ("DMN: mehrere Treffer bei UNIQUE, verschiedene bei ANY", "ergeben null; die getroffenen Regeln werden genannt."),
)

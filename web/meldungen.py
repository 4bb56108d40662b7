"""What a page says after something was done. The address carries the short name only, never a text or a person."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Meldung:
    """A sentence on top of a page. ``art``: ``success``, ``info`` or ``warning``."""

    satz: str
    art: str = "success"


MELDUNGEN = {
    "abgemeldet": Meldung("Sie sind abgemeldet. Ihre Entwürfe bleiben gespeichert.", "info"),
    "gespeichert": Meldung("Gespeichert."),
    "angelegt": Meldung("Der Fall ist angelegt. Das Fallmanagement hat begonnen."),
    "entwurf": Meldung("Ihr Entwurf ist gespeichert. Sie können jederzeit weiterschreiben."),
    "entwurf_da": Meldung("Sie arbeiten jetzt mit den Angaben aus dem Entwurf weiter."),
    "verworfen": Meldung("Ihr Entwurf ist verworfen.", "info"),
    "uebernommen": Meldung("Übernommen. Sie finden die Aufgabe unter „Meine“."),
    "zurueckgegeben": Meldung("Zurückgegeben. Die Gruppe kann die Aufgabe jetzt übernehmen."),
    "zugewiesen": Meldung("Neu zugewiesen."),
    "wiedervorlage": Meldung("Die Wiedervorlage ist gesetzt."),
    "wiedervorlage_weg": Meldung("Die Wiedervorlage ist entfernt.", "info"),
    "teilweise": Meldung("Einige Aufgaben hatte schon jemand anders. Die übrigen sind bearbeitet.", "warning"),
    "keine_auswahl": Meldung("Wählen Sie zuerst mindestens eine Zeile aus.", "warning"),
    "passwort": Meldung("Ihr neues Passwort gilt ab sofort. Ihre anderen Geräte sind abgemeldet."),
    "notiz": Meldung("Die Notiz steht jetzt im Verlauf."),
    "kontaktabbruch": Meldung("Der Kontaktabbruch ist vermerkt."),
    "person": Meldung("Die Person gehört jetzt zum Fall. Lesen Sie hier, was für sie noch offen ist."),
    "berichtigt": Meldung("Die Angaben sind berichtigt. Die früheren bleiben in den Fassungen der Akte."),
    "hauptperson": Meldung("Der Fall hat jetzt eine andere Hauptperson."),
    "ausgeschieden": Meldung("Die Person ist aus dem Fall ausgeschieden. Was über sie festgehalten ist, bleibt in der Akte."),
    "wieder_da": Meldung("Die Person gehört wieder zum Fall. Ihre Einwilligungen müssen neu erteilt werden."),
    "rechtskreise": Meldung("Die Rechtskreise sind gespeichert."),
    "einwilligung": Meldung("Die Einwilligung ist erfasst und gilt ab sofort."),
    "widerrufen": Meldung("Die Einwilligung ist widerrufen. Das wirkt sofort."),
    "zurueckgezogen": Meldung("Das Angebot ist zurückgezogen."),
    "angenommen": Meldung("Sie haben angenommen. Die Fallverantwortung geht an Ihre Organisation über."),
    "abgelehnt": Meldung("Sie haben abgelehnt. Die Angaben sind hier nicht mehr sichtbar.", "info"),
    "kapazitaet": Meldung("Die freien Plätze sind eingetragen."),
    "dokument": Meldung("Die Datei ist gespeichert."),
    "erinnert": Meldung("Die Erinnerung ist unterwegs. Sie steht auch im Verlauf des Falls."),
    "schon_erinnert": Meldung("An diese Aufgabe wurde in der letzten Stunde schon erinnert. Es ging keine weitere Mail hinaus.", "warning"),
    "vorgang": Meldung("Der Vorgang hat begonnen. Die erste Aufgabe erscheint bei denen, die sie erledigen."),
    "auftrag": Meldung("Der Auftrag ist erteilt. Er arbeitet im Hintergrund, Sie können die Seite verlassen."),
    "auftrag_anders": Meldung("Der Auftrag steht inzwischen anders. Hier sehen Sie seinen Stand.", "info"),
    "eingriff_verlegen": Meldung("Der Vorgang geht jetzt an dem gewählten Schritt weiter."),
    "eingriff_ruhen": Meldung("Der Vorgang ruht. Aufgaben und Fristen warten, bis Sie ihn fortsetzen.", "info"),
    "eingriff_fortsetzen": Meldung("Der Vorgang läuft wieder."),
    "eingriff_beenden": Meldung("Der Vorgang ist beendet.", "info"),
    "nochmal": Meldung("Noch einmal versucht. Wenn die Zeile verschwunden ist, hat es geklappt.", "info"),
}

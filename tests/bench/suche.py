"""The search for a person in 1,000 and in 100,000 cases, over HTTP and under row-level security."""

from __future__ import annotations

import re
import statistics
import time
import urllib.parse
from typing import Any

import psycopg

from services import anmeldung, bootstrap
from services.fall.sortierung import sort_key

FEW, MANY = 1_000, 100_000
FIRST = ("Amina", "Bilal", "Cemre", "Dilnaz", "Elyas", "Farida", "Ghaith", "Hevin", "Ilyas", "Jamila", "Karim", "Leyla", "Mirza", "Nadia", "Omid", "Parwin")
SYLLABLES = ("al", "ba", "cha", "du", "en", "fa", "gu", "ha", "is", "ja", "ko", "li", "mo", "na", "or", "pe", "ra", "sa", "ta", "ul", "ve", "wa", "ya", "ze")
ASKED = ("Zeyara", "Amina Balifa", "balifa", "Omid Ze", "kofane", "vera", "Dilnaz", "MO-2026-00")


def family_name(number: int) -> str:
    """A name of four syllables; each occurs a few times in 100,000."""
    n, parts = number * 7919, []
    for _ in range(4):
        n, rest = divmod(n, len(SYLLABLES))
        parts.append(SYLLABLES[rest])
    return "".join(parts).capitalize()


def fill(owner: str, first: int, last: int) -> None:
    """Cases of the Mandant, each with one person and a holder."""
    with psycopg.connect(owner, autocommit=True) as connection:
        with connection.transaction():
            connection.execute("set constraints all deferred")
            with connection.cursor().copy("copy etappe.fall (mandant, aktenzeichen, status, phase, organisation, angelegt_am, rechtskreise, erstkontakt, zugangsweg, angelegt_von) from stdin") as out:
                for n in range(first, last):
                    out.write_row(("bench", f"MO-2026-{n:06}", "offen", "assessment", "stadt", "2026-09-01T08:00:00Z", "{asylblg}", "2026-09-01", "sonstiges", "bench"))
            with connection.cursor().copy("copy etappe.person (key, mandant, aktenzeichen, vorname, nachname, hauptperson, sort_key, angelegt_am) from stdin") as out:
                for n in range(first, last):
                    given, family = FIRST[n % len(FIRST)], family_name(n)
                    out.write_row((6 * 10**12 + n, "bench", f"MO-2026-{n:06}", given, family, True, sort_key(family, given), "2026-09-01T08:00:00Z"))
            with connection.cursor().copy("copy etappe.fallverantwortung (key, mandant, aktenzeichen, organisation, login, von, grund, durch) from stdin") as out:
                for n in range(first, last):
                    out.write_row((7 * 10**12 + n, "bench", f"MO-2026-{n:06}", "stadt", "bench", "2026-09-01T08:00:00Z", "Messung", "bench"))
        for name in ("fall", "person", "fallverantwortung"):
            connection.execute(f"vacuum analyze etappe.{name}")


def little_sight(owner: str) -> None:
    """Somebody whose organisation holds one case in a thousand: of a name that thousands bear she sees next to nothing."""
    with psycopg.connect(owner) as connection:
        connection.execute("insert into etappe.organisation (mandant, key, name, sort_key, art) values ('bench', 'klein', 'Klein', 'klein', 'traeger')")
        connection.execute("insert into etappe.benutzer (login, mandant, name, sort_key, organisation, rollen, funktionen, passwort_hash) "
                           "select 'wenig', mandant, 'Wenig', 'wenig', 'klein', '{fallmanagement}', '{}', passwort_hash from etappe.benutzer where login = 'bench'")
        connection.execute("update etappe.fallverantwortung set organisation = 'klein', login = null where mod(key, 1000) = 7")


def p95(bench: Any, login: str) -> float:
    """Milliseconds of the page for this person, 95th percentile over names, parts of names and an Aktenzeichen."""
    app = bootstrap.build(bench.settings)
    _, token = anmeldung.anmelden(app, login=login, password="bench-passwort")
    app.close()
    headers = {"Cookie": f"etappe_sitzung={token}"}
    bench.connection.close()  # the server has given it up meanwhile
    _, status, page = bench.call("GET", "/suche", headers=headers)
    assert status == 200, page[:300]
    found = re.search(rb'name="_csrf" value="([^"]+)"', page)
    assert found is not None
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    times = []
    for number in range(160):
        body = urllib.parse.urlencode({"_csrf": found[1].decode(), "q": ASKED[number % len(ASKED)]}).encode()
        begin = time.perf_counter()
        bench.connection.request("POST", "/suche", body=body, headers=headers)
        response = bench.connection.getresponse()
        answer = response.read()
        assert response.status in {200, 302}, answer[:300]
        if number >= 2 * len(ASKED):
            times.append(time.perf_counter() - begin)
    return statistics.quantiles(times, n=20)[-1] * 1000


def measure(bench: Any) -> dict[str, float]:
    """The page for somebody who sees every case, in 1,000 and in 100,000 of them; then for somebody who sees hardly any."""
    result: dict[str, float] = {}
    for name, first, last in (("search_1000_p95_ms", 0, FEW), ("search_100000_p95_ms", FEW, MANY)):
        fill(bench.owner, first, last)
        result[name] = p95(bench, "bench")
    little_sight(bench.owner)
    result["search_little_sight_p95_ms"] = p95(bench, "wenig")
    return result | {"search_ratio": result["search_100000_p95_ms"] / result["search_1000_p95_ms"]}

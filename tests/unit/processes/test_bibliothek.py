"""The library lists what stands in the folders, also from a wheel."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from processes import bibliothek

ROOT = Path(__file__).parents[3]


def test_every_model_table_and_form_is_listed() -> None:
    on_disk = {p.relative_to(ROOT).as_posix() for pattern in ("processes/*/*.bpmn", "processes/*/*.dmn", "forms/vorlagen/*/*.form") for p in ROOT.glob(pattern)}

    listed = bibliothek.dateien()

    assert {d.name for d in listed} == on_disk
    assert len(listed) == len(on_disk)
    assert all(d.data == (ROOT / d.name).read_bytes() for d in listed)


def test_models_come_before_tables_and_forms() -> None:
    endings = [Path(d.name).suffix for d in bibliothek.dateien()]

    assert endings == sorted(endings, key=[".bpmn", ".dmn", ".form"].index)


def test_keys_are_folder_names() -> None:
    assert {"zugang_moers", "zugang_moers_erstkontakt", "zugang_moers_analyse", "zugang_moers_empfehlung", "fallverantwortung", "warme_uebergabe", "uebergabe_nachfrage"} <= set(bibliothek.keys())
    assert list(bibliothek.keys()) == sorted(set(bibliothek.keys()))


def test_scenarios_of_a_process_are_found_and_foreign_paths_are_not() -> None:
    assert "processes/warme_uebergabe/szenarien/uebernommen.yaml" in {d.name for d in bibliothek.szenarien("warme_uebergabe")}
    assert bibliothek.szenarien("../processes/warme_uebergabe") == ()


def test_library_is_complete_in_a_zipped_installation(tmp_path: Path) -> None:
    """A zip on the path has no files to open, only resources; what works there works in every installation."""
    archive = tmp_path / "etappe.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for package in ("processes", "forms"):
            for file in (ROOT / package).rglob("*"):
                if file.is_file() and "__pycache__" not in file.parts:
                    packed.write(file, file.relative_to(ROOT))

    code = "from processes import bibliothek, profil; moers = profil.load('moers'); print(len(bibliothek.dateien()), moers.kommune, moers.frist('kontaktversuch').wert)"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(archive)}, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout.split() == [str(len(bibliothek.dateien())), "moers", "3"]

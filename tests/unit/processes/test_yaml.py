"""YAML is read by libyaml where PyYAML brings it, with the values and the complaints of the plain reader."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from processes import angaben
from processes.angaben import lies_yaml

ROOT = Path(__file__).parents[3]
FILES = [ROOT / "processes" / "profile" / "moers.yaml", *sorted((ROOT / "services" / "dokumente").rglob("*.yaml"))[:5],
         *sorted((ROOT / "processes").glob("*/einstellungen.yaml"))[:5]]


@pytest.mark.parametrize("file", [f for f in FILES if f.exists()], ids=lambda f: f"{f.parent.name}/{f.name}")
def test_values_are_those_of_the_plain_reader(file: Path) -> None:
    text = file.read_text("utf-8")

    assert lies_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize("text", ["a: [1, 2", "a: b: c", "\tb: 1", "a: &x 1\nb: *y", "!!python/object/apply:os.system ['true']", "a: \x01"])
def test_complaints_are_those_of_the_plain_reader(text: str) -> None:
    with pytest.raises(yaml.YAMLError) as plain:
        yaml.safe_load(text)

    with pytest.raises(yaml.YAMLError) as found:
        lies_yaml(text)

    assert (type(found.value), str(found.value)) == (type(plain.value), str(plain.value))


def test_libyaml_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain reader is asked for its words only."""
    assert angaben.LOADER is yaml.CSafeLoader
    monkeypatch.setattr(yaml, "safe_load", lambda _: pytest.fail("read twice"))

    assert lies_yaml("a: [1, ja, 2026-01-02]")["a"][0] == 1


@pytest.mark.parametrize("text", ["[" * 200_000, "- " * 200_000 + "a", "{a: " * 200_000])
def test_what_is_nested_too_deep_does_not_end_the_process(text: str) -> None:
    with pytest.raises((RecursionError, yaml.YAMLError)):
        lies_yaml(text)


def test_depth_that_people_write_is_no_matter() -> None:
    text = "[" * 99 + "]" * 99

    assert lies_yaml(text) == lies_yaml("[" + text + "]")[0] == yaml.safe_load(text)

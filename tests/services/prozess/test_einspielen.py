"""Deploying looks at a model once: one reading, one run of the rules, one build for each process."""

from __future__ import annotations

from collections import Counter

import pytest

from engine import catalogue
from processes import bibliothek
from services.errors import DeploymentRefused
from services.prozess import deployments
from services.prozess.deployments import Resource
from tests.builders import actor

KEYS = ("warme_uebergabe", "uebergabe_nachfrage", "einwilligung")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each step of looking at a model ran."""
    found: Counter[str] = Counter()
    for name in ("read", "examine", "Build"):
        step = getattr(catalogue, name)

        def count(*args, name=name, step=step, **kw):
            found[name] += 1
            return step(*args, **kw)
        monkeypatch.setattr(catalogue, name, count)
    # The library lints as well; whoever deploys must not ask it to build once more to try.
    monkeypatch.setattr("engine.lint.Build", lambda *_: pytest.fail("built only to try"))
    return found


def models() -> list[Resource]:
    return [Resource(name=d.name.rsplit("/", 1)[-1], data=d.data) for d in bibliothek.modelle() if d.key in KEYS]


def test_each_model_is_read_checked_and_built_once(app, counted) -> None:
    result = deployments.deploy(app, actor("prozess"), resources=models())

    assert {d.id for d in result.definitions if d.new} == set(KEYS)
    assert counted == {"read": len(KEYS), "examine": len(KEYS), "Build": len(KEYS)}


def test_model_that_cannot_be_built_is_refused_with_the_reason_and_nothing_is_written(app, monkeypatch: pytest.MonkeyPatch) -> None:
    (*_, last) = ready = sorted(models(), key=lambda r: r.name)
    build = catalogue.Build

    def stumble(root, process, key):
        if process.get("id") == last.name.removesuffix(".bpmn"):
            raise RuntimeError("Unvorhergesehenes")
        return build(root, process, key)
    monkeypatch.setattr(catalogue, "Build", stumble)

    with pytest.raises(DeploymentRefused, match=rf"„{last.name}“ kann nicht ausgeführt werden: .*RuntimeError: Unvorhergesehenes") as refused:
        deployments.deploy(app, actor("prozess"), resources=ready)

    assert refused.value.findings[0].code == "unexpected"
    monkeypatch.undo()
    again = deployments.deploy(app, actor("prozess"), resources=ready)
    assert [d.version for d in again.definitions if d.kind == "process"] == [1, 1, 1]
    assert all(d.new for d in again.definitions)


def test_unchanged_models_are_checked_again_and_keep_their_version(app, counted) -> None:
    first = deployments.deploy(app, actor("prozess"), resources=models())
    counted.clear()

    second = deployments.deploy(app, actor("prozess"), resources=models())

    assert [(d.id, d.key, d.new) for d in second.definitions] == [(d.id, d.key, False) for d in first.definitions]
    assert counted["examine"] >= len(KEYS)

"""A business rule task takes the version of its decision that it is bound to: the latest, that of its deployment, or one with a tag."""

from __future__ import annotations

import pytest

from services.prozess import deployments, incidents, variablen
from services.prozess.deployments import Resource
from tests import bpmn
from tests.builders import actor
from tests.services.prozess.test_aufgaben import started

DMN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="g" name="G" namespace="http://etappe/tests">
  <decision id="grenze" name="Grenze">{tag}<variable name="Grenze"/><literalExpression><text>{value}</text></literalExpression></decision>
</definitions>"""


def table(value: int, tag: str | None = None) -> Resource:
    extension = "" if tag is None else f'<extensionElements><zeebe:versionTag value="{tag}"/></extensionElements>'
    return Resource(name="grenze.dmn", data=DMN.format(value=value, tag=extension).encode())


def model(binding: str) -> Resource:
    rule = bpmn.el("businessRuleTask", "regel", bpmn.ext(f'<zeebe:calledDecision decisionId="grenze" resultVariable="r" {binding}/>'))
    return Resource(name="p.bpmn", data=bpmn.sequence("p", rule, bpmn.user("danach")))


def together(app, *resources: Resource) -> deployments.DeploymentResult:
    return deployments.deploy(app, actor("prozess"), resources=resources)


def result(app) -> list[str]:
    key = started(app, "p")
    return [v.value for v in variablen.of_instance(app, actor("verwaltung"), key=key) if v.name == "r"]


@pytest.mark.parametrize(("binding", "value"), [("", "2"), ('bindingType="latest"', "2"), ('bindingType="deployment"', "1"), ('bindingType="versionTag" versionTag="alt"', "1")])
def test_the_binding_chooses_the_version(app, binding: str, value: str) -> None:
    assert together(app, model(binding), table(1, "alt")).warnings == ()
    together(app, table(2, "neu"))

    assert result(app) == [value]


def test_of_several_versions_with_a_tag_the_latest_counts_and_the_tag_may_be_computed(app) -> None:
    together(app, table(1, "v"))
    together(app, table(2, "v"))
    together(app, table(3, "w"))
    assert together(app, model("""bindingType="versionTag" versionTag="= &quot;v&quot;" """)).warnings == ()

    assert result(app) == ["2"]


@pytest.mark.parametrize(("binding", "sentence"), [
    ('bindingType="versionTag" versionTag="fremd"', "keine Fassung mit der Kennzeichnung „fremd“"),
    ('bindingType="deployment"', "gab es nicht, als dieses Modell eingespielt wurde")])
def test_version_that_is_not_there_is_warned_of_and_then_an_incident(app, binding: str, sentence: str) -> None:
    warned = together(app, model(binding))
    app.clock.advance(seconds=1)
    together(app, table(1))
    started(app, "p")

    found = [incident.message for incident in incidents.open_incidents(app, actor("verwaltung"))]

    assert [w.code for w in warned.warnings] == ["decision_not_deployed"]
    assert sentence in warned.warnings[0].message_de
    assert len(found) == 1
    assert sentence in found[0]
    assert "noch einmal versuchen" in found[0]


def test_unchanged_model_is_bound_to_the_newer_decision_that_comes_with_it(app) -> None:
    bound = model('bindingType="deployment"')
    together(app, bound, table(1))
    app.clock.advance(seconds=1)

    assert sorted((d.kind, d.version) for d in together(app, bound, table(2)).definitions) == [("decision", 2), ("process", 2)]

    assert result(app) == ["2"]

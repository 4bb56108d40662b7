"""Decisions of a case: which rule applied, so that a clerk can see why."""

from __future__ import annotations

from services.prozess import decisions, deployments, instances
from services.prozess.deployments import Resource
from tests import bpmn
from tests.builders import actor

TABLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="stufen" name="Stufen" namespace="http://etappe/tests">
  <decision id="stufe" name="Stufe der Begleitung"><decisionTable id="t" hitPolicy="UNIQUE">
    <input id="i" label="Anzahl der Stellen"><inputExpression id="ie" typeRef="number"><text>stellen</text></inputExpression></input>
    <output id="o" name="stufe" typeRef="string"/><annotation name="Hinweis"/>
    <rule id="r1"><inputEntry id="a1"><text>&lt; 2</text></inputEntry><outputEntry id="b1"><text>"beratung"</text></outputEntry>
      <annotationEntry><text>eine Stelle genuegt</text></annotationEntry></rule>
    <rule id="r2"><inputEntry id="a2"><text>&gt;= 2</text></inputEntry><outputEntry id="b2"><text>"fallmanagement"</text></outputEntry>
      <annotationEntry><text>mehrere Stellen sind abzustimmen</text></annotationEntry></rule>
  </decisionTable></decision></definitions>"""


def test_decision_of_a_process_keeps_the_rule_that_applied(app) -> None:
    task = bpmn.el("businessRuleTask", "stufe_bestimmen", bpmn.ext('<zeebe:calledDecision decisionId="stufe" resultVariable="ergebnis"/>'))
    deployments.deploy(app, actor("prozess"), resources=[Resource(name="stufen.dmn", data=TABLE),
                                                         Resource(name="p.bpmn", data=bpmn.sequence("p", task, bpmn.user("danach")))])
    key = instances.start(app, actor("prozess"), process_id="p", variables={"stellen": 3}).key

    (taken,) = decisions.getroffen(app, actor("prozess"), instance_key=key)

    assert (taken.name, taken.ergebnis) == ("Stufe der Begleitung", "fallmanagement")
    (why,) = taken.gruende
    assert (why.regel, why.eingaben, why.anmerkungen) == (2, (("Anzahl der Stellen", 3),), ("mehrere Stellen sind abzustimmen",))

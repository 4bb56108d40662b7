"""Elements and attributes besides the core of the first models: starts, loops, lanes, headers, deadlines, messages, versions."""
from datetime import UTC, datetime

import pytest

from engine import runtime
from engine.errors import InvalidDefinition, Rejected
from tests.unit.engine.models import (
    COND,
    HEAD,
    MSG,
    SIG,
    Case,
    boundary,
    call,
    chain,
    doc,
    el,
    end,
    event_sub,
    ext,
    flow,
    io,
    multi,
    start,
    sub,
    timer,
    user,
)


def starts():
    return doc(start("von_hand"), start("per_nachricht", ext(io({}, {"grund": "= text"})) + MSG), start("jaehrlich", timer("Cycle", "0 0 8 1 1 *")), start("per_signal", SIG),
               user("a"), user("b"), user("c"), user("d"), chain("von_hand", "a"), chain("per_nachricht", "b"), chain("jaehrlich", "c"), chain("per_signal", "d"))


def test_none_start_event_is_taken_without_choice():
    case = Case(starts())

    assert case.open() == ["a"]
    assert [(s.element, s.kind, s.name, s.form, s.text) for s in case.definition.start_subscriptions] == [
        ("per_nachricht", "message", "m", "", "= fall"), ("jaehrlich", "timer", None, "cycle", "0 0 8 1 1 *"), ("per_signal", "signal", "sig", "", None)]


def test_chosen_start_event_begins_there_and_maps_its_payload():
    case = Case(starts())

    case.engine.start_at("p", {"text": "x", "weg": 1}, start_element="per_nachricht")
    case.engine.start_at("p", {"text": "x"}, start_element="per_signal")

    assert case.open() == ["a", "b", "d"]
    assert case.sees("b") == {"grund": "x"}
    assert case.sees("d") == {"text": "x"}


@pytest.mark.parametrize("cold", [True, False])
def test_output_mapping_of_a_none_start_event_adds_to_the_start_variables(cold):
    """C8: variables given at creation belong to the process scope; only a message or signal has a payload to map."""
    xml = doc(start("s", ext(io(outputs={"doppelt": "= zahl * 2"}))), user("u"), chain("s", "u"))
    case = Case(xml, cold=cold, zahl=4, fall="K-1")

    assert case.data == {"zahl": 4, "fall": "K-1", "doppelt": 8}


def test_unknown_or_ambiguous_start_event_is_rejected():
    case = Case(starts())
    with pytest.raises(Rejected, match="per_nachricht"):
        case.engine.start_at("p", {}, start_element="gibt_es_nicht")

    with pytest.raises(InvalidDefinition, match="several_plain_starts"):
        Case(doc(start("x"), start("y"), user("a"), user("b"), chain("x", "a"), chain("y", "b")), begin=False)


def test_a_definition_can_be_named_by_its_key():
    case = Case(doc(start(), user("alt"), chain("s", "alt")))
    case.engine.deploy("p", doc(start(), user("neu"), chain("s", "neu")))

    case.engine.start_at("p", {}, definition_key="p:1")

    assert case.open() == ["alt", "alt"]


def loop(**attributes):
    condition = attributes.pop("condition", None)
    inner = f"<bpmn:loopCondition>{condition}</bpmn:loopCondition>" if condition else ""
    return el("standardLoopCharacteristics", "schleife", inner, **attributes)


@pytest.mark.parametrize("cold", [True, False])
def test_standard_loop_repeats_while_its_condition_holds(cold):
    case = Case(doc(start(), user("u", loop(condition="= weiter")), user("z"), chain("s", "u", "z")), cold=cold)
    assert case.sees("u")["loopCounter"] == 1
    case.do("u", weiter=True)
    assert case.open() == ["u"]
    assert case.sees("u")["loopCounter"] == 2
    case.do("u", weiter=False)

    assert case.open() == ["z"]
    assert case.data == {"weiter": False}


def test_standard_loop_tests_before_and_counts_to_its_maximum():
    xml = doc(start(), user("u", loop(condition="= noch", testBefore="true", loopMaximum="2")), user("z"), chain("s", "u", "z"))

    assert Case(xml, noch=False).open() == ["z"]
    case = Case(xml, noch=True)
    assert case.open() == ["u"]
    assert case.do("u").open() == ["u"]
    assert case.do("u").open() == ["z"]
    assert Case(doc(start(), user("u", loop(loopMaximum="2")), user("z"), chain("s", "u", "z"))).do("u").do("u").open() == ["z"]


def test_standard_loop_with_boundary_event_is_interrupted_as_a_whole():
    case = Case(doc(start(), user("u", loop(condition="= true")), boundary("b", "u", MSG), user("h"), chain("s", "u"), chain("b", "h")), fall=1)
    case.do("u").do("u")

    case.send()

    assert case.open() == ["h"]
    assert case.do("h").done


def test_standard_loop_of_a_sub_process_has_a_scope_per_turn():
    body = sub("SP", start("x"), user("in"), chain("x", "in"), inner=ext(io({"eigen": "= loopCounter"})) + loop(condition="= weiter"))
    case = Case(doc(start(), body, user("z"), chain("s", "SP", "z")))

    assert case.sees("in")["eigen"] == 1
    assert case.do("in", weiter=True).sees("in")["eigen"] == 2
    assert case.do("in", weiter=False).open() == ["z"]


def lanes(*groups):
    return '<bpmn:laneSet id="ls">' + "".join(f'<bpmn:lane id="{i}" name="{n}">' + "".join(f"<bpmn:flowNodeRef>{m}</bpmn:flowNodeRef>" for m in members) + "</bpmn:lane>"
                                              for i, n, members in groups) + "</bpmn:laneSet>"


def test_lane_gives_the_group_where_nothing_is_assigned():
    given = user("b", ext('<zeebe:assignmentDefinition candidateGroups="koordination"/>'))
    alone = user("c", ext('<zeebe:assignmentDefinition assignee="= wer"/>'))
    case = Case(doc(lanes(("l1", "Bürgerservice Süd", ["a", "b", "c", "SP"]), ("l2", "", ["d"])), start(), el("parallelGateway", "f"), user("a"), given, alone, user("d"),
                    sub("SP", start("x"), user("in"), chain("x", "in")), chain("s", "f", "a"), chain("f", "b"), chain("f", "c"), chain("f", "d"), chain("f", "SP")), wer="anna")
    opened = {d.element: d for d in case.engine.open["user_tasks"].values()}

    assert opened["a"].candidate_groups == ("buergerservice_sued",)
    assert opened["b"].candidate_groups == ("koordination",)
    assert opened["c"].assignee == "anna"
    assert opened["c"].candidate_groups == ()
    assert opened["d"].candidate_groups == ("l2",)
    assert opened["in"].candidate_groups == ("buergerservice_sued",)
    assert case.definition.elements["in"].lane == "l1"


def test_user_task_facts_are_evaluated():
    task = user("u", ext('<zeebe:formDefinition formId="p.u"/><zeebe:assignmentDefinition candidateGroups="= [&quot;a&quot;, gruppe, &quot;a&quot;]" candidateUsers="x, y"/>'
                         '<zeebe:taskSchedule dueDate="= date(&quot;2026-03-31&quot;)" followUpDate="2026-03-01T09:00:00+01:00"/><zeebe:priorityDefinition priority="= 40 + 40"/>'
                         '<zeebe:taskHeaders><zeebe:header key="hinweis" value="eilt"/></zeebe:taskHeaders>')).replace('id="u"', 'id="u" name="Antrag prüfen"')
    opened, = Case(doc(start(), task, chain("s", "u")), gruppe="b").engine.open["user_tasks"].values()

    assert (opened.name, opened.form_id, opened.candidate_groups, opened.candidate_users) == ("Antrag prüfen", "p.u", ("a", "b"), ("x", "y"))
    assert opened.due == datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC)              # end of the day in Europe/Berlin, summer time
    assert opened.follow_up == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert (opened.priority, opened.headers) == (80, {"hinweis": "eilt"})


@pytest.mark.parametrize("attribute", ['<zeebe:priorityDefinition priority="= 101"/>', '<zeebe:assignmentDefinition assignee="= 7"/>', '<zeebe:taskSchedule dueDate="bald"/>',
                                       '<zeebe:assignmentDefinition candidateGroups="= [1]"/>', '<zeebe:formDefinition formId="= {}"/>'])
def test_unsuitable_fact_is_an_incident_of_the_user_task(attribute):
    case = Case(doc(start(), user("u", ext(attribute)), chain("s", "u")))

    assert case.open() == []
    assert case.incident("u").phase == "enter"


def test_due_date_from_the_profile_counts_arbeitstage():
    task = user("u", ext('<zeebe:taskSchedule dueDate="= frist(&quot;pruefung&quot;, today())" followUpDate="= frist(&quot;antwort&quot;)"/>'))
    opened, = Case(doc(start(), task, chain("s", "u"))).engine.open["user_tasks"].values()

    assert opened.due == datetime(2026, 1, 6, 22, 59, 59, tzinfo=UTC)               # New Year is no Arbeitstag: Fri 2, Mon 5, Tue 6
    assert opened.follow_up == datetime(2026, 1, 15, tzinfo=UTC)


def test_unknown_frist_is_an_incident():
    case = Case(doc(start(), user("u", ext('<zeebe:taskSchedule dueDate="= frist(&quot;gibt_es_nicht&quot;, today())"/>')), chain("s", "u")))

    assert "gibt_es_nicht" in case.incident("u").message


def test_facts_of_the_case_are_read_lazily_and_covered_by_variables():
    read = []

    def fall():
        read.append(1)
        return {"verantwortlich": "anna", "anzahl_personen": 3}
    case = Case(doc(start(), user("a"), user("b", ext('<zeebe:assignmentDefinition assignee="= fall.verantwortlich"/>')),
                    user("c", ext('<zeebe:assignmentDefinition assignee="= profil.chef"/>')), chain("s", "a", "b", "c")), facts={"fall": fall, "profil": {"chef": "ute"}})
    assert read == []
    case.do("a")

    assert read == [1]
    assert next(iter(case.engine.open["user_tasks"].values())).assignee == "anna"
    assert case.data == {}
    assert case.sees("b") == {}
    case.do("b", profil={"chef": "leo"})
    assert next(iter(case.engine.open["user_tasks"].values())).assignee == "leo"


def test_service_task_tells_its_headers_and_all_visible_variables():
    task = el("serviceTask", "sv", ext('<zeebe:taskDefinition type="= art" retries="= 1 + 1"/><zeebe:taskHeaders><zeebe:header key="k" value="v"/></zeebe:taskHeaders>' + io({"l": "= 1"})),
              name="Senden")
    job, = Case(doc(start(), task, chain("s", "sv")), art="mail").engine.open["jobs"].values()

    assert (job.type, job.retries, job.name, job.headers, job.variables) == ("mail", 2, "Senden", {"k": "v"}, {"art": "mail", "l": 1})


def test_script_and_decision_task_with_a_job_type_are_jobs():
    definition = ext('<zeebe:taskDefinition type="j"/>')
    case = Case(doc(start(), el("scriptTask", "a", definition), el("businessRuleTask", "b", definition), user("z"), chain("s", "a", "b", "z")))
    case.job("a")
    case.job("b")

    assert case.open() == ["z"]


def test_thrown_message_is_published_or_sent_by_a_worker():
    own = ext(io({"x": "= 1"})) + MSG
    case = Case(doc(start(), el("intermediateThrowEvent", "t", own), el("sendTask", "st", ext(io({"y": "= 2"})), messageRef="M"), end("e", own), chain("s", "t", "st", "e")), fall=7)
    assert case.ended == "completed"
    assert [(m.element, m.name, m.correlation_key, m.variables) for m in case.engine.messages] == [("t", "m", "7", {"x": 1}), ("st", "m", "7", {"y": 2}), ("e", "m", "7", {"x": 1})]

    worker = ext('<zeebe:taskDefinition type="brief"/>') + MSG
    case = Case(doc(start(), el("intermediateThrowEvent", "t", worker), el("sendTask", "st", ext('<zeebe:taskDefinition type="brief"/>')), end("e", worker), chain("s", "t", "st", "e")))
    for element in ("t", "st", "e"):
        case.job(element)
    assert case.ended == "completed"
    assert case.engine.messages == []


def test_job_type_that_camunda_asks_for_leaves_the_delivery_to_the_engine():
    own = ext('<zeebe:taskDefinition type="etappe.nachricht"/>') + MSG
    case = Case(doc(start(), el("intermediateThrowEvent", "t", own), end("e", own), chain("s", "t", "e")), fall=7)

    assert case.ended == "completed"
    assert [(m.element, m.correlation_key) for m in case.engine.messages] == [("t", "7"), ("e", "7")]


def test_thrown_message_without_key_value_is_an_incident():
    case = Case(doc(start(), el("intermediateThrowEvent", "t", MSG), user("z"), chain("s", "t", "z")))
    assert case.incident("t").type == "ExpressionError"
    case.engine.run(case.key, "set_variables", {"fall": "AZ-1"})
    case.retry("t")

    assert case.open() == ["z"]
    assert case.engine.messages[0].correlation_key == "AZ-1"


def test_receive_task_and_missing_correlation_key():
    case = Case(doc(start(), el("receiveTask", "r", messageRef="M"), user("z"), chain("s", "r", "z")))
    assert case.incident("r").phase == "enter"
    case.engine.run(case.key, "set_variables", {"fall": 3})
    case.retry("r")

    assert case.send(3) == 1
    assert case.open() == ["z"]


def test_version_tag_binding_and_properties():
    tagged = doc(ext('<zeebe:versionTag value="2026-1"/><zeebe:properties><zeebe:property name="amt" value="50"/></zeebe:properties>'), start(), user("eins"), chain("s", "eins"), process="q")
    case = Case(doc(start(), user("a"), el("callActivity", "c", ext('<zeebe:calledElement processId="= welcher" bindingType="versionTag" versionTag="2026-1"/>')), chain("s", "a", "c")),
                called={"q": tagged}, welcher="q")
    fresh = case.engine.deploy("q", doc(start(), user("zwei"), chain("s", "zwei"), process="q"))
    case.do("a")

    assert case.open() == ["eins"]
    assert fresh.version_tag is None
    first = case.engine.store.definition("q:1")
    assert (first.version_tag, first.properties, first.name) == ("2026-1", {"amt": "50"}, "q")


def test_failing_condition_of_an_event_is_an_incident_while_the_others_go_on():
    broken = {"on": True}

    def bad(view):
        if broken["on"] and view.get("los"):
            raise ValueError("kaputt")
        return bool(view.get("los"))
    case = Case(doc(start(), user("a"), user("b"), boundary("bo", "b", COND), user("h"), chain("s", "a", "b"), chain("bo", "h")), table={"rot": bad}, los=False)
    case.do("a")
    case.engine.run(case.key, "set_variables", {"los": True})
    assert case.incident("bo").phase == "listen"
    assert case.open() == ["b"]
    broken["on"] = False
    case.retry("bo")

    assert case.open() == ["h"]
    assert not case.open("incidents")


def test_incident_of_a_boundary_event_ends_with_its_activity():
    case = Case(doc(start(), user("a"), boundary("b", "a", timer("Duration", "= fehlt")), user("h"), user("z"), chain("s", "a", "z"), chain("b", "h")))
    assert case.open() == ["a"]
    assert case.incident("b").phase == "enter"
    case.do("a")

    assert case.open() == ["z"]
    assert not case.open("incidents")
    assert case.do("z").done


def test_incident_of_an_event_sub_process_does_not_keep_the_scope_open():
    case = Case(doc(start(), user("a"), chain("s", "a"), event_sub(timer("Duration", "= fehlt"), "false", user("h"))))
    assert case.incident("ESs").phase == "enter"

    assert case.do("a").done


def test_date_of_a_timer_in_the_past_fires_at_once_when_asked():
    case = Case(doc(start(), el("intermediateCatchEvent", "t", timer("Date", "= date(&quot;2025-12-01&quot;)")), user("z"), chain("s", "t", "z")))
    case.wait(0)

    assert case.open() == ["z"]


def test_timer_with_arbeitstage_ends_with_that_day():
    case = Case(doc(start(), el("intermediateCatchEvent", "t", timer("Duration", "= frist(&quot;pruefung&quot;)")), user("z"), chain("s", "t", "z")))

    assert [t.due for t in case.engine.open["timers"].values()] == [datetime(2026, 1, 6, 22, 59, 59, tzinfo=UTC)]


def nested():
    inner = sub("INNEN", start("x2"), user("tief"), user("tief2"), chain("x2", "tief", "tief2"), inner=ext(io({"l": "= 5"})))
    return doc(start(), user("a"), sub("AUSSEN", start("x1"), user("davor"), inner, chain("x1", "davor", "INNEN"), event_sub(MSG, "true", user("h"), id="ES")),
               boundary("bo", "AUSSEN", SIG), user("z"), user("m"), sub("MI", start("x3"), user("je"), chain("x3", "je"), inner=multi(inputElement="p")),
               chain("s", "a", "AUSSEN", "z", "MI"), chain("bo", "m"))


def test_modify_opens_the_scopes_around_the_element():
    case = Case(nested(), fall=1, ps=[1])
    case.engine.run(case.key, "modify", (case.at("a")[1],), ("tief2",))

    assert case.open() == ["tief2"]
    assert case.sees("tief2")["l"] == 5
    assert case.open("subscriptions") == ["ESs", "bo"]
    assert case.do("tief2").open() == ["z"]


def test_modify_into_a_loop_or_an_event_is_rejected():
    case = Case(nested(), fall=1, ps=[1])
    for element in ("je", "h", "gibt_es_nicht"):
        with pytest.raises(Rejected, match=element):
            case.engine.run(case.key, "modify", (), (element,))

    assert case.open() == ["a"]


def test_scopes_tell_their_own_variables():
    case = Case(nested(), fall=1, ps=[1])
    case.do("a").do("davor")
    instance = case.engine.store.get(case.key)

    assert [(s.element, s.variables) for s in runtime.scopes_of(instance)] == [("p", {"fall": 1, "ps": [1]}), ("AUSSEN", {}), ("INNEN", {"l": 5})]
    assert runtime.variables_of(instance) == {"fall": 1, "ps": [1]}


def test_errors_by_code_and_catch_all():
    head = HEAD
    assert 'errorCode="E1"' in head
    catch_all = boundary("alle", "A", "<bpmn:errorEventDefinition/>")
    exact = boundary("genau", "A", '<bpmn:errorEventDefinition errorRef="E"/>')
    xml = doc(start(), el("serviceTask", "A", ext('<zeebe:taskDefinition type="j"/>')), catch_all, exact, user("h"), user("g"), chain("s", "A"), chain("alle", "h"), chain("genau", "g"))
    case = Case(xml)
    case.fail("A", error_code="E1")
    assert case.open() == ["g"]
    case = Case(xml)
    case.fail("A", error_code="sonst_was")
    assert case.open() == ["h"]


def test_two_direct_flows_into_one_parallel_join():
    case = Case(doc(start(), el("parallelGateway", "f"), el("parallelGateway", "j"), user("z"), chain("s", "f"), flow("f", "j"), flow("f", "j"), chain("j", "z")))

    assert case.open() == ["z"]


def test_call_of_a_process_with_only_a_message_start_begins_there():
    called = doc(start("nur", MSG), user("in"), chain("nur", "in"), process="q")
    case = Case(doc(start(), call("c", "q"), chain("s", "c")), called={"q": called})

    assert case.open() == ["in"]


def test_payload_of_an_event_sub_process_survives_its_incident():
    broken = {"on": True}

    def bad(view):
        if broken["on"]:
            raise ValueError("kaputt")
        return view["grund"]
    case = Case(doc(start(), user("a"), chain("s", "a"), event_sub(MSG, "false", user("h"), inner=ext(io({"warum": "= bad"})))), table={"bad": bad}, fall=1)
    case.send(grund="x", frei=2)
    assert case.incident("ES").phase == "enter"
    broken["on"] = False
    case.retry("ES")

    assert case.sees("h") == {"fall": 1, "grund": "x", "frei": 2, "warum": "x"}


@pytest.mark.parametrize("sequential", ["true", "false"])
def test_inner_instance_ended_by_hand_does_not_hold_up_the_others(sequential):
    case = Case(doc(start(), user("u", multi(sequential, inputElement="p", outputCollection="rs", outputElement="= r")), user("z"), chain("s", "u", "z")), ps=["a", "b"])
    case.engine.run(case.key, "modify", (case.at("u")[1],))
    assert case.open() == ["u"]
    assert case.sees("u")["p"] == "b"

    assert case.do("u", r=1).open() == ["z"]
    assert case.data["rs"] == [None, 1]


def test_turn_of_a_loop_ended_by_hand_ends_the_loop():
    case = Case(doc(start(), user("u", loop(condition="= true")), user("z"), chain("s", "u", "z")))
    case.engine.run(case.key, "modify", (case.at("u")[1],))

    assert case.open() == ["z"]


def test_error_of_a_job_that_nobody_above_catches_names_its_code():
    called = doc(start(), el("serviceTask", "A", ext('<zeebe:taskDefinition type="j"/>')), chain("s", "A"), process="q")
    case = Case(doc(start(), call("c", "q"), chain("s", "c")), called={"q": called})
    case.fail("A", error_code="einwilligung_fehlt")

    assert "einwilligung_fehlt" in case.incident("A").message


def test_variables_are_written_at_a_scope_by_position_or_name():
    case = Case(doc(start(), user("a", ext(io({"l": "= 1"}))), chain("s", "a")), v=1)
    task = case.at("a")[1]
    case.engine.run(case.key, "set_variables", {"l": 2}, task, True)
    case.engine.run(case.key, "set_variables", {"v": 2}, task, local=False)

    assert case.sees("a") == {"v": 2, "l": 2}


def test_surplus_token_of_a_parallel_join_waits_for_the_next_turn():
    xml = doc(start(), el("parallelGateway", "f"), user("a"), user("b"), user("c"), el("exclusiveGateway", "m"), el("parallelGateway", "j"), user("z"),
              chain("s", "f", "a", "m"), chain("f", "b", "m", "j", "z"), chain("f", "c", "j"))
    case = Case(xml)
    case.do("a").do("b")
    assert case.open() == ["c"]
    case.do("c")
    assert case.open() == ["z"]
    instance = case.engine.store.get(case.key)

    assert [t.task_spec.name for t in instance.tasks.values() if t._state == 8 and not t.task_spec.joins] == ["j"]


def test_terminated_activity_takes_its_boundary_events_with_it():
    case = Case(doc(start(), el("parallelGateway", "f"), user("a"), boundary("b", "a", timer("Duration", "P1D")), user("h"), user("o"), chain("s", "f", "a"), chain("f", "o"), chain("b", "h")))
    case.engine.run(case.key, "modify", (case.at("a")[1],))

    assert case.open() == ["o"]
    assert case.open("timers") == []


def test_migration_follows_derived_specs():
    def model(prefix):
        body = user(prefix + "mi", ext(io({"kopie": "= p"})) + multi(inputElement="p", outputCollection="rs", outputElement="= r"))
        return doc(start(), el("parallelGateway", "f"), body, boundary(prefix + "b", prefix + "mi", MSG), user("h"), user("n"), chain("s", "f", prefix + "mi"),
                   el("inclusiveGateway", prefix + "ig"), el("task", "t1"), el("task", "t2"), flow(prefix + "ig", "t1", "= x"), flow(prefix + "ig", "t2", "= y"),
                   flow("f", prefix + "ig"), chain("f", "n", prefix + "ig"), chain(prefix + "b", "h"))
    case = Case(model("alt_"), fall=1, ps=[1, 2], x=False, y=False)
    case.do("alt_mi", r=1)
    case.do("n")
    assert case.open("incidents") == ["alt_ig"]
    store, new = case.engine.store, case.engine.deploy("p", model("neu_"))
    mapping = {"alt_mi": "neu_mi", "alt_b": "neu_b", "alt_ig": "neu_ig"}

    assert runtime.migrate(store.states["1"], case.definition, new, {}, store.expressions, case.engine.clock.now())[1].problems
    instance, step = runtime.migrate(store.states["1"], case.definition, new, mapping, store.expressions, case.engine.clock.now())
    case.engine.family.adopt(instance, step)
    case.engine.apply(case.engine.family.steps)

    assert case.open() == ["neu_mi"]
    assert case.sees("neu_mi")["kopie"] == 2
    assert case.open("subscriptions") == ["neu_b"]
    case.engine.run(case.key, "set_variables", {"y": True})
    case.retry("neu_ig")
    case.do("neu_mi", r=2)
    assert case.ended == "completed"
    assert case.data["rs"] == [1, 2]

"""Pins the names of SpiffWorkflow 3.2 that ``engine/spiff.py`` relies on, private ones included.

If one of these tests fails after an update of the library, read ``engine/spiff.py`` before anything else.
"""
import inspect
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState
from SpiffWorkflow.workflow import Workflow

ROOT = Path(__file__).parents[2]


def parameters(function):
    return [p for p in inspect.signature(function).parameters if p != "self"]


def test_version():
    assert version("SpiffWorkflow").startswith("3.2.")


@pytest.mark.parametrize(("owner", "name", "expected"), [
    (Task, "__init__", ["workflow", "task_spec", "parent", "state", "id"]), (Task, "_add_child", ["task_spec", "state"]),
    (Task, "_sync_children", ["task_specs", "state"]), (Task, "_set_state", ["value"]), (Task, "_ready", []), (Task, "_drop_children", ["force"]),
    (Task, "_child_added_notify", ["child"]), (Task, "run", []), (Task, "cancel", []), (Task, "complete", []), (Task, "has_state", ["state"]),
    (TaskSpec, "_predict", ["my_task", "seen", "looked_ahead", "mask"]), (TaskSpec, "_predict_hook", ["my_task"]), (TaskSpec, "_update", ["my_task"]),
    (TaskSpec, "_update_hook", ["my_task"]), (TaskSpec, "_on_ready", ["my_task"]), (TaskSpec, "_run", ["my_task"]), (TaskSpec, "_run_hook", ["my_task"]),
    (TaskSpec, "_on_cancel", ["my_task"]), (TaskSpec, "_on_complete", ["my_task"]), (TaskSpec, "_on_complete_hook", ["my_task"]),
    (TaskSpec, "connect", ["taskspec"]), (Workflow, "_mark_complete", ["task"]), (Workflow, "_task_completed_notify", ["task"]),
    (Workflow, "update_waiting_tasks", []), (Workflow, "_remove_task", ["task_id"]), (WorkflowSpec, "_add_notify", ["task_spec"]),
    (WorkflowSpec, "__init__", ["name", "filename", "addstart"]), (BpmnWorkflow, "__init__", ["spec", "subprocess_specs", "script_engine", "kwargs"]),
    (BpmnSubWorkflow, "__init__", ["spec", "parent_task_id", "top_workflow", "kwargs"])])
def test_signatures(owner, name, expected):
    assert parameters(getattr(owner, name)) == expected


def test_life_cycle_calls_what_we_override():
    """``complete`` completes before the hooks run, updates the children and tells the workflow; ``run`` knows three answers."""
    complete, run = inspect.getsource(Task.complete), inspect.getsource(Task.run)
    assert complete.index("_set_state(TaskState.COMPLETED)") < complete.index("_on_complete(self)")
    assert "if retval is None" in run
    assert "TaskState.STARTED" in run
    finish = inspect.getsource(TaskSpec._on_complete)
    assert finish.index("_on_complete_hook") < finish.index("child.task_spec._update(child)") < finish.index("_task_completed_notify")
    assert "task.task_spec.name == 'End'" in inspect.getsource(Workflow._task_completed_notify)


def test_a_sub_workflow_asks_us_for_its_parent():
    assert isinstance(BpmnSubWorkflow.parent_workflow, property)
    assert isinstance(BpmnWorkflow.top_workflow, property)
    assert "current.parent_workflow" in inspect.getsource(BpmnSubWorkflow._calculate_depth)


def test_the_process_spec_would_add_stock_specs():
    """Why ``ProcessSpec`` calls the constructor of the container below, and which attributes it sets itself."""
    source = inspect.getsource(BpmnProcessSpec.__init__)
    assert "_EndJoin" in source
    for name in ("io_specification", "data_objects", "data_stores", "correlation_keys", "bpmn_start_events"):
        assert f"self.{name} =" in source


def test_states_are_the_stored_numbers():
    assert {n: getattr(TaskState, n) for n in ("MAYBE", "LIKELY", "FUTURE", "WAITING", "READY", "STARTED", "COMPLETED", "ERROR", "CANCELLED")} == {
        "MAYBE": 1, "LIKELY": 2, "FUTURE": 4, "WAITING": 8, "READY": 16, "STARTED": 32, "COMPLETED": 64, "ERROR": 128, "CANCELLED": 256}
    assert (TaskState.FINISHED_MASK, TaskState.PREDICTED_MASK, TaskState.NOT_FINISHED_MASK) == (448, 3, 63)


def test_spec_attributes_that_we_set_or_read():
    class Container(WorkflowSpec):
        pass
    container = Container(name="c")
    spec = BpmnTaskSpec(container, "x")
    for name in ("name", "manual", "completed_event", "_inputs", "_outputs", "inputs", "outputs", "bpmn_id", "_wf_spec"):
        assert hasattr(spec, name)
    assert container.task_specs == {"x": spec}
    assert not spec.manual
    heard = []
    spec.completed_event.connect(lambda *found: heard.append(found), 3)
    spec.completed_event.emit(1, 2)
    assert heard == [(1, 2, 3)]


def test_only_one_module_imports_the_library():
    found = [str(p.relative_to(ROOT)) for p in (ROOT / "engine").rglob("*.py") if "from SpiffWorkflow" in p.read_text() or "import SpiffWorkflow" in p.read_text()]
    assert found == ["engine/spiff.py"]


def test_the_library_does_not_start_a_script_engine_on_the_side():
    """Importing the engine must not execute code of models; the stock Python script engine is never used by our instances."""
    code = ("import sys; sys.path.insert(0, '.'); from engine.instance import Instance; from engine.specs.base import Element; "
            "import inspect; assert 'script_engine' not in inspect.getsource(Element)")
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0

"""Bringing resources in: models, decision tables and forms become immutable versions, all or nothing.

A resource whose bytes equal the latest version of its id is not deployed again: the deployment names the version that is
there, as in Camunda 8.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from engine import dmn
from engine.catalogue import Definition, Model
from engine.errors import EngineError, InvalidDefinition
from forms.catalogue import check as check_form
from forms.catalogue import load as load_form
from forms.errors import InvalidForm
from processes import bibliothek
from services.db.models.prozess import (
    DecisionDefinition,
    Deployment,
    FormDefinition,
    MessageSubscription,
    ProcessDefinition,
    Timer,
)
from services.errors import DeploymentRefused, InvalidInput
from services.prozess import bindung, rechte
from services.prozess.evaluator import make_evaluator
from services.prozess.rechte import Recht
from services.prozess.suche import storable
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.findings import Finding
    from services.bootstrap import App
    from services.context import Actor

MAX_RESOURCES = 500
MAX_NAME = 1000  # characters
MAX_LISTED = 50  # of what is missing, in the audit


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A file: its name decides what it is (``.bpmn``, ``.dmn``, ``.form``)."""

    name: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """One definition of a deployment; ``new`` is False if the version was there already. ``kind``: process, decision, requirements, form."""

    kind: str
    id: str
    key: int
    version: int
    resource_name: str
    name: str | None = None
    version_tag: str | None = None
    requirements_id: str | None = None
    requirements_key: int | None = None
    new: bool = True


@dataclass(frozen=True, kw_only=True)
class DeploymentResult:
    """What a deployment brought; ``warnings`` about forms, decisions and processes that its models name and that are not deployed (yet)."""

    key: int
    deployed_at: datetime
    definitions: tuple[Deployed, ...]
    warnings: tuple[Finding, ...] = ()


def deploy(app: App, actor: Actor, *, resources: Sequence[Resource], name: str = "") -> DeploymentResult:
    """Check every resource, then write all of them. Raises DeploymentRefused with the findings of the first that does not run."""
    rechte.require(actor, Recht.DEPLOY)
    if not resources:
        raise InvalidInput("Es wurde keine Datei übergeben. Erwartet werden Dateien mit der Endung .bpmn, .dmn oder .form.")
    if len(resources) > MAX_RESOURCES:
        raise InvalidInput(f"Höchstens {MAX_RESOURCES} Dateien je Einspielung, gefunden wurden {len(resources)}.")
    if any(not storable(words) or len(words) > MAX_NAME for words in (name, *(resource.name for resource in resources))):
        raise InvalidInput(f"Der Name einer Datei hat höchstens {MAX_NAME} Zeichen und kein Zeichen, das sich nicht speichern lässt (NUL).")

    def work(uow: UnitOfWork) -> DeploymentResult:
        uow.session.execute(text("select pg_advisory_xact_lock(hashtext('deployment:' || :m))"), {"m": actor.mandant})
        writer = Writer(uow, name or resources[0].name)
        for resource in sorted(resources, key=lambda r: (not r.name.endswith(".form"), not r.name.endswith(".dmn"), r.name)):
            writer.add(resource)
        writer.bind_again()
        warnings = writer.warnings()
        uow.audit("deployment.create", f"deployment:{writer.key}", chain="verwaltung",
                  detail={"definitions": [f"{d.kind}:{d.id}:{d.version}" for d in writer.definitions if d.new]}
                  | ({"fehlt": sorted({f"{w.code}:{w.element_id}" for w in warnings})[:MAX_LISTED]} if warnings else {}))
        return DeploymentResult(key=writer.key, deployed_at=uow.now, definitions=tuple(writer.definitions), warnings=tuple(warnings))
    return transact(app, actor, work)


def deploy_library(app: App, actor: Actor) -> DeploymentResult:
    """Deploy everything in ``processes/`` and ``forms/``; unchanged files keep their version."""
    return deploy(app, actor, resources=[Resource(name=d.name.rsplit("/", 1)[-1], data=d.data) for d in bibliothek.dateien()], name="Auslieferung")


class Writer:
    """Writes the definitions of one deployment."""

    def __init__(self, uow: UnitOfWork, name: str) -> None:
        self.uow, self.key = uow, uow.key()
        self.definitions: list[Deployed] = []
        self.processes: list[Definition] = []
        self.unchanged: list[tuple[Resource, Model, Definition]] = []
        self.uow.session.execute(insert(Deployment).values(
            key=self.key, mandant=uow.actor.mandant, name=name[:200], erstellt=uow.now, erstellt_von=uow.actor.login))

    def add(self, resource: Resource) -> None:
        kinds = {".bpmn": self.add_bpmn, ".xml": self.add_bpmn, ".dmn": self.add_dmn, ".form": self.add_form}
        for ending, method in kinds.items():
            if resource.name.lower().endswith(ending):
                method(resource)
                return
        raise DeploymentRefused(f"„{resource.name}“ wird nicht erkannt: erwartet werden Dateien mit der Endung .bpmn, .dmn oder .form.")

    def warnings(self) -> list[Finding]:
        """What the processes of this deployment name and nobody has deployed, not even here. Asked last."""
        return bindung.missing(self.uow, self.processes)

    def latest(self, table: str, column: str, value: str) -> Any:  # noqa: ANN401  a row
        return self.uow.session.execute(text(
            f"select * from {table} where {column} = :v order by version desc limit 1"), {"v": value}).one_or_none()  # noqa: S608  our own words

    # -- BPMN ----------------------------------------------------------------------------------------------------------
    def add_bpmn(self, resource: Resource) -> None:
        checksum = hashlib.sha256(resource.data).digest()
        try:
            model = Model(resource.data)
            if model.errors or not model.executable:
                raise InvalidDefinition(model.findings)
            for process in model.executable:
                self.add_process(resource, model, process.get("id", ""), checksum)
        except InvalidDefinition as error:
            first = next((f.message_de for f in error.findings if f.severity == "error"),
                         "Die Datei enthält keinen ausführbaren Prozess (isExecutable).")
            raise DeploymentRefused(f"„{resource.name}“ kann nicht ausgeführt werden: {first}", findings=tuple(error.findings)) from error

    def add_process(self, resource: Resource, model: Model, process_id: str, checksum: bytes) -> None:
        latest = self.latest("process_definition", "process_id", process_id)
        if latest is not None and bytes(latest.checksum) == checksum:
            self.definitions.append(Deployed(kind="process", id=process_id, key=latest.key, version=latest.version, name=latest.name,
                                             version_tag=latest.version_tag, resource_name=latest.resource_name, new=False))
            self.processes.append(self.uow.app.library.process(self.uow.session, latest.key))
            self.unchanged.append((resource, model, self.processes[-1]))
            return
        self.new_version(resource, model, process_id, checksum, latest)

    def bind_again(self) -> None:
        """A new version also of an unchanged process that is bound to its deployment, if another version of what it names comes with it now."""
        left = list(self.unchanged)
        while (found := next((pair for pair in left if self.outdated(pair[2])), None)) is not None:  # a new version may outdate its caller
            left.remove(found)
            resource, model, process = found
            self.processes.remove(process)
            self.definitions = [d for d in self.definitions if d.key != int(process.key)]
            latest = self.latest("process_definition", "process_id", process.process_id)
            self.new_version(resource, model, process.process_id, bytes(latest.checksum), latest)

    def outdated(self, process: Definition) -> bool:
        """Whether something in this deployment is another version than the one that the process is bound to."""
        here = {(d.kind, d.id): d.key for d in self.definitions}
        bound = {(kind, name) for facts in process.elements.values() for kind, name, binding in (
            ("form", facts.ext.form_id, facts.ext.form_binding), ("process", facts.ext.process, facts.ext.binding),
            ("decision", facts.ext.decision, facts.ext.decision_binding)) if binding == "deployment" and name}
        return any(here[thing] != bindung.of_deployment(self.uow.session, *thing, int(process.key)) for thing in bound & here.keys())

    def new_version(self, resource: Resource, model: Model, process_id: str, checksum: bytes, latest: Any) -> None:  # noqa: ANN401  a row
        """Write the next version of a process. Raises InvalidDefinition: it cannot be built."""
        key, version = self.uow.key(), (latest.version if latest else 0) + 1
        definition = Definition(model, str(key), process_id)
        self.uow.session.execute(insert(ProcessDefinition).values(
            key=key, mandant=self.uow.actor.mandant, deployment_key=self.key, process_id=process_id, version=version,
            version_tag=definition.version_tag, name=definition.name, resource_name=resource.name, xml=resource.data, checksum=checksum))
        self.definitions.append(Deployed(kind="process", id=process_id, key=key, version=version, name=definition.name,
                                         version_tag=definition.version_tag, resource_name=resource.name))
        self.processes.append(definition)
        self.subscribe_starts(definition, key, process_id)

    def subscribe_starts(self, definition: Definition, key: int, process_id: str) -> None:
        """Start events that wait for a message, signal or timer: only those of the latest version are open."""
        session = self.uow.session
        session.execute(text("delete from message_subscription where process_id = :p and instance_key is null"), {"p": process_id})
        session.execute(text("update timer set status = 2, ended = :now where status = 0 and instance_key is null and definition_key in "
                             "(select key from process_definition where process_id = :p)"), {"p": process_id, "now": self.uow.now})
        for start in definition.start_subscriptions:
            if start.kind == "timer":
                try:
                    due = make_evaluator(self.uow, None, []).timer(start.form, start.text or "", {}, self.uow.now.timestamp())
                except EngineError as error:
                    raise DeploymentRefused(f"„{process_id}“ kann nicht eingespielt werden: Der Zeitgeber von „{start.element}“ ergibt keinen "
                                            f"Zeitpunkt. {error}") from error
                session.execute(insert(Timer).values(
                    key=self.uow.key(), mandant=self.uow.actor.mandant, definition_key=key, task_id=start.element, element_id=start.element,
                    due=datetime.fromtimestamp(due.at, UTC), status=0))
            else:
                session.execute(insert(MessageSubscription).values(
                    key=self.uow.key(), mandant=self.uow.actor.mandant, kind=start.kind, name=start.name, correlation_key=None,
                    definition_key=key, process_id=process_id, element_id=start.element, created=self.uow.now))

    # -- DMN -----------------------------------------------------------------------------------------------------------
    def add_dmn(self, resource: Resource) -> None:
        try:
            model = dmn.parse(resource.data)
        except InvalidDefinition as error:
            reason = error.findings[0].message_de if error.findings else str(error)
            raise DeploymentRefused(f"„{resource.name}“ ist keine lesbare Entscheidungstabelle: {reason}", findings=error.findings) from error
        except EngineError as error:
            raise DeploymentRefused(f"„{resource.name}“ ist keine lesbare Entscheidungstabelle: {error}") from error
        if model.problems:
            raise DeploymentRefused(f"„{resource.name}“ kann nicht ausgewertet werden: {model.problems[0].reason}", findings=tuple(model.problems))
        checksum = hashlib.sha256(resource.data).digest()
        requirements = self.uow.key()
        for decision in model.decisions:
            latest = self.latest("decision_definition", "decision_id", decision.id)
            same = latest is not None and bytes(latest.checksum) == checksum
            row = latest if same else None
            key = row.key if row else self.uow.key()
            version = row.version if row else (latest.version if latest else 0) + 1
            requirements_key = row.requirements_key if row else requirements
            if not same:
                self.uow.session.execute(insert(DecisionDefinition).values(
                    key=key, mandant=self.uow.actor.mandant, deployment_key=self.key, decision_id=decision.id, version=version,
                    version_tag=decision.version_tag, name=decision.name, requirements_id=model.id, requirements_name=model.name, requirements_key=requirements_key,
                    resource_name=resource.name, xml=resource.data, checksum=checksum))
            self.definitions.append(Deployed(
                kind="decision", id=decision.id, key=key, version=version, name=decision.name, version_tag=decision.version_tag,
                resource_name=resource.name, requirements_id=model.id, requirements_key=requirements_key, new=not same))

    # -- forms ---------------------------------------------------------------------------------------------------------
    def add_form(self, resource: Resource) -> None:
        try:
            form = load_form(resource.data)
        except InvalidForm as error:
            raise DeploymentRefused(f"„{resource.name}“ ist kein lesbares Formular: {error}") from error
        problems = [f for f in check_form(form) if f.severity == "error"]
        if problems:
            raise DeploymentRefused(f"„{resource.name}“: {problems[0].message}", findings=tuple(problems))
        latest, checksum = self.latest("form_definition", "form_id", form.id), hashlib.sha256(resource.data).digest()
        if latest is not None and bytes(latest.checksum) == checksum:
            self.definitions.append(Deployed(kind="form", id=form.id, key=latest.key, version=latest.version, resource_name=latest.resource_name, new=False))
            return
        key, version = self.uow.key(), (latest.version if latest else 0) + 1
        self.uow.session.execute(insert(FormDefinition).values(
            key=key, mandant=self.uow.actor.mandant, deployment_key=self.key, form_id=form.id, version=version, resource_name=resource.name,
            body=resource.data, checksum=checksum))
        self.definitions.append(Deployed(kind="form", id=form.id, key=key, version=version, resource_name=resource.name))

"""Deployed definitions: found by id, version or key, parsed once and kept (they never change)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import text

from engine import dmn
from engine.catalogue import Definition
from forms.catalogue import load as load_form
from services.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from engine.dmn import DecisionModel
    from forms.model import Form

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class DefinitionInfo:
    """The row of a process definition without its bytes."""

    key: int
    process_id: str
    version: int
    version_tag: str | None
    name: str | None
    resource_name: str
    deployment_key: int


class Library:
    """Parsed definitions of one application. Thread-safe enough: parsing twice is waste, never wrong."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, int], Any] = {}
        self._forms: set[tuple[str, str]] = set()
        self._bound: dict[tuple[int, str], int] = {}

    def _cached(self, kind: str, key: int, load: Callable[[], T]) -> T:
        found: T | None = self._by_key.get((kind, key))
        if found is None:
            found = self._by_key[kind, key] = load()
        return found

    def remember(self, info: DefinitionInfo) -> None:
        """A row that was just read; rows of definitions never change."""
        self._by_key["info", info.key] = info

    def info(self, session: Session, key: int) -> DefinitionInfo:
        """The row of a process definition. Raises NotFound."""
        return self._cached("info", key, lambda: find_process(session, key=key))

    def process(self, session: Session, key: int) -> Definition:
        """The parsed process definition. Raises NotFound."""
        def load() -> Definition:
            row = session.execute(text("select process_id, xml from process_definition where key = :k"), {"k": key}).one_or_none()
            if row is None:
                raise NotFound(f"Die Prozessdefinition {key} gibt es nicht.")
            return Definition(bytes(row.xml), str(key), row.process_id)
        return self._cached("process", key, load)

    def decision(self, session: Session, key: int) -> DecisionModel:
        """The parsed model that holds the decision. Raises NotFound."""
        def load() -> DecisionModel:
            xml = session.execute(text("select xml from decision_definition where key = :k"), {"k": key}).scalar_one_or_none()
            if xml is None:
                raise NotFound(f"Die Entscheidung {key} gibt es nicht.")
            return dmn.parse(bytes(xml))
        return self._cached("decision", key, load)

    def has_form(self, session: Session, mandant: str, form_id: str) -> bool:
        """Whether any version of a form is deployed. Only a form that was never seen costs a statement, which then learns all of them."""
        if (mandant, form_id) not in self._forms:
            self._forms.update((mandant, known) for known in session.execute(text("select distinct form_id from form_definition")).scalars())
        return (mandant, form_id) in self._forms

    def bound_form(self, definition: int, form_id: str, find: Callable[[], int | None]) -> int | None:
        """The version of a form that belongs to the deployment of a process; once found it never changes."""
        key = self._bound.get((definition, form_id)) or find()
        if key is not None:
            self._bound[definition, form_id] = key
        return key

    def form(self, session: Session, key: int) -> Form:
        """The parsed form. Raises NotFound."""
        def load() -> Form:
            body = session.execute(text("select body from form_definition where key = :k"), {"k": key}).scalar_one_or_none()
            if body is None:
                raise NotFound(f"Das Formular {key} gibt es nicht.")
            return load_form(bytes(body))
        return self._cached("form", key, load)


COLUMNS = "key, process_id, version, version_tag, name, resource_name, deployment_key"


def find_process(session: Session, *, process_id: str | None = None, key: int | None = None, version: int | None = None,
                 version_tag: str | None = None) -> DefinitionInfo:
    """By key, or by id and version or tag, else the latest version of the id. Raises NotFound."""
    where, values = ["true"], {"id": process_id, "key": key, "version": version, "tag": version_tag}
    for column, name in (("process_id", "id"), ("key", "key"), ("version", "version"), ("version_tag", "tag")):
        if values[name] is not None:
            where.append(f"{column} = :{name}")
    row = session.execute(text(
        f"select {COLUMNS} from process_definition where {' and '.join(where)} order by version desc limit 1"),  # noqa: S608  our own words
        values).mappings().one_or_none()
    if row is None or (process_id is None and key is None):
        raise NotFound(f"Den Prozess „{process_id or key}“ gibt es hier nicht. Bitte zuerst das Modell einspielen.", process=process_id or key)
    return DefinitionInfo(**row)

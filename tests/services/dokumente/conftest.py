"""A case with people, and the job that makes documents, run as the system does."""

from __future__ import annotations

import pytest

from services.bootstrap import BUILT_IN
from services.context import system_actor
from services.prozess.handlers import Auftrag
from services.unit_of_work import transact
from tests.services.fall.conftest import akte, einwilligung, people, schreiben, sql  # noqa: F401  fixtures

MOERS = system_actor("moers")


@pytest.fixture
def erzeugen(app, akte):  # noqa: F811  the fixture
    """Runs the job; returns the key of the document."""

    def do(vorlage="hilfeplan", titel="Hilfeplan", daten=None, business_id=akte, root_key=77, by=MOERS, **more):
        result = transact(app, by, lambda uow: BUILT_IN["dokument.erzeugen"](Auftrag(
            uow=uow, type="dokument.erzeugen", instance_key=78, root_key=root_key, business_id=business_id, element_id="plan_erstellen",
            variables={"vorlage": vorlage, "titel": titel, "daten": daten or {}, **more}, headers={})))
        return int(result["dokument_id"])

    return do

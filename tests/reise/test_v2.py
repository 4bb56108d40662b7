"""A whole case over /v2 with the unmodified official client; only the case itself is opened on its page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.reise.haus import Fernreise, Haus, neuer_fall

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.xdist_group("absturz")
ANTWORTEN: Mapping[str, dict] = {
    "ueber_angebot_informieren": {"aufenthalt": "duldung", "geburtsdatum": "1986-03-01"},
    "analyse_durchfuehren": {"aufenthaltsstatus": "duldung"},
    "situation_erheben": {"aufenthaltsstatus": "duldung"},
    "zustaendigkeit_entscheiden": {"entschiedene_stelle": "stadt_moers"},
    "verlauf_pruefen": {"verlauf": "ende"},
}


def test_administration_runs_a_whole_case_over_v2(haus: Haus) -> None:
    akte = neuer_fall(haus, "verwaltung", geburtsdatum="01.03.1986", aufenthalt="duldung")
    reise = Fernreise(haus=haus, akte=akte, leute=("verwaltung",), antworten=dict(ANTWORTEN))

    reise.gehe()
    assert [task.element_id for _, task in reise.offen()] == ["fall_begleiten"]
    haus.stelle_uhr(haus.zeit + timedelta(weeks=6))
    haus.until(lambda: [task.element_id for _, task in reise.offen()] == ["verlauf_pruefen"], "the check of the Monitoring")
    reise.gehe()

    ((status, reason),) = haus.zeilen("select status, abschlussgrund from fall where aktenzeichen = %s", akte)
    assert (status, reason) == ("abgeschlossen", "ziel_erreicht")
    assert haus.zeilen("select count(*) from process_instance where business_id = %s and status = 'ACTIVE'", akte) == [(0,)]
    assert haus.zeilen("select count(*) from user_task where business_id = %s and status = 'COMPLETED'", akte) == [(len(reise.gegangen),)]
    assert haus.zeilen("select count(*) from incident i join process_instance p on p.key = i.instance_key where p.business_id = %s", akte) == [(0,)]

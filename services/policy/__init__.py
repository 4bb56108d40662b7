"""The one policy: who may do what (design section 6, decision D12).

:func:`may` decides on facts that were read before (``regeln``); :func:`visible_tasks` and :func:`visible_faelle` are the same rules
as SQL conditions (``sicht``), so that a list never shows what the detail refuses (a test compares the two).

Rules: nobody sees another Mandant. Fallmanagement and Koordination see the cases for which their organisation holds the
Fallverantwortung; Koordination also those that it opened or leads; a person sees the cases that are her own, or in which a
task is assigned to her. Another organisation sees a case only while a handover or Verweis to it is open and the consent is
valid, and of the Fallakte only the sections named there; a handover that was taken over counts for as long as the case stays there.
"""

from services.policy.regeln import (
    BETEILIGT,
    OFFEN,
    AbschnittTarget,
    Action,
    Decision,
    DokumentTarget,
    FallTarget,
    MandantTarget,
    TaskTarget,
    UebergabeTarget,
    belongs,
    enforce,
    may,
    require,
)
from services.policy.sicht import (
    consent_valid,
    fall_target,
    few_visible,
    handover_lends,
    organisationen_of_task,
    require_fall,
    sight,
    task_target,
    verweis_lends,
    visible_faelle,
    visible_tasks,
)

__all__ = [
    "BETEILIGT",
    "OFFEN",
    "AbschnittTarget",
    "Action",
    "Decision",
    "DokumentTarget",
    "FallTarget",
    "MandantTarget",
    "TaskTarget",
    "UebergabeTarget",
    "belongs",
    "consent_valid",
    "enforce",
    "fall_target",
    "few_visible",
    "handover_lends",
    "may",
    "organisationen_of_task",
    "require",
    "require_fall",
    "sight",
    "task_target",
    "verweis_lends",
    "visible_faelle",
    "visible_tasks",
]

"""How far Etappe keeps to the standards, measured with files of others.

``tck`` runs folders of the DMN TCK, ``bpmn`` looks at BPMN files element by element, ``messung`` puts both together as JSON,
``seite`` writes ``docs/konformitaet.md`` from it, ``lesarten`` holds our reading of what the standards leave open.
"""

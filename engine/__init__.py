"""Pure execution of BPMN, FEEL and DMN: (definition, state, command, facts, clock) -> Step. No SQL, HTTP or files."""

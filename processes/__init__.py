"""Models, decision tables, scenarios and profiles; access to the files, no behaviour."""

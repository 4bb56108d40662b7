"""``make bench``: the budgets of the design, each as a ratio to the floor measured in the same run (see ``README.md`` there)."""

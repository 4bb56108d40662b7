"""HTTP: pages, /v2, /api/v1, and the command line."""

"""Use cases, database and the doors to the outside."""

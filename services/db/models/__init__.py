"""All tables. Importing this module makes ``Base.metadata`` complete."""

from services.db.models import grundlage, prozess, warteschlange
from services.db.models.base import SCHEMA, Base

__all__ = ["SCHEMA", "Base", "grundlage", "prozess", "warteschlange"]

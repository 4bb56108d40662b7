"""All tables. Importing this module makes ``Base.metadata`` complete."""

from services.db.models import dokument, fall, grundlage, netzwerk, prozess, sammelauftrag, warteschlange
from services.db.models.base import SCHEMA, Base

__all__ = ["SCHEMA", "Base", "dokument", "fall", "grundlage", "netzwerk", "prozess", "sammelauftrag", "warteschlange"]

"""Mail as files: the default without a mail server, for demonstrations and tests. Nothing leaves the machine."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from services.adapters import DeliveryFailed
from services.adapters.mail_nachricht import message

if TYPE_CHECKING:
    from services.adapters import Mail


class FileMailer:
    """Writes each mail to ``<directory>/<digest of the Message-ID>.eml``; a repetition replaces its own file."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def send(self, mail: Mail) -> None:
        content = bytes(message(mail))
        name = hashlib.sha256(mail.message_id.encode()).hexdigest()[:24]
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=self.directory, prefix=".", delete=False) as file:
                file.write(content)
            Path(file.name).replace(self.directory / f"{name}.eml")
        except OSError as error:
            raise DeliveryFailed(mail.message_id) from error

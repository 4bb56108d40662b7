"""One contract for every mail adapter, then what only one of them can do."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import pytest

from services.adapters import DeliveryFailed, Mail, Mailer
from services.adapters.mail_datei import FileMailer
from services.adapters.mail_smtp import SmtpMailer
from services.adapters.mail_speicher import MemoryMailer
from tests.platform.smtp_server import smtp_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAIL = Mail(message_id="<abc@kommune.example>", sender="etappe@kommune.example", to=("servicestelle@kommune.example",),
            subject="Erinnerung: Übergabe prüfen", text="Guten Tag,\n\nbitte prüfen Sie die Übergabe.\n.\nEnde – Straße\n")


@dataclass
class Door:
    mailer: Mailer
    messages: Callable[[], list[tuple[str, str, str]]]  # (Message-ID, subject, text) of what arrived


@pytest.fixture(params=["datei", "speicher", "smtp"])
def door(request, tmp_path) -> Iterator[Door]:
    def read(data: bytes) -> tuple[str, str, str]:
        message = message_from_bytes(data, policy=default)
        return message["Message-ID"], message["Subject"], message.get_content().replace("\r\n", "\n")

    if request.param == "datei":
        folder = tmp_path / "mail"
        yield Door(FileMailer(folder), lambda: [read(file.read_bytes()) for file in folder.glob("*.eml")])
    elif request.param == "speicher":
        memory = MemoryMailer()
        yield Door(memory, lambda: [(mail.message_id, mail.subject, mail.text) for mail in memory.sent.values()])
    else:
        with smtp_server() as server:
            # The receiver drops repetitions by Message-ID, as mail servers do.
            yield Door(SmtpMailer(server.url, seconds=5), lambda: list(dict.fromkeys(read(data) for _, data in server.received)))


def test_mail_arrives_with_umlauts_dots_and_its_id(door: Door) -> None:
    door.mailer.send(MAIL)

    assert door.messages() == [(MAIL.message_id, MAIL.subject, MAIL.text)]


def test_repetition_is_recognisable(door: Door) -> None:
    door.mailer.send(MAIL)
    door.mailer.send(MAIL)

    assert len(door.messages()) == 1


@pytest.mark.parametrize("change", [
    {"subject": "Erinnerung\nBcc: fremd@example.org"}, {"subject": "Erinnerung\r\n\r\nText"},
    {"to": ("a@kommune.example\nBcc: fremd@example.org",)}, {"to": ("a@kommune.example, fremd@example.org",)}, {"to": ("ohne-at",)}, {"to": ()},
    {"to": ("a@kommune.example>\r\nRCPT TO:<fremd@example.org",)}, {"sender": "etappe@kommune.example\nX: y"},
], ids=str)
def test_injected_header_or_address_is_refused_for_good(door: Door, change) -> None:
    with pytest.raises(DeliveryFailed) as refused:
        door.mailer.send(replace(MAIL, **change))

    assert refused.value.permanent
    assert door.messages() == []


@pytest.mark.parametrize(("behaviour", "permanent"), [("refuses", True), ("busy", False)])
def test_refusing_server_fails_and_says_whether_to_try_again(behaviour, permanent) -> None:
    with smtp_server(behaviour) as server:
        with pytest.raises(DeliveryFailed) as failed:
            SmtpMailer(server.url, seconds=5).send(MAIL)

        assert failed.value.permanent is permanent


def test_unreachable_server_fails_for_now() -> None:
    with smtp_server() as server:
        url = server.url

    with pytest.raises(DeliveryFailed) as failed:
        SmtpMailer(url, seconds=5).send(MAIL)

    assert not failed.value.permanent


def test_server_that_drips_bytes_is_cut_off_in_time() -> None:
    with smtp_server("drips") as server:
        began = time.monotonic()
        with pytest.raises(DeliveryFailed):
            SmtpMailer(server.url, seconds=0.5).send(MAIL)

        assert time.monotonic() - began < 3


def test_server_without_tls_is_refused_where_tls_is_demanded() -> None:
    with smtp_server() as server:
        with pytest.raises(DeliveryFailed):
            SmtpMailer(server.url.replace("smtp:", "smtp+starttls:"), seconds=5).send(MAIL)

        assert server.received == []


@pytest.mark.parametrize("url", ["http://mail.example", "mail.example:25", "smtp://"])
def test_wrong_address_of_server_is_refused_at_start(url) -> None:
    with pytest.raises(ValueError, match="ETAPPE_SMTP_URL"):
        SmtpMailer(url)


def test_full_disk_or_missing_folder_fails_for_now(tmp_path) -> None:
    (tmp_path / "mail").write_text("not a folder")

    with pytest.raises(DeliveryFailed) as failed:
        FileMailer(tmp_path / "mail").send(MAIL)

    assert not failed.value.permanent

"""Mails are requested in the command's transaction and delivered at least once."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import text

from services import effekte
from services.adapters import DeliveryFailed
from services.adapters.mail_datei import FileMailer
from services.adapters.mail_smtp import SmtpMailer
from services.adapters.mail_speicher import MemoryMailer
from services.context import system_actor
from services.db.models.warteschlange import MailAuftrag
from services.mail_vorlage import UnknownVorlage
from services.unit_of_work import UnitOfWork, read, transact

MOERS, KOELN = system_actor("moers"), system_actor("koeln")
DATEN = {"aktenzeichen": "KIM-2026-0001", "anlass": "Eine Frist endet"}


class BrokenMailer(MemoryMailer):
    def __init__(self, *, permanent: bool = False) -> None:
        super().__init__()
        self.permanent, self.attempts = permanent, 0

    def send(self, mail) -> None:
        self.attempts += 1
        raise DeliveryFailed(mail.message_id, permanent=self.permanent)


def request(app, key="k1", an="amt@kommune.example", actor=MOERS, **daten) -> bool:
    return transact(app, actor, lambda uow: effekte.defer_mail(
        uow.session, mandant=actor.mandant, key=key, an=an, vorlage="hinweis", daten={**DATEN, **daten}))


def jobs(app) -> list[tuple[str, dict]]:
    with app.engine.connect() as connection:
        return [(row.status, row.args) for row in connection.execute(text("select status::text, args from procrastinate_jobs order by id"))]


def row(app, key="k1", actor=MOERS) -> MailAuftrag | None:
    with UnitOfWork(app, actor) as uow:
        found = uow.session.get(MailAuftrag, (actor.mandant, key))
        uow.session.expunge_all()  # a rollback would empty it
    return found


def test_committed_request_leaves_a_job_without_personal_data(app) -> None:
    assert request(app)

    assert jobs(app) == [("todo", {"mandant": "moers", "key": "k1"})]
    assert row(app).status == "offen"


def test_rolled_back_request_leaves_nothing(app) -> None:
    with UnitOfWork(app, MOERS) as uow:
        effekte.defer_mail(uow.session, mandant="moers", key="k1", an="amt@kommune.example", vorlage="hinweis", daten=DATEN)

    assert jobs(app) == []
    assert row(app) is None


def test_second_request_with_the_same_key_changes_nothing(app) -> None:
    request(app)

    assert not request(app, anlass="etwas anderes")

    assert len(jobs(app)) == 1
    assert row(app).daten["anlass"] == DATEN["anlass"]


def test_same_key_in_another_mandant_is_another_mail(app) -> None:
    request(app)

    assert request(app, actor=KOELN)

    assert row(app, actor=KOELN) is not None
    assert len(jobs(app)) == 2


def test_request_for_another_mandant_is_refused_by_the_database(app) -> None:
    with UnitOfWork(app, MOERS) as uow, pytest.raises(Exception, match="row-level security"):
        effekte.defer_mail(uow.session, mandant="koeln", key="k1", an="a@b.example", vorlage="hinweis", daten=DATEN)


def test_request_with_an_unknown_text_is_refused_at_once(app) -> None:
    with UnitOfWork(app, MOERS) as uow, pytest.raises(UnknownVorlage):
        effekte.defer_mail(uow.session, mandant="moers", key="k1", an="a@b.example", vorlage="gibt_es_nicht", daten={})


def test_delivery_notes_the_time_and_is_not_repeated(app) -> None:
    request(app)
    door = MemoryMailer()

    effekte.deliver(app, door, mandant="moers", key="k1", last=False)
    first = dict(door.sent)
    door.sent.clear()
    effekte.deliver(app, door, mandant="moers", key="k1", last=False)

    assert door.sent == {}
    (mail,) = first.values()
    assert (mail.to, mail.subject) == (("amt@kommune.example",), "Hinweis aus Etappe: Eine Frist endet")
    assert (row(app).status, row(app).versucht, row(app).gesendet_am) == ("gesendet", 1, app.clock.now())


def test_message_id_depends_on_mandant_and_key_only(app) -> None:
    request(app)
    request(app, actor=KOELN)
    door = MemoryMailer()

    effekte.deliver(app, door, mandant="moers", key="k1", last=False)
    transact(app, MOERS, lambda uow: uow.session.execute(text("update mail_auftrag set status = 'offen'")))  # as after a kill before the note
    effekte.deliver(app, door, mandant="moers", key="k1", last=False)
    effekte.deliver(app, door, mandant="koeln", key="k1", last=False)

    assert len(door.sent) == 2  # the repetition had the same Message-ID


def test_failed_attempt_is_raised_for_a_retry_and_the_last_one_is_kept_visible(app) -> None:
    request(app)

    with pytest.raises(DeliveryFailed):
        effekte.deliver(app, BrokenMailer(), mandant="moers", key="k1", last=False)
    assert row(app).status == "offen"
    effekte.deliver(app, BrokenMailer(), mandant="moers", key="k1", last=True)

    failed = read(app, MOERS, lambda uow: effekte.failed_mails(uow.session))
    assert [(mail.key, mail.versucht, mail.fehler) for mail in failed] == [("k1", 2, "DeliveryFailed")]
    assert read(app, KOELN, lambda uow: effekte.failed_mails(uow.session)) == ()


def test_permanent_failure_is_not_tried_again(app) -> None:
    request(app)

    effekte.deliver(app, BrokenMailer(permanent=True), mandant="moers", key="k1", last=False)

    assert row(app).status == "gescheitert"


def test_failed_mail_can_be_sent_again_with_its_old_key(app) -> None:
    request(app)
    effekte.deliver(app, BrokenMailer(), mandant="moers", key="k1", last=True)

    assert transact(app, MOERS, lambda uow: effekte.resend_mail(uow.session, mandant="moers", key="k1"))
    assert not transact(app, MOERS, lambda uow: effekte.resend_mail(uow.session, mandant="moers", key="k1"))
    door = MemoryMailer()
    effekte.deliver(app, door, mandant="moers", key="k1", last=False)

    assert len(door.sent) == 1
    assert len(jobs(app)) == 2


def test_recipient_is_a_person_a_function_or_an_organisation(app, owner_url) -> None:
    import psycopg
    with psycopg.connect(owner_url) as owner:
        owner.execute("update etappe.benutzer set mail = login || '@kommune.example' where login in ('falkenrath', 'brueggen', 'domhoff')")
        owner.execute("update etappe.organisation set mail = 'post@awo.example' where key = 'awo'")
        owner.execute("update etappe.benutzer set aktiv = false where login = 'brueggen'")

    def found(an: str) -> tuple[str, ...]:
        return read(app, MOERS, lambda uow: effekte.addresses(uow.session, an))

    assert found("falkenrath") == ("falkenrath@kommune.example",)
    assert found("fallmanagement") == ("falkenrath@kommune.example",)  # neither the inactive colleague nor the other Mandant
    assert found("awo") == ("post@awo.example",)
    assert found("domhoff") == ()
    assert found("amt@kommune.example") == ("amt@kommune.example",)


def test_recipient_without_an_address_fails_visibly(app) -> None:
    request(app, an="falkenrath")

    effekte.deliver(app, MemoryMailer(), mandant="moers", key="k1", last=False)

    assert (row(app).status, row(app).fehler) == ("gescheitert", "ohne Adresse")


def test_two_workers_on_one_mail_note_it_once_as_sent(app) -> None:
    request(app)
    both = threading.Barrier(2)

    class Meeting(MemoryMailer):
        def send(self, mail) -> None:
            both.wait(10)
            super().send(mail)

    door = Meeting()
    threads = [threading.Thread(target=effekte.deliver, args=(app, door), kwargs={"mandant": "moers", "key": "k1", "last": False}) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (row(app).status, row(app).versucht, len(door.sent)) == ("gesendet", 1, 1)


def test_settings_choose_the_door(app, tmp_path) -> None:
    settings = replace(app.settings, data_dir=tmp_path)

    assert isinstance(effekte.mailer(settings), FileMailer)
    assert isinstance(effekte.mailer(replace(settings, smtp_url="smtps://mail.example")), SmtpMailer)

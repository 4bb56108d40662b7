"""Case side: Fall, Fallakte, Fallverantwortung, Einwilligung, Übergabe"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_fall"
down_revision = "0001_grundlage"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Both are trusted extensions: the owner of the database may create them. Existing ones stay where they are.
    op.execute("set local search_path = etappe, public")
    op.execute("create extension if not exists pg_trgm with schema etappe")
    op.execute("create extension if not exists btree_gist with schema etappe")

    op.create_table(
        "fall_zaehler",
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("jahr", sa.Integer(), nullable=False),
        sa.Column("letzte", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mandant", "jahr", name=op.f("pk_fall_zaehler")),
        schema="etappe",
    )
    op.create_table(
        "abwechslung",
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("regel", sa.Text(), nullable=False),
        sa.Column("zuletzt", sa.Text(), nullable=False),
        sa.Column("am", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["mandant", "zuletzt"], ["etappe.organisation.mandant", "etappe.organisation.key"], name=op.f("fk_abwechslung_mandant_zuletzt")
        ),
        sa.PrimaryKeyConstraint("mandant", "regel", name=op.f("pk_abwechslung")),
        schema="etappe",
    )
    op.create_table(
        "fall",
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("aktenzeichen", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("prozess_key", sa.BigInteger(), nullable=True),
        sa.Column("zugangsweg", sa.Text(), nullable=True),
        sa.Column("erstkontakt", sa.Date(), nullable=False),
        sa.Column("rechtskreise", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("federfuehrend", sa.Text(), nullable=True),
        sa.Column("angelegt_am", sa.DateTime(timezone=True), nullable=False),
        sa.Column("angelegt_von", sa.Text(), nullable=False),
        sa.Column("kontakt_abgebrochen_am", sa.DateTime(timezone=True), nullable=True),
        sa.Column("abgeschlossen_am", sa.DateTime(timezone=True), nullable=True),
        sa.Column("abschlussgrund", sa.Text(), nullable=True),
        sa.CheckConstraint("(status = 'abgeschlossen') = (abgeschlossen_am is not null)", name=op.f("ck_fall_abschluss")),
        sa.CheckConstraint("status in ('offen', 'abgeschlossen')", name=op.f("ck_fall_status")),
        sa.ForeignKeyConstraint(
            ["mandant", "federfuehrend"],
            ["etappe.organisation.mandant", "etappe.organisation.key"],
            name=op.f("fk_fall_mandant_federfuehrend"),
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "organisation"],
            ["etappe.organisation.mandant", "etappe.organisation.key"],
            name=op.f("fk_fall_mandant_organisation"),
        ),
        sa.PrimaryKeyConstraint("mandant", "aktenzeichen", name=op.f("pk_fall")),
        schema="etappe",
    )
    op.create_index("ix_fall_federfuehrend", "fall", ["mandant", "federfuehrend"], unique=False, schema="etappe")
    op.create_index("ix_fall_liste", "fall", ["mandant", "status", "angelegt_am"], unique=False, schema="etappe")
    op.create_index("ix_fall_organisation", "fall", ["mandant", "organisation"], unique=False, schema="etappe")
    op.create_table(
        "fallverantwortung",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("aktenzeichen", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=True),
        sa.Column("von", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bis", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grund", sa.Text(), nullable=False),
        sa.Column("durch", sa.Text(), nullable=False),
        sa.Column("uebergabe", sa.BigInteger(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("mandant"), "="),
            (sa.column("aktenzeichen"), "="),
            (sa.literal_column("tstzrange(von, bis)"), "&&"),
            using="gist",
            name="ein_inhaber",
        ),
        sa.CheckConstraint("bis >= von", name=op.f("ck_fallverantwortung_reihenfolge")),
        sa.ForeignKeyConstraint(
            ["mandant", "aktenzeichen"],
            ["etappe.fall.mandant", "etappe.fall.aktenzeichen"],
            name=op.f("fk_fallverantwortung_mandant_aktenzeichen"),
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "organisation"],
            ["etappe.organisation.mandant", "etappe.organisation.key"],
            name=op.f("fk_fallverantwortung_mandant_organisation"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_fallverantwortung")),
        schema="etappe",
    )
    op.create_index(
        "ix_fallverantwortung_login",
        "fallverantwortung",
        ["mandant", "login"],
        unique=False,
        schema="etappe",
        postgresql_where=sa.text("bis is null"),
    )
    op.create_index(
        "ix_fallverantwortung_organisation",
        "fallverantwortung",
        ["mandant", "organisation"],
        unique=False,
        schema="etappe",
        postgresql_where=sa.text("bis is null"),
    )
    op.create_index(
        "uq_fallverantwortung_offen",
        "fallverantwortung",
        ["mandant", "aktenzeichen"],
        unique=True,
        schema="etappe",
        postgresql_where=sa.text("bis is null"),
    )
    op.create_table(
        "person",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("aktenzeichen", sa.Text(), nullable=False),
        sa.Column("vorname", sa.Text(), nullable=False),
        sa.Column("nachname", sa.Text(), nullable=False),
        sa.Column("geburtsdatum", sa.Date(), nullable=True),
        sa.Column("hauptperson", sa.Boolean(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("aufenthalt", sa.Text(), nullable=True),
        sa.Column("angelegt_am", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["mandant", "aktenzeichen"], ["etappe.fall.mandant", "etappe.fall.aktenzeichen"], name=op.f("fk_person_mandant_aktenzeichen")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_person")),
        sa.UniqueConstraint("mandant", "aktenzeichen", "key", name=op.f("uq_person_mandant_aktenzeichen_key")),
        schema="etappe",
    )
    op.create_index("ix_person_sort", "person", ["mandant", "sort_key"], unique=False, schema="etappe")
    op.create_index(
        "ix_person_suche",
        "person",
        ["sort_key"],
        unique=False,
        schema="etappe",
        postgresql_using="gin",
        postgresql_ops={"sort_key": "gin_trgm_ops"},
    )
    op.create_index(
        "uq_person_hauptperson",
        "person",
        ["mandant", "aktenzeichen"],
        unique=True,
        schema="etappe",
        postgresql_where=sa.text("hauptperson"),
    )
    op.create_table(
        "uebergabe",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("aktenzeichen", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("zweck", sa.Text(), nullable=False),
        sa.Column("abschnitte", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("personen", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("empfaenger", sa.Text(), nullable=False),
        sa.Column("empfaenger_name", sa.Text(), nullable=False),
        sa.Column("absender", sa.Text(), nullable=False),
        sa.Column("absender_name", sa.Text(), nullable=False),
        sa.Column("absender_person", sa.Text(), nullable=False),
        sa.Column("absender_person_name", sa.Text(), nullable=False),
        sa.Column("grund", sa.Text(), nullable=False),
        sa.Column("nachricht", sa.Text(), nullable=True),
        sa.Column("instance_key", sa.BigInteger(), nullable=True),
        sa.Column("erstellt_am", sa.DateTime(timezone=True), nullable=False),
        sa.Column("angeboten_am", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frist", sa.DateTime(timezone=True), nullable=True),
        sa.Column("beantwortet_am", sa.DateTime(timezone=True), nullable=True),
        sa.Column("beantwortet_von", sa.Text(), nullable=True),
        sa.Column("ablehnungsgrund", sa.Text(), nullable=True),
        sa.Column("hinweis", sa.Text(), nullable=True),
        sa.Column("uebernommen_am", sa.DateTime(timezone=True), nullable=True),
        sa.Column("beendet_am", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nachfrage_am", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nachfrage_ergebnis", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status in ('entworfen', 'angeboten', 'angenommen', 'abgelehnt', 'verfallen', 'widerrufen')", name=op.f("ck_uebergabe_status")
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "absender"], ["etappe.organisation.mandant", "etappe.organisation.key"], name=op.f("fk_uebergabe_mandant_absender")
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "aktenzeichen"], ["etappe.fall.mandant", "etappe.fall.aktenzeichen"], name=op.f("fk_uebergabe_mandant_aktenzeichen")
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "empfaenger"],
            ["etappe.organisation.mandant", "etappe.organisation.key"],
            name=op.f("fk_uebergabe_mandant_empfaenger"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_uebergabe")),
        schema="etappe",
    )
    op.create_index("ix_uebergabe_empfaenger", "uebergabe", ["mandant", "empfaenger", "status"], unique=False, schema="etappe")
    op.create_index("ix_uebergabe_fall", "uebergabe", ["mandant", "aktenzeichen"], unique=False, schema="etappe")
    op.create_index(
        "uq_uebergabe_offen",
        "uebergabe",
        ["mandant", "aktenzeichen"],
        unique=True,
        schema="etappe",
        postgresql_where=sa.text("status = 'angeboten' or (status = 'angenommen' and uebernommen_am is null)"),
    )
    op.create_table(
        "verweis",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("aktenzeichen", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("anliegen", sa.Text(), nullable=False),
        sa.Column("zweck", sa.Text(), nullable=False),
        sa.Column("abschnitte", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("personen", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("empfaenger", sa.Text(), nullable=False),
        sa.Column("empfaenger_name", sa.Text(), nullable=False),
        sa.Column("absender", sa.Text(), nullable=False),
        sa.Column("absender_person", sa.Text(), nullable=False),
        sa.Column("angeboten_am", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frist", sa.DateTime(timezone=True), nullable=True),
        sa.Column("beantwortet_am", sa.DateTime(timezone=True), nullable=True),
        sa.Column("beantwortet_von", sa.Text(), nullable=True),
        sa.Column("ablehnungsgrund", sa.Text(), nullable=True),
        sa.Column("beendet_am", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rueckmeldung", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status in ('angeboten', 'angenommen', 'erledigt', 'abgelehnt', 'verfallen', 'widerrufen')", name=op.f("ck_verweis_status")
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "absender"], ["etappe.organisation.mandant", "etappe.organisation.key"], name=op.f("fk_verweis_mandant_absender")
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "aktenzeichen"], ["etappe.fall.mandant", "etappe.fall.aktenzeichen"], name=op.f("fk_verweis_mandant_aktenzeichen")
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "empfaenger"],
            ["etappe.organisation.mandant", "etappe.organisation.key"],
            name=op.f("fk_verweis_mandant_empfaenger"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_verweis")),
        schema="etappe",
    )
    op.create_index("ix_verweis_empfaenger", "verweis", ["mandant", "empfaenger", "status"], unique=False, schema="etappe")
    op.create_index("ix_verweis_fall", "verweis", ["mandant", "aktenzeichen"], unique=False, schema="etappe")
    op.create_table(
        "zeitleiste",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("aktenzeichen", sa.Text(), nullable=False),
        sa.Column("am", sa.DateTime(timezone=True), nullable=False),
        sa.Column("art", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("wer", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("beteiligt", sa.Text(), nullable=True),
        sa.Column("link", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["mandant", "aktenzeichen"],
            ["etappe.fall.mandant", "etappe.fall.aktenzeichen"],
            name=op.f("fk_zeitleiste_mandant_aktenzeichen"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_zeitleiste")),
        schema="etappe",
    )
    op.create_index("ix_zeitleiste_fall", "zeitleiste", ["mandant", "aktenzeichen", "am"], unique=False, schema="etappe")
    op.create_table(
        "zugriff",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("aktenzeichen", sa.Text(), nullable=False),
        sa.Column("am", sa.DateTime(timezone=True), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("art", sa.Text(), nullable=False),
        sa.Column("abschnitte", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("zweck", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mandant", "aktenzeichen"], ["etappe.fall.mandant", "etappe.fall.aktenzeichen"], name=op.f("fk_zugriff_mandant_aktenzeichen")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zugriff")),
        schema="etappe",
    )
    op.create_index("ix_zugriff_fall", "zugriff", ["mandant", "aktenzeichen", "am"], unique=False, schema="etappe")
    op.create_table(
        "akte_abschnitt",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("aktenzeichen", sa.Text(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=True),
        sa.Column("abschnitt", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("inhalt", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=True),
        sa.Column("form_version", sa.Integer(), nullable=True),
        sa.Column("rechtskreis", sa.Text(), nullable=True),
        sa.Column("geschrieben_von", sa.Text(), nullable=False),
        sa.Column("geschrieben_am", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["mandant", "aktenzeichen", "person"],
            ["etappe.person.mandant", "etappe.person.aktenzeichen", "etappe.person.key"],
            name=op.f("fk_akte_abschnitt_mandant_aktenzeichen_person"),
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "aktenzeichen"],
            ["etappe.fall.mandant", "etappe.fall.aktenzeichen"],
            name=op.f("fk_akte_abschnitt_mandant_aktenzeichen"),
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "organisation"],
            ["etappe.organisation.mandant", "etappe.organisation.key"],
            name=op.f("fk_akte_abschnitt_mandant_organisation"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_akte_abschnitt")),
        sa.UniqueConstraint(
            "mandant",
            "aktenzeichen",
            "person",
            "abschnitt",
            "organisation",
            "version",
            name="uq_akte_abschnitt_version",
            postgresql_nulls_not_distinct=True,
        ),
        schema="etappe",
    )
    op.create_table(
        "einwilligung",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("aktenzeichen", sa.Text(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("erteilt_von", sa.BigInteger(), nullable=False),
        sa.Column("empfaenger", sa.Text(), nullable=False),
        sa.Column("zweck", sa.Text(), nullable=False),
        sa.Column("abschnitte", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("besondere_abschnitte", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("sprache", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("textfassung", sa.Text(), nullable=False),
        sa.Column("gueltig_ab", sa.Date(), nullable=False),
        sa.Column("gueltig_bis", sa.Date(), nullable=True),
        sa.Column("erfasst_am", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erfasst_von", sa.Text(), nullable=False),
        sa.Column("widerrufen_am", sa.DateTime(timezone=True), nullable=True),
        sa.Column("widerruf_grund", sa.Text(), nullable=True),
        sa.CheckConstraint("form in ('schriftlich', 'elektronisch', 'muendlich')", name=op.f("ck_einwilligung_form")),
        sa.CheckConstraint("gueltig_bis is null or gueltig_bis >= gueltig_ab", name=op.f("ck_einwilligung_dauer")),
        sa.ForeignKeyConstraint(
            ["mandant", "aktenzeichen", "erteilt_von"],
            ["etappe.person.mandant", "etappe.person.aktenzeichen", "etappe.person.key"],
            name=op.f("fk_einwilligung_mandant_aktenzeichen_erteilt_von"),
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "aktenzeichen", "person"],
            ["etappe.person.mandant", "etappe.person.aktenzeichen", "etappe.person.key"],
            name=op.f("fk_einwilligung_mandant_aktenzeichen_person"),
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "aktenzeichen"],
            ["etappe.fall.mandant", "etappe.fall.aktenzeichen"],
            name=op.f("fk_einwilligung_mandant_aktenzeichen"),
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "empfaenger"],
            ["etappe.organisation.mandant", "etappe.organisation.key"],
            name=op.f("fk_einwilligung_mandant_empfaenger"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_einwilligung")),
        schema="etappe",
    )
    op.create_index("ix_einwilligung_fall", "einwilligung", ["mandant", "aktenzeichen", "empfaenger"], unique=False, schema="etappe")
    op.create_table(
        "kontakt",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mandant", sa.Text(), nullable=False),
        sa.Column("aktenzeichen", sa.Text(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=True),
        sa.Column("am", sa.DateTime(timezone=True), nullable=False),
        sa.Column("art", sa.Text(), nullable=False),
        sa.Column("erreicht", sa.Boolean(), nullable=False),
        sa.Column("notiz", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("erfasst_von", sa.Text(), nullable=False),
        sa.Column("erfasst_am", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["mandant", "aktenzeichen", "person"],
            ["etappe.person.mandant", "etappe.person.aktenzeichen", "etappe.person.key"],
            name=op.f("fk_kontakt_mandant_aktenzeichen_person"),
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "aktenzeichen"], ["etappe.fall.mandant", "etappe.fall.aktenzeichen"], name=op.f("fk_kontakt_mandant_aktenzeichen")
        ),
        sa.ForeignKeyConstraint(
            ["mandant", "organisation"],
            ["etappe.organisation.mandant", "etappe.organisation.key"],
            name=op.f("fk_kontakt_mandant_organisation"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_kontakt")),
        schema="etappe",
    )
    op.create_index("ix_kontakt_fall", "kontakt", ["mandant", "aktenzeichen", "am"], unique=False, schema="etappe")

    protect()
    guard_fallverantwortung()
    open_doors()


APP = "etappe_app"
RIGHTS = {
    "fall": "select, insert, update",
    "fall_zaehler": "select, insert, update",
    "person": "select, insert, update",
    "akte_abschnitt": "select, insert",
    # History is closed, never rewritten: of a stored row only the end may be set.
    "fallverantwortung": "select, insert, update (bis)",
    "einwilligung": "select, insert, update (widerrufen_am, widerruf_grund)",
    "uebergabe": "select, insert, update",
    "verweis": "select, insert, update",
    "zeitleiste": "select, insert",
    "zugriff": "select, insert",
    "kontakt": "select, insert, update",
    "abwechslung": "select, insert, update",
}


def protect() -> None:
    """Row-level security for every table, and only the rights that the use cases need (decision D12)."""
    for table, rights in RIGHTS.items():
        op.execute(f"alter table etappe.{table} enable row level security")
        op.execute(
            f"create policy mandant on etappe.{table} using (mandant = current_setting('app.mandant')) "
            f"with check (mandant = current_setting('app.mandant'))"
        )
        op.execute(f"grant {rights} on etappe.{table} to {APP}")


def guard_fallverantwortung() -> None:
    """Exactly one holder at every moment: the exclusion constraint forbids two, this check at commit forbids none.

    All periods of a case together must be one range without a gap, from the moment it was opened and without an end.
    """
    op.execute("""
        create function etappe.fallverantwortung_pruefen() returns trigger language plpgsql set search_path = etappe, public, pg_temp as $$
        declare
            akte text := case when tg_op = 'DELETE' then old.aktenzeichen else new.aktenzeichen end;
            wo text := case when tg_op = 'DELETE' then old.mandant else new.mandant end;
            luecke boolean;
        begin
            select coalesce(range_agg(tstzrange(v.von, v.bis)) <> tstzmultirange(tstzrange(f.angelegt_am, null)), true)
              into luecke
              from fall f left join fallverantwortung v on v.mandant = f.mandant and v.aktenzeichen = f.aktenzeichen
             where f.mandant = wo and f.aktenzeichen = akte group by f.angelegt_am;
            if luecke then
                raise exception 'case % would have a moment without exactly one holder', akte
                    using errcode = 'check_violation', constraint = 'genau_ein_inhaber';
            end if;
            return null;
        end $$
    """)
    op.execute("revoke all on function etappe.fallverantwortung_pruefen() from public")
    for table, events in (("fall", "insert or update of angelegt_am"), ("fallverantwortung", "insert or update or delete")):
        op.execute(
            f"create constraint trigger genau_ein_inhaber after {events} on etappe.{table} "
            "deferrable initially deferred for each row execute function etappe.fallverantwortung_pruefen()"
        )


def open_doors() -> None:
    """Search: under row-level security a trigram index is not used, so the function compares the Mandant itself.

    ``woerter`` are folded as ``person.sort_key`` is and hold no wildcard. Returns Aktenzeichen only; the rows are read under
    the policy. A word of fewer than three letters matches the beginning of the name.
    """
    op.execute("""
        create function etappe.faelle_suchen(woerter text[], anzahl int) returns table (aktenzeichen text)
        language plpgsql stable security definer set search_path = etappe, public, pg_temp as $$
        declare
            muster text[];
            laengstes text;
        begin
            select array_agg('%' || w || '%'), (array_agg(w order by length(w) desc))[1] into muster, laengstes from unnest(woerter) w;
            if laengstes is null then
                return;
            elsif length(laengstes) < 3 then
                return query select distinct p.aktenzeichen from person p
                    where p.mandant = current_setting('app.mandant') and p.sort_key like laengstes || '%' and p.sort_key like all (muster)
                    limit anzahl;
            else
                return query select distinct p.aktenzeichen from person p
                    where p.mandant = current_setting('app.mandant') and p.sort_key like '%' || laengstes || '%'
                      and p.sort_key like all (muster)
                    limit anzahl;
            end if;
        end $$
    """)
    op.execute("revoke all on function etappe.faelle_suchen(text[], int) from public")
    op.execute(f"grant execute on function etappe.faelle_suchen(text[], int) to {APP}")

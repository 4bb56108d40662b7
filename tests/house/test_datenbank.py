"""The rules of decision D12, read from the catalogue of a migrated database."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest

from services.db.provision import APP, OWNER

SCHEMA = "etappe"
WITHOUT_MANDANT = {"anmeldeversuch", "testuhr", "alembic_version"}
SECURITY_DEFINER = {
    # each of them crosses Mandanten, or compares the Mandant itself to use an index that row-level security would not
    "sitzung_oeffnen",
    "benutzer_oeffnen",
    "alle_mandanten",
    "faellige_timer",
    "wartende_nachrichten",
    "abgelaufenes_loeschen",
    "gesendetes_loeschen",
    "faelle_suchen",
    "faelle_treffer",
}
APPEND_ONLY = {"audit", "element_log", "decision_log", "akte_abschnitt", "zeitleiste", "zugriff", "dokument", "dokument_fassung", "dokument_inhalt"}


@pytest.fixture
def catalogue(owner_url):
    with closing(psycopg.connect(owner_url, autocommit=True)) as connection:
        yield lambda query, *values: connection.execute(query, values).fetchall()


def test_application_role_owns_nothing_and_has_no_special_rights(catalogue):
    owned = catalogue("select c.relname from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = %s", APP)
    functions = catalogue("select p.proname from pg_proc p join pg_roles r on r.oid = p.proowner where r.rolname = %s", APP)
    role = catalogue(
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, pg_has_role(%s, %s, 'member') from pg_roles where rolname = %s",
        APP,
        OWNER,
        APP,
    )

    assert (owned, functions) == ([], [])
    assert role == [(False, False, False, False, False)]


def test_every_table_with_a_mandant_has_row_level_security_and_one_policy(catalogue):
    tables = catalogue(
        """
        select c.relname, c.relrowsecurity, a.attname is not null,
               (select array_agg((pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), p.polcmd, p.polpermissive)::text)
                from pg_policy p where p.polrelid = c.oid)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        left join pg_attribute a on a.attrelid = c.oid and a.attname = 'mandant' and a.attnotnull and not a.attisdropped
        where n.nspname = %s and c.relkind in ('r', 'p')""",
        SCHEMA,
    )
    expected = "(\"(mandant = current_setting('app.mandant'::text))\",\"(mandant = current_setting('app.mandant'::text))\",*,t)"

    assert {name for name, _, has, _ in tables if not has} == WITHOUT_MANDANT
    assert {name: policies for name, _, has, policies in tables if has and policies != [expected]} == {}
    assert {name for name, secured, has, _ in tables if has and not secured} == set()
    assert len(tables) > 30


def test_views_run_with_the_rights_of_the_reader(catalogue):
    views = catalogue(
        "select c.relname, c.reloptions from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = %s and c.relkind in ('v', 'm')",
        SCHEMA,
    )

    assert [name for name, options in views if "security_invoker=true" not in (options or [])] == []


def test_security_definer_functions_are_those_on_the_list(catalogue):
    functions = catalogue(
        "select p.proname, p.proconfig from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = %s and p.prosecdef",
        SCHEMA,
    )

    assert {name for name, _ in functions} == SECURITY_DEFINER
    assert [name for name, config in functions if not any(c.startswith("search_path=") for c in config or [])] == []


def test_security_definer_functions_are_for_the_application_only(catalogue):
    public = catalogue(
        """
        select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
        where n.nspname = %s and p.prosecdef and a.grantee = 0""",
        SCHEMA,
    )

    assert public == []


def test_append_only_tables_cannot_be_changed_by_the_application(catalogue):
    rights = catalogue(
        "select relname, has_table_privilege(%s, c.oid, 'update'), has_table_privilege(%s, c.oid, 'delete'), "
        "has_table_privilege(%s, c.oid, 'truncate') from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = %s and c.relkind = 'r'",
        APP,
        APP,
        APP,
        SCHEMA,
    )

    assert {name for name, update, delete, _ in rights if not update and not delete} >= APPEND_ONLY
    assert [name for name, _, _, truncate in rights if truncate] == []


def test_foreign_keys_of_the_case_side_stay_within_the_mandant(catalogue):
    keys = catalogue("""
        select c.conrelid::regclass::text, c.conname,
               array(select a.attname::text from unnest(c.conkey) k join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k)
        from pg_constraint c where c.contype = 'f' and c.confrelid in ('etappe.fall'::regclass, 'etappe.person'::regclass, 'etappe.organisation'::regclass)
    """)

    assert len(keys) > 15
    assert [name for _, name, columns in keys if "mandant" not in columns] == []

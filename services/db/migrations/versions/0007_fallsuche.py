"""Search for cases in the order of the list"""

from alembic import op

revision = "0007_fallsuche"
down_revision = "0006_strukturhinweis"
branch_labels = None
depends_on = None

APP = "etappe_app"


def upgrade() -> None:
    """A second function for the search beside ``faelle_suchen``, which the running release still calls.

    Under row-level security a trigram index is not used, so the function compares the Mandant itself, and it returns Aktenzeichen
    only: the rows are read under the policy. The first ``anzahl`` matches come in the order of the list (name of the Hauptperson),
    so that a caller who needs a page need not look at all of them. ``woerter`` are folded as ``person.sort_key`` is and hold no
    wildcard; all of them must occur in the name of one member of the case, and a longest word of fewer than three letters must
    begin it. ``nummern`` and ``praefix`` find by Aktenzeichen (``nach_name`` is false then); ``unter``: only among these cases.
    """
    op.execute("""
        create function etappe.faelle_treffer(woerter text[], nummern text[], praefix text, unter text[], anzahl int)
        returns table (aktenzeichen text, nach_name boolean)
        language plpgsql stable security definer set search_path = etappe, public, pg_temp as $$
        declare
            wo constant text := current_setting('app.mandant');
            muster text[];
            laengstes text;
        begin
            select array_agg('%' || w || '%'), (array_agg(w order by length(w) desc))[1] into muster, laengstes from unnest(woerter) w;
            if length(laengstes) < 3 then
                laengstes := laengstes || '%';
            else
                laengstes := '%' || laengstes || '%';
            end if;
            -- "using" plans with the values at hand: a beginning becomes a range of the index, and a rare word is known to be rare
            return query execute '
                with gemeint as materialized (
                    select p.aktenzeichen, p.hauptperson, p.sort_key from person p
                    where p.mandant = $1 and p.sort_key like $2 and p.sort_key like all ($3)
                      and ($6 is null or p.aktenzeichen = any ($6))
                ), treffer as (
                    select g.aktenzeichen, g.sort_key, true as nach_name from gemeint g where g.hauptperson
                    union all
                    select h.aktenzeichen, h.sort_key, true from person h
                    where h.mandant = $1 and h.hauptperson and h.aktenzeichen in (select g.aktenzeichen from gemeint g where not g.hauptperson)
                      and h.aktenzeichen not in (select g.aktenzeichen from gemeint g where g.hauptperson)
                    union all
                    select h.aktenzeichen, h.sort_key, false from person h
                    where h.mandant = $1 and h.hauptperson and (h.aktenzeichen = any ($4) or h.aktenzeichen ^@ $5)
                      and ($6 is null or h.aktenzeichen = any ($6))
                )
                select t.aktenzeichen, t.nach_name from treffer t order by t.sort_key, t.aktenzeichen, t.nach_name limit $7'
            using wo, laengstes, muster, nummern, praefix, unter, anzahl;
        end $$
    """)
    op.execute("revoke all on function etappe.faelle_treffer(text[], text[], text, text[], int) from public")
    op.execute(f"grant execute on function etappe.faelle_treffer(text[], text[], text, text[], int) to {APP}")

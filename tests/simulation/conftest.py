from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryDirectory

import pytest

from tests.simulation import stage


@pytest.fixture(scope="session")
def place() -> Iterator[None]:
    """Where this process's stories keep their files."""
    with TemporaryDirectory(prefix="erp_sync_", dir=stage.memory()) as folder:
        stage.live_in(folder)
        yield

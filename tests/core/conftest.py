"""The feed that most examples of the ledger's rules begin with."""

from __future__ import annotations

import pytest
from tests.core.example_feed import Feed


@pytest.fixture(params=[True, False], ids=["with read_at", "without read_at"])
def feed(request: pytest.FixtureRequest) -> Feed:
    """A feed whose device a stood at 1000 on the baseline day."""
    made = Feed(timed=request.param)
    made.reads(1, 1000)
    return made

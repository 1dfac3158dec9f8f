"""What every test may ask for, which kind each test is, and how thorough property tests are.

`script/test` is the menu of the kinds; HYPOTHESIS_PROFILE=night is for the long run.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from tests.support import Prsync

from prsync.demo.lifelike import LifelikeFleet
from prsync.demo.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from prsync.demo.fleet import Fleet

# Derandomized, so that a push is judged by its change; the nightly run is the one that looks elsewhere every time.
settings.register_profile("default", max_examples=500, stateful_step_count=70, deadline=None, derandomize=True)
# For the fast tests, which are run often; everything is run before a change goes in.
settings.register_profile("fast", max_examples=20, stateful_step_count=70, deadline=None, derandomize=True)
settings.register_profile("night", max_examples=5000, stateful_step_count=70, deadline=None)
# For planted bugs: the first failure is enough, the smallest one is of no interest.
settings.register_profile(
    "hunt",
    max_examples=200,
    stateful_step_count=60,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=tuple(HealthCheck),
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


SYSTEM: Final = Path(__file__).parent / "system"
HUNTS_OF_THE_CORE: Final = {
    "test_the_property_tests_find_every_planted_bug_and_nothing_else",
    "test_the_ledger_and_its_model_agree_whatever_happens",
}


@pytest.hookimpl(tryfirst=True)  # before pytest looks which kinds are wanted
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test its kind: what is in tests/system is `system`; hunts elsewhere are marked where they are.

    A file of tests/system stays together, so that what its tests share is made by one process only.
    """
    for item in items:
        if SYSTEM in item.path.parents:
            item.add_marker("system")
            if item.get_closest_marker("xdist_group") is None:
                item.add_marker(pytest.mark.xdist_group(item.path.stem))
        if item.name in HUNTS_OF_THE_CORE:
            item.add_marker("hunt")


@pytest.fixture(autouse=True)
def _process_as_it_was() -> Iterator[None]:
    """A command that a test runs in this process sets up the process for itself: undone before the next test."""
    log, root = logging.getLogger("prsync"), logging.getLogger()
    handlers, level, propagate = log.handlers[:], log.level, log.propagate
    complains, unraisable, uncaught = logging.raiseExceptions, sys.unraisablehook, threading.excepthook
    yield
    log.handlers[:], log.propagate = handlers, propagate
    log.setLevel(level)
    root.handlers[:] = [handler for handler in root.handlers if not isinstance(handler, logging.NullHandler)]
    logging.captureWarnings(capture=False)
    logging.raiseExceptions, sys.unraisablehook, threading.excepthook = complains, unraisable, uncaught


@pytest.fixture
def fleet() -> Fleet:
    """What the simulator knows; a test module that needs another fleet defines this fixture anew."""
    return LifelikeFleet(2011, organizations=3, devices=5, first_day=date(2026, 8, 1))


@pytest.fixture
def simulator(fleet: Fleet, tmp_path: Path) -> Iterator[Simulator]:
    """A simulated 3manager that runs."""
    with Simulator(fleet, folder=tmp_path / "3manager") as running:
        yield running


@pytest.fixture
def prsync(tmp_path: Path) -> Prsync:
    """prsync as a process, in a home of its own."""
    return Prsync(tmp_path / "home")


@pytest.fixture
def registered(prsync: Prsync, simulator: Simulator) -> Prsync:
    """prsync with the simulated server registered as `main`."""
    prsync.register(simulator)
    return prsync


def _no_skip_in_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.outcome == "skipped" and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        *_, reason = report.longrepr if isinstance(report.longrepr, tuple) else (report.longrepr,)
        report.outcome, report.longrepr = "failed", f"in CI everything runs, but this was skipped: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test is a failure in CI."""
    report = yield
    _no_skip_in_ci(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """So is a skipped module."""
    report = yield
    _no_skip_in_ci(report)
    return report

"""What tests are built on: the simulated 3manager, prsync as a process, and the ledger's file seen from outside."""

from tests.support.lasting import lasting
from tests.support.ledger_file import deposits, devices, rows, sums
from tests.support.program import Done, Prsync
from tests.support.requirements import needs
from tests.support.scripted import ABSENT, ScriptedFleet, noon

__all__ = [
    "ABSENT",
    "Done",
    "Prsync",
    "ScriptedFleet",
    "deposits",
    "devices",
    "lasting",
    "needs",
    "noon",
    "rows",
    "sums",
]

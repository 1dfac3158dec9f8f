"""A night of prsync beside one of dlt, which loads the rows of REST APIs into databases, turn by turn.

dlt is given an environment of its own, which this makes. It stores each device's row and works out no pages.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.bench import Cost, measured, measured_command, table
from benchmarks.beside_the_floor import NIGHT, TIMES, collected_before, restored, served
from tests.support import Prsync

CUSTOMERS: Final = 1000
DEVICES: Final = 50
_PACKAGE: Final = "dlt[sqlalchemy]==1.31.0"

_PIPELINE: Final = """
import os, sys
folder, url, day = sys.argv[1:]
os.environ |= {"REQUESTS_CA_BUNDLE": f"{folder}/ca.pem", "RUNTIME__DLTHUB_TELEMETRY": "false"}
os.environ |= {"RUNTIME__LOG_LEVEL": "ERROR", "DLT_DATA_DIR": f"{folder}/dlt"}
import dlt
from dlt.sources.rest_api import rest_api_source

pages = {"page": 1, "pageSize": 200}
devices = "organizations/{resources.organizations.organizationId}/devices"
source = rest_api_source({
    "client": {
        "base_url": f"{url}/api/v1/",
        "auth": {"type": "bearer", "token": "token"},
        "paginator": {"type": "cursor", "cursor_path": "nextPage", "cursor_param": "page"},
    },
    "resource_defaults": {"write_disposition": "append"},
    "resources": [
        {"name": "organizations", "endpoint": {"path": "organizations", "params": pages, "data_selector": "items"}},
        {"name": "devices", "endpoint": {"path": devices, "params": {"date": day, **pages}, "data_selector": "items"}},
    ],
})
destination = dlt.destinations.sqlalchemy(f"sqlite:///{folder}/dlt.db")
pipeline = dlt.pipeline("night", destination=destination, dataset_name="main", pipelines_dir=f"{folder}/pipelines")
pipeline.run(source)
"""


def main() -> None:
    """Measure both."""
    with tempfile.TemporaryDirectory() as name, served(Path(name), CUSTOMERS, DEVICES) as url:
        folder = Path(name)
        python = _environment(folder)
        prsync = Prsync(folder / "home")
        collected_before(prsync, folder, url, CUSTOMERS)
        dlt = (python, folder / "night.py", folder, url, NIGHT)
        (folder / "night.py").write_text(_PIPELINE)
        measured_command(prsync, *dlt)  # the tables are made
        ours: list[Cost] = []
        theirs: list[Cost] = []
        with restored(prsync.state) as restore:
            for _ in range(TIMES):
                restore()
                ours.append(measured(prsync, "-q", "sync"))
                theirs.append(measured_command(prsync, *dlt))
    rows = [_row("prsync", ours, ours), _row(_PACKAGE, theirs, ours)]
    table(
        f"A night of {CUSTOMERS:,} x {DEVICES}",
        ("", "seconds", "feeds a second", "ratio", "CPU seconds", "ratio", "peak RSS, MiB"),
        rows,
    )


def _environment(folder: Path) -> Path:
    """The Python of a new environment that has dlt."""
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
    python = folder / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", _PACKAGE], check=True)
    return python


def _row(what: str, costs: list[Cost], ours: list[Cost]) -> list[str]:
    seconds, cpu, peak = (median(getattr(cost, name) for cost in costs) for name in ("seconds", "cpu", "peak"))
    ratios = [median(getattr(cost, name) for cost in ours) for name in ("seconds", "cpu")]
    return [
        *(what, f"{seconds:.2f}", f"{CUSTOMERS / seconds:.0f}", f"{seconds / ratios[0]:.2f}"),
        *(f"{cpu:.2f}", f"{cpu / ratios[1]:.2f}", f"{peak:.0f}"),
    ]


if __name__ == "__main__":
    main()

"""`prsync --show-paths`: where the files are."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pathlib import Path


def show_paths(context: typer.Context, wanted: bool) -> None:
    """Print where the files are and end; `--state` may stand before or after."""
    if not wanted:
        return
    from prsync.cli.invocation import state_path

    for name, path in _files(state_path(context.params["state"])).items():
        sys.stdout.write(f"{name:<14}{path}\n")
    raise typer.Exit


def _files(state: Path) -> dict[str, Path]:
    return {
        "state": state,
        "locks": state.with_name(f"{state.name}.*.lock"),
        "upgrades": state.with_name(f"{state.name}.schema-*"),  # the copies kept before one
        "certificates": state.with_name("certificates"),
    }

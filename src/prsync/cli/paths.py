"""`prsync --show-paths`: shows where prsync keeps its files."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pathlib import Path


def show_paths(context: typer.Context, wanted: bool) -> None:
    """Print the paths and end the program, if `wanted`."""
    if not wanted:
        return
    from prsync.process.files import state_path

    # `--state` is eager, and so is known here also if it stands after `--show-paths`.
    for name, path in _files(state_path(context.params["state"])).items():
        sys.stdout.write(f"{name:<14}{path}\n")
    raise typer.Exit


def _files(state: Path) -> dict[str, Path]:
    ledger = state.resolve()  # by a symbolic link its locks are beside the file itself
    return {
        "state": state,
        "locks": ledger.with_name(f"{ledger.name}.*.lock"),
        # The copies that were kept before an upgrade of the schema.
        "upgrades": state.with_name(f"{state.name}.schema-*"),
        "certificates": state.with_name("certificates"),
        "brand": state.with_name("brand.toml"),
        "key": state.with_name("issuer-key.pem"),
        "printreleaf": state.with_name("printreleaf.toml"),
    }

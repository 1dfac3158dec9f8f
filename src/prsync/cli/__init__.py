"""The command line: one module for each group of commands.

A command reads its options, calls one service and shows the answer. Libraries that are slow to load are imported inside
the functions that need them, since `--help` and shell completion load all of these modules. For the same reason a
module with commands does without `from __future__ import annotations`: typer would evaluate each annotation from its
text, twice, which took a third of the time of `--help`.
"""

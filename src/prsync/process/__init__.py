"""The process and its machine: signals, streams, logs, locks and private files."""

"""Signals for programs that watch prsync: metrics, a monitoring plugin's status, pings."""

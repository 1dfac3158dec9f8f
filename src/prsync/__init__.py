"""prsync: printer page counters from 3manager into a ledger, and every month into trees."""

__version__ = "0.1.0"

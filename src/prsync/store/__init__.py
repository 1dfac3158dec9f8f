"""The ledger on disk: one SQLite file, and one method for each thing a service needs, in its words."""

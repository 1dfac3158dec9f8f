"""The ledger: one SQLite file. Services call its methods; SQL and SQLite's errors stay in here."""

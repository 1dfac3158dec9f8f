"""The ledger's rules: plain values in, plain values out. No I/O, no clock, no logging lives here."""

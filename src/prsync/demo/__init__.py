"""A simulated 3manager on loopback, for `prsync demo` and for the tests; the rest of prsync knows nothing of it."""

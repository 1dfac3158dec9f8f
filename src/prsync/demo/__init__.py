"""A simulated 3manager server on this machine, for `prsync demo` and the tests; nothing else in prsync imports it."""

"""The client of the 3manager Public API: the only place that knows its paths, its names and how it may fail."""

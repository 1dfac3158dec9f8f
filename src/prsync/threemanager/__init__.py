"""The 3manager Public API: the only place that knows its paths, its names and its manners."""

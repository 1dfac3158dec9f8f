"""Certificates: which are due, what is printed on them, the page itself, and whether a file is genuine."""

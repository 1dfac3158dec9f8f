"""The customer's account at PrintReleaf: its API, and what of it is assumed."""

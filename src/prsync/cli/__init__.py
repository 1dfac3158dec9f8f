"""The command line: one module for each group of commands. What is heavy is imported where a command needs it."""

"""What the program does: a module for each thing. Asks the edges, gives plain values to the core, stores its answer."""

"""Where passwords come from: the keyring of the operating system, or a command."""

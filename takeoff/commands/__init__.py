"""One file per group of commands: arguments in, tables or JSON out."""

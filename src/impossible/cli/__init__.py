"""The command line: one module per panel of `impossible --help`."""

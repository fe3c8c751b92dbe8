"""The command line: a module a panel of `impossible --help`."""

"""Contexts and their continuations: prefixes of a domain or a corpus → contexts → groups."""

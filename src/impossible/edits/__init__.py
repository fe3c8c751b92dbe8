"""Edits by grammar: a parsed sentence → the same in another form, or with something left out."""

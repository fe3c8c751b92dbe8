"""The recipe: every setting of a run, its default, its check and its file."""

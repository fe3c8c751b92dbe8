"""Sentences, words, numbers and safe output of text. Knows nothing of the other packages."""

"""Sentences, words, numbers and safe output of text; imports none of the other packages."""

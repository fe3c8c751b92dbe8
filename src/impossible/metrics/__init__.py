"""Metrics of texts and pairs, each with its paper; `table` lists them all."""

"""Metrics of texts and pairs, each with its source; a literal table names them all."""

"""Evaluation of datasets and systems: benchmarks, dataset quality, safety, the proximity hypothesis.

Importing this package loads no model library; modules load theirs on first use.
"""

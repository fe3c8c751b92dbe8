"""How good datasets and systems are: metrics, benchmarks, dataset quality, the proximity hypothesis.

Importing this package loads no model library; the modules that need one load it when they first work.
"""

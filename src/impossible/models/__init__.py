"""Where weights are, and how to compute with them: number formats, threads, batches, decoders."""

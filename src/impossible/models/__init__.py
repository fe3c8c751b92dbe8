"""Locating model weights and running them: number formats, threads, batches, decoders."""

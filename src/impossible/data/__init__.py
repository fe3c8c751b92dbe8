"""The files of a run: schemas, run folder, shards, datasets, judgements, tables of text."""

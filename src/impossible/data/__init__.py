"""What a run stores: schemas, the run folder, datasets, judgements, tables of text."""

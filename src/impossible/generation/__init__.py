"""Generate contexts from domains or a corpus, and groups of continuations for each context."""

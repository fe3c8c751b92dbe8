"""Groups → scored pairs → verdicts: the cascade, the bounds, the duplicate graph."""

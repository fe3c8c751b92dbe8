"""Groups → scored pairs → verdicts → what stays: the cascade, the bounds, the duplicates graph."""

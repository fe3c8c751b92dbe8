"""A run and its student → a published folder: release gate, cards, upload."""

"""A run or a student → a folder that may leave the machine: release gate, cards, upload."""

"""Read-only analysis of a finished run: why, what-if, calibration."""

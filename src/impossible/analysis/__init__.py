"""Questions to a finished run: why, what-if, calibration. Reads only."""

"""Results → tables for the terminal."""

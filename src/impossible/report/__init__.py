"""The report of a run: `gather` reads facts from its folder, `page` writes them as one HTML file."""

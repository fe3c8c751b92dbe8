"""Training, measuring and exporting NLI critics. No run needs it."""

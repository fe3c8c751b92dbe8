"""A local web app over a run's ledger: `impossible explore RUN`. Needs the extra `explore`."""

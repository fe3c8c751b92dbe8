"""The stages of a run and their execution: run, resume, verify, forecast, doctor."""

"""An OpenAI-compatible server of a student: requests → sentences → batches → answers with their scores."""

"""Train students on pairs and use them to paraphrase and summarize."""

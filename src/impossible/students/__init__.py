"""Train students on pairs and use them to paraphrase and summarize."""

EDITS = 8  # of a text by grammar, at most, that commands and the explorer judge beside a student's drafts

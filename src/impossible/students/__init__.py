"""What learns from the pairs: training, what can be asked of a student, and its use."""

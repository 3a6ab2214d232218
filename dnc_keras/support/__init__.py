"""What several folders need, and that knows nothing of metric learning."""

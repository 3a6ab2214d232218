"""What the programs show while they start and work."""

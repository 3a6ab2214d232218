"""Variants of a training, seed by seed, compared with a control."""

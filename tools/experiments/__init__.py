"""Trains variants of the method with the same seeds and compares them."""

"""Damaged and odd inputs for all programs and for the served graph."""

"""Exact nearest neighbours of many rows, within a memory budget."""

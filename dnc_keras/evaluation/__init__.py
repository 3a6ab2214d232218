"""Measures an embedding on the test images of a data set."""

"""Arrays of rows: read in blocks, scored against points, shared by workers."""

"""From indices of images to batches, and from batches to arrays."""

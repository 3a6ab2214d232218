"""The pictures of docs/how-it-works.md, each in a module with a `draw`."""

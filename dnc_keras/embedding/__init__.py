"""Embeds what a notebook holds with a trained or an exported model."""

from dnc_keras.embedding.embedder import Embedder

__all__ = ["Embedder"]

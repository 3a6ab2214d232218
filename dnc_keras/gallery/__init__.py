"""Search by similarity with an exported model."""

from dnc_keras.export.served_model import ServedModel
from dnc_keras.gallery.calibration import Calibration
from dnc_keras.gallery.calibration import calibrate
from dnc_keras.gallery.calibration import class_names
from dnc_keras.gallery.collection import Collection
from dnc_keras.gallery.embedding_cache import EmbeddingCache
from dnc_keras.gallery.embedding_file import read_embeddings
from dnc_keras.gallery.exact_index import ExactIndex
from dnc_keras.gallery.faiss_index import FaissIndex
from dnc_keras.gallery.faiss_index import recall
from dnc_keras.gallery.image_folder import embed_folder
from dnc_keras.gallery.matches import Matches
from dnc_keras.gallery.matches import find_matches
from dnc_keras.gallery.page import write_page
from dnc_keras.gallery.sources import Sources
from dnc_keras.gallery.vector_file import embed_vector_file

__all__ = [
    "Calibration",
    "Collection",
    "EmbeddingCache",
    "ExactIndex",
    "FaissIndex",
    "Matches",
    "ServedModel",
    "Sources",
    "calibrate",
    "class_names",
    "embed_folder",
    "embed_vector_file",
    "find_matches",
    "read_embeddings",
    "recall",
    "write_page",
]

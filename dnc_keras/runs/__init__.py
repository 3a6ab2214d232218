"""A run's folder: its places, the log, and what a training goes on from."""

from dnc_keras.runs.checkpoints import Checkpoints
from dnc_keras.runs.directory import RunDirectory
from dnc_keras.runs.embeddings import has_embeddings
from dnc_keras.runs.embeddings import load_embeddings
from dnc_keras.runs.embeddings import save_embeddings
from dnc_keras.runs.recorder import Recorder
from dnc_keras.runs.saver import Saver
from dnc_keras.runs.shared_checkpoints import SharedCheckpoints
from dnc_keras.runs.state import RunState

__all__ = [
    "Checkpoints",
    "Recorder",
    "RunDirectory",
    "RunState",
    "Saver",
    "SharedCheckpoints",
    "has_embeddings",
    "load_embeddings",
    "save_embeddings",
]

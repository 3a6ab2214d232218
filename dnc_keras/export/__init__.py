"""A model as files that other programs run."""

from dnc_keras.export.built_in_gallery import Gallery
from dnc_keras.export.built_in_gallery import embed_gallery
from dnc_keras.export.learners import first_learners
from dnc_keras.export.saved_model import export_saved_model
from dnc_keras.export.saved_model import write_version
from dnc_keras.export.serving_model import ServingModel
from dnc_keras.export.versions import latest_version

__all__ = [
    "Gallery",
    "ServingModel",
    "embed_gallery",
    "export_saved_model",
    "first_learners",
    "latest_version",
    "write_version",
]

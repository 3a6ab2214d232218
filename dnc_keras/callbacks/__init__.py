"""Ordinary Keras callbacks that drive and watch the training."""

from dnc_keras.callbacks.freeze_backbone import FreezeBackbone
from dnc_keras.callbacks.learner_summaries import LearnerSummaries
from dnc_keras.callbacks.progress_bar import ProgressBar
from dnc_keras.callbacks.recluster import Recluster
from dnc_keras.callbacks.resume import Resume
from dnc_keras.callbacks.retrieval_evaluation import RetrievalEvaluation
from dnc_keras.callbacks.run_recorder import RunRecorder
from dnc_keras.callbacks.stop_on_nan import StopOnNaN

__all__ = [
    "FreezeBackbone",
    "LearnerSummaries",
    "ProgressBar",
    "Recluster",
    "Resume",
    "RetrievalEvaluation",
    "RunRecorder",
    "StopOnNaN",
]

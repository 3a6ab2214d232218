"""Losses of a batch of embeddings.

Each is an object with `call(labels [b], embeddings [b, d])`, for any Keras
model as for `DivideAndConquer`.
"""

from dnc_keras.losses.contrastive import ContrastiveLoss
from dnc_keras.losses.lifted_struct import LiftedStructLoss
from dnc_keras.losses.margin import MarginLoss
from dnc_keras.losses.multi_similarity import MultiSimilarityLoss
from dnc_keras.losses.npairs import NpairsLoss
from dnc_keras.losses.npairs_multilabel import NpairsMultilabelLoss
from dnc_keras.losses.proxy_anchor import ProxyAnchorLoss
from dnc_keras.losses.triplet_hard import TripletHardLoss
from dnc_keras.losses.triplet_semi_hard import TripletSemiHardLoss

__all__ = [
    "BY_NAME",
    "ContrastiveLoss",
    "LiftedStructLoss",
    "MarginLoss",
    "MultiSimilarityLoss",
    "NpairsLoss",
    "NpairsMultilabelLoss",
    "ProxyAnchorLoss",
    "TripletHardLoss",
    "TripletSemiHardLoss",
]

# What a program's --loss calls them.
BY_NAME = {
    "margin": MarginLoss,
    "triplet_semi_hard": TripletSemiHardLoss,
    "triplet_hard": TripletHardLoss,
    "lifted_struct": LiftedStructLoss,
    "npairs": NpairsLoss,
    "contrastive": ContrastiveLoss,
    "proxy_anchor": ProxyAnchorLoss,
    "multi_similarity": MultiSimilarityLoss,
}

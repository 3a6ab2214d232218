"""How far a training has come."""

from __future__ import annotations

import dataclasses
from typing import Optional


@dataclasses.dataclass
class RunState:
    """What a training knows of itself beside its arrays; JSON can hold it.

    Attributes:
        epoch: the next one to train, or the one that is being trained.
        step: the next one of this epoch.
        stopped: whether a callback ended the training before its last epoch.
        best: the best value so far of what chooses the epoch.
        best_tie: with it, the value that chooses among equal ones; None:
            unknown, as earlier versions did not use it.
        best_epoch: the epoch that had them.
        before: metrics before the training; None: not measured yet.
        backbone: digest of a frozen backbone; "" for one that is trained.
        seconds: what was spent in each part, by all processes so far.
    """

    epoch: int = 0
    step: int = 0
    stopped: bool = False
    best: Optional[float] = None
    best_tie: Optional[float] = None
    best_epoch: Optional[int] = None
    before: Optional[dict] = None
    backbone: str = ""
    seconds: dict = dataclasses.field(default_factory=dict)

    def replace(self, facts: dict):
        """Takes over what another process knew, perhaps an earlier version."""
        known = {k: value for k, value in facts.items() if k in vars(self)}
        vars(self).update(known)

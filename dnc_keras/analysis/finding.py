"""What the data doctor says of an image."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something about an image that looks wrong.

    kind: "far_from_class", "probable_wrong_label", "near_duplicate" or
        "never_used".
    row: the image.
    other: another image that shows why: the copy of a near duplicate, or the
        nearest image of the suggested class; -1 where there is none.
    suggested_label: the class that the image probably is of; -1 if unknown.
    score: the higher, the more suspicious; comparable only within a kind,
        whose function says what it is.
    """

    kind: str
    row: int
    other: int = -1
    suggested_label: int = -1
    score: float = 0.0

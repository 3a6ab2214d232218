"""Which images there are, and of which class."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable
from collections.abc import Sequence
from typing import Optional

import numpy as np

from dnc_keras import images
from dnc_keras.datasets.vector_rows import VectorRows
from dnc_keras.support.checks import check_number


@dataclasses.dataclass(frozen=True, eq=False)
class ImageIndex:
    """The images of one split: where each is and which class it shows.

    Pixels are not here: `reader` reads them.

    Args:
        paths: `[num_images]` object array of str, where each image is, for
            people and for reading;
            "images_background.zip/Futurama/character01/x.png" for a member of
            an archive. Not a str array, whose every entry would be as large as
            the longest.
        labels: `[num_images]` int32 array, 0 to `num_classes - 1`; each class
            has an image.
        class_names: `num_classes` str.
        contents: the encoded images where they are not the files at `paths`:
            one of the classes of `dnc_keras.datasets.contents`. None, the
            default: they are. Or `VectorRows`: vectors in place of images,
            whose `paths` are names for people.
        cameras: `[num_images]` int32 array, which camera took each image.
            None, the default: unknown.

    Example:

    >>> index = ImageIndex.from_class_names(["a.png", "b.png"], ["cat", "ant"])
    >>> index.labels, index.class_names
    (array([1, 0], dtype=int32), ('ant', 'cat'))
    """

    paths: np.ndarray
    labels: np.ndarray
    class_names: tuple
    contents: Optional[Sequence] = None
    cameras: Optional[np.ndarray] = None

    def __post_init__(self):
        if not len(self.paths):
            raise ValueError(
                "An ImageIndex needs at least one image. Received: none. "
                "Check what was selected."
            )
        self._check_lengths()
        self._check_labels()

    @classmethod
    def from_class_names(
        cls, paths, names, contents=None, cameras=None, class_names=None
    ) -> ImageIndex:
        """Numbers the classes of images whose class is known by name.

        Args:
            paths: `num_images` str.
            names: `num_images` str, the class of each image.
            contents: as in the class, or None.
            cameras: `[num_images]` int32 array, or None.
            class_names: the classes in the order of their labels. None, the
                default: sorted.

        Returns:
            An `ImageIndex`.
        """
        class_names = tuple(class_names or sorted(set(names)))
        numbers = {name: label for label, name in enumerate(class_names)}
        return cls(
            paths=np.array(paths, dtype=object),
            labels=np.array([numbers[name] for name in names], np.int32),
            class_names=class_names,
            contents=contents,
            cameras=cameras,
        )

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def num_images(self) -> int:
        return len(self)

    @property
    def feature_dim(self) -> Optional[int]:
        """The width of the vectors, or None where these are images."""
        is_of_vectors = isinstance(self.contents, VectorRows)
        return self.contents.dim if is_of_vectors else None

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    def reader(self) -> Callable:
        """Makes the function that reads one image, for `tf.data`'s `map`.

        Returns:
            A function of an integer scalar tensor, the image's position, that
            returns the encoded image, a scalar string tensor; or the vector,
            a `[feature_dim]` float32 tensor.
        """
        return images.byte_reader(self.paths, self.contents)

    def content(self, row: int):
        """What one image is: its bytes."""
        if self.contents is None:
            return pathlib.Path(self.paths[row]).read_bytes()
        return self.contents[row]

    def find_unreadable(self) -> list[tuple[int, str, str]]:
        """Decodes all images, in parallel, and lists those that cannot be.

        Returns:
            A list of (position, path, reason), as `images.find_unreadable`;
            of vectors those with NaN or infinity, and those of zeros.
        """
        if self.feature_dim is not None:
            return [
                (position, self.paths[position], reason)
                for position, reason in self.contents.find_unreadable()
            ]
        return images.find_unreadable(self.paths, self.contents)

    def subset(self, indices) -> ImageIndex:
        """The images at `indices`, in that order.

        Classes without an image fall away; the others keep their order and
        are numbered again from 0.

        Args:
            indices: `[m]` integer array, or `[num_images]` boolean array.

        Returns:
            An `ImageIndex` of m images.
        """
        kept, labels = np.unique(self.labels[indices], return_inverse=True)
        return ImageIndex(
            paths=self.paths[indices],
            labels=labels.astype(np.int32),
            class_names=tuple(self.class_names[label] for label in kept),
            contents=_take(self.contents, indices),
            cameras=_take(self.cameras, indices),
        )

    def reorder_classes(self, first) -> ImageIndex:
        """The same images, with other classes in front.

        Args:
            first: `[m]` labels whose classes become 0 to m - 1; the others
                follow in their order.

        Returns:
            An `ImageIndex`.
        """
        others = np.setdiff1d(np.arange(self.num_classes), first)
        order = np.concatenate([first, others]).astype(np.int32)
        return dataclasses.replace(
            self,
            labels=np.argsort(order).astype(np.int32)[self.labels],
            class_names=tuple(self.class_names[label] for label in order),
        )

    def split_classes(
        self, fraction: float, seed: int
    ) -> tuple[ImageIndex, ImageIndex]:
        """Holds out whole classes, drawn at random.

        Args:
            fraction: share of the classes to hold out, 0 to 1; rounded so
                that each side has at least two classes.
            seed: integer; the same seed holds out the same classes.

        Returns:
            (rest, held_out): two `ImageIndex` without a common class.
        """
        self._check_splittable(fraction)
        wanted = round(fraction * self.num_classes)
        num_held_out = min(max(wanted, 2), self.num_classes - 2)
        order = np.random.default_rng(seed).permutation(self.num_classes)
        held_out = np.isin(self.labels, order[:num_held_out])
        return self.subset(~held_out), self.subset(held_out)

    def _check_splittable(self, fraction):
        check_number("fraction", fraction)
        if not 0 < fraction < 1:
            raise ValueError(
                "The fraction of classes to hold out must be between 0 and 1. "
                f"Received: {fraction}. Use for example 0.5."
            )
        if self.num_classes < 4:
            raise ValueError(
                "Holding out classes needs at least four: two on each side. "
                f"Received: {self.num_classes}. Add classes, or hold out none."
            )

    def _check_lengths(self):
        lengths = {
            name: len(array)
            for name in ("paths", "labels", "contents", "cameras")
            if (array := getattr(self, name)) is not None
        }
        if len(set(lengths.values())) > 1:
            raise ValueError(
                "An ImageIndex needs one entry for each image everywhere. "
                f"Received lengths: {lengths}."
            )

    def _check_labels(self):
        labels = np.unique(self.labels)
        if not np.array_equal(labels, np.arange(self.num_classes)):
            raise ValueError(
                "labels must be 0 to num_classes - 1, each at least once. "
                f"Received: {len(labels)} labels from {labels[0]} to "
                f"{labels[-1]} for {self.num_classes} class names. Use "
                "ImageIndex.from_class_names to number the classes."
            )


def _take(array, indices):
    return None if array is None else array[indices]

"""One image: from encoded bytes to pixels."""

from dnc_keras.images.augmentation import strong_augmentation
from dnc_keras.images.cropping import random_resized_crop
from dnc_keras.images.cropping import resize_and_center_crop
from dnc_keras.images.decoding import decode
from dnc_keras.images.header import MAX_PIXELS
from dnc_keras.images.header import check_header
from dnc_keras.images.reading import byte_reader
from dnc_keras.images.reading import find_unreadable
from dnc_keras.images.rectangles import resize_and_center_crop_to
from dnc_keras.images.sprites import Sprite
from dnc_keras.images.sprites import read_tiles
from dnc_keras.images.sprites import sprite

__all__ = [
    "MAX_PIXELS",
    "Sprite",
    "byte_reader",
    "check_header",
    "decode",
    "find_unreadable",
    "random_resized_crop",
    "read_tiles",
    "resize_and_center_crop",
    "resize_and_center_crop_to",
    "sprite",
    "strong_augmentation",
]

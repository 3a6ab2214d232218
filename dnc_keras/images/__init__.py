"""One image: from encoded bytes to pixels."""

from dnc_keras.images.cropping import random_resized_crop
from dnc_keras.images.cropping import resize_and_center_crop
from dnc_keras.images.decoding import decode
from dnc_keras.images.header import MAX_PIXELS
from dnc_keras.images.header import check_header
from dnc_keras.images.pictures import read_pictures
from dnc_keras.images.reading import byte_reader
from dnc_keras.images.reading import find_unreadable

__all__ = [
    "MAX_PIXELS",
    "byte_reader",
    "check_header",
    "decode",
    "find_unreadable",
    "random_resized_crop",
    "read_pictures",
    "resize_and_center_crop",
]

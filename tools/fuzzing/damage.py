"""Damages bytes without knowing what they mean."""

from __future__ import annotations

import struct

ODD_NUMBERS = (
    *(0, 1, 2, 3, 7, 8, 255, 256, 4095, 8191, 8192, 32767, 32768, 65535),
    *(65536, 2**24, 2**26, 2**31 - 1, 2**31, 2**32 - 1),
)
_GARBAGE = 64  # Bytes.


def random_bytes(rng, num_bytes):
    return bytes(rng.getrandbits(8) for _ in range(num_bytes))


def flip(rng, data):
    """One to eight bytes become others."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8) if changed else 0):
        changed[rng.randrange(len(changed))] = rng.getrandbits(8)
    return bytes(changed)


def flip_bit(rng, data):
    changed = bytearray(data)
    if changed:
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(rng, data):
    """The end is missing."""
    return data[: rng.randint(0, len(data))]


def cut_out(rng, data):
    """A piece is missing."""
    begin = rng.randint(0, len(data))
    return data[:begin] + data[begin + rng.randint(0, 16) :]


def insert(rng, data):
    place = rng.randint(0, len(data))
    more = random_bytes(rng, rng.randint(1, _GARBAGE))
    return data[:place] + more + data[place:]


def append(rng, data):
    return data + random_bytes(rng, rng.randint(1, _GARBAGE))


def zero(rng, data):
    """A piece is zero, as where a disk lost a block."""
    begin = rng.randint(0, len(data))
    end = min(len(data), begin + rng.choice((1, 4, 16, 512)))
    return data[:begin] + bytes(end - begin) + data[end:]


def odd_number(rng, data):
    """Two or four bytes become a number that is often taken wrong."""
    form = rng.choice("<>") + rng.choice("HI")
    size = struct.calcsize(form)
    if len(data) < size:
        return data
    place = rng.randint(0, len(data) - size)
    number = rng.choice(ODD_NUMBERS) % 2 ** (8 * size)
    return data[:place] + struct.pack(form, number) + data[place + size :]


DAMAGES = (flip, flip_bit, cut, cut_out, insert, append, zero, odd_number)


def damaged(rng, data):
    """The bytes with one damage."""
    return rng.choice(DAMAGES)(rng, data)

"""The time that a training waits for images."""

from __future__ import annotations

import time

import tensorflow as tf

from dnc_keras.batches.wait_clock import WaitClock


def test_wait_clock_adds_up_the_pauses_of_a_slow_source():
    def slow():
        for number in range(5):
            time.sleep(0.02)
            yield number

    source = tf.data.Dataset.from_generator(
        slow, output_signature=tf.TensorSpec([], tf.int32)
    )
    clock = WaitClock()
    timed = list(clock.time(source).as_numpy_iterator())
    assert timed == [0, 1, 2, 3, 4]
    assert clock.seconds >= 5 * 0.02


def test_wait_clock_adds_to_what_it_has():
    clock = WaitClock()
    dataset = clock.time(tf.data.Dataset.range(3))
    list(dataset)
    first = clock.seconds
    list(dataset)
    assert clock.seconds > first > 0.0


def test_wait_clock_keeps_the_number_of_batches():
    dataset = WaitClock().time(tf.data.Dataset.range(3))
    assert dataset.cardinality() == 3

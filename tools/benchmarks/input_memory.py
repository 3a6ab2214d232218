"""Memory of the input pipeline over many epochs."""

import numpy as np

import dnc_keras as dnc
from benchmarks.measures import MEGABYTE
from benchmarks.measures import repeated
from benchmarks.measures import resident_bytes
from dnc_keras.batches.loading import ImageLoading

NUM_EPOCHS = 20
WARM_UP = 3


def run(arguments):
    train = dnc.datasets.load("digits").train
    sampler = dnc.ClusterSampler(train.labels, 2)
    batches = dnc.clustered_dataset(
        sampler, ImageLoading(96).training_loader(train)
    )
    memory = []
    for epoch in repeated(WARM_UP + NUM_EPOCHS):
        sampler.epoch = epoch
        sampler.update(np.arange(len(train)) % 2)
        for _ in batches:
            pass
        memory.append(resident_bytes())
    slope = np.polyfit(np.arange(NUM_EPOCHS), memory[WARM_UP:], 1)[0]
    return [
        {
            "work": f"input, memory over {NUM_EPOCHS} epochs, "
            f"{sampler.num_steps} batches of 80 each",
            "ours": f"{slope / MEGABYTE:+.2f} MB an epoch",
            "against": f"{memory[-1] / MEGABYTE:.0f} MB, the process",
            "ratio": round(slope / memory[-1], 5),
            "goal": "no growth",
        }
    ]

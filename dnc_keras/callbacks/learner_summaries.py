"""What the learners have, for TensorBoard."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.support.paths import expanded

# In pixels.
_ROW_HEIGHT = 24
_WIDTH = 1024
_FRAME = 4


class LearnerSummaries(keras.callbacks.Callback):
    """Shows masks and clusters of the learners in TensorBoard.

    Beside Keras' own `TensorBoard`, which shows the logs. At the end of an
    epoch in which something was new it writes

    - `learners/masks`, a picture: a row for each learner, a column for each
      unit of the embedding, white where the unit is the learner's;
    - `clusters/images_0`, ...: how many images each learner trained on in this
      epoch, and `clusters/unused`, how many none did.

    Args:
        log_dir: the folder that `tensorboard --logdir` is given.
        sampler: the `ClusterSampler` whose clusters are counted. None, the
            default: the masks alone.

    Example:

    >>> summaries = LearnerSummaries("logs", sampler)
    >>> model.fit(batches, callbacks=[divide, summaries])
    """

    def __init__(self, log_dir, sampler=None):
        super().__init__()
        self.log_dir = log_dir
        self.sampler = sampler
        self._writer = None

    def on_train_begin(self, logs=None):
        self._writer = tf.summary.create_file_writer(expanded(self.log_dir))
        self._masks = None
        self._sizes = None

    def on_epoch_begin(self, epoch, logs=None):
        # At its end the clusters are those of the next epoch.
        self._sizes_now = self._count()

    def on_epoch_end(self, epoch, logs=None):
        masks = np.asarray(tf.convert_to_tensor(self.model.learner_masks))
        with self._writer.as_default(step=epoch):
            if not np.array_equal(masks, self._masks):
                tf.summary.image("learners/masks", _picture(masks)[None])
            if self._sizes_now != self._sizes:
                for name, size in self._sizes_now.items():
                    tf.summary.scalar(f"clusters/{name}", size)
        self._masks, self._sizes = masks, self._sizes_now
        self._writer.flush()

    def on_train_end(self, logs=None):
        self._writer.close()

    def _count(self):
        """How many images each cluster has, by name."""
        if self.sampler is None:
            return {}
        counts = np.bincount(
            self.sampler.assignment + 1, minlength=self.sampler.num_clusters + 1
        )
        names = [f"images_{n}" for n in range(self.sampler.num_clusters)]
        return dict(zip(["unused", *names], counts.tolist()))


def _picture(masks):
    """`[num_learners, dim]` -> `[height, width, 1]`, from 0 to 1."""
    shares = masks / max(float(np.max(masks)), 1e-12)
    scale = max(_WIDTH // masks.shape[1], 1)
    enlarged = np.kron(shares, np.ones([_ROW_HEIGHT, scale]))
    # A white unit would not be seen on TensorBoard's white page.
    return np.pad(enlarged, _FRAME, constant_values=0.5)[..., None]

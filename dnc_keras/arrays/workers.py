"""What several processes of one training tell each other."""

from __future__ import annotations

import contextlib
import pickle
import re
import weakref

import numpy as np
import tensorflow as tf

# What collective operations raise when a peer is gone.
_LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.InternalError,
)
# By the id of the strategy: the value keeps it alive, so the id is not reused.
_KNOWN = weakref.WeakValueDictionary()


class OneWorker:
    """The only process of a training, and what several have in common.

    Attributes:
        num: number of workers.
        index: which of them this is, from 0 on.
    """

    num = 1
    index = 0

    @property
    def is_chief(self):
        """Whether this worker writes the files."""
        return self.index == 0

    def gather(self, rows):
        """The rows of all workers, those of the first one first.

        Args:
            rows: `[num_rows, ...]` array of integers or floats; other
                workers may have another number of rows.
        """
        return rows

    def total(self, values):
        """The sum over all workers, the same bits on each.

        Args:
            values: array or number, of the same shape on each worker.
        """
        return values

    def from_chief(self, value):
        """What the first worker passes, on each of them."""
        return value

    def on_chief(self, function):
        """What a function returns on the first worker, on each of them.

        Args:
            function: without arguments; only the first worker calls it.
        """
        return self.from_chief(function() if self.is_chief else None)

    @contextlib.contextmanager
    def loss_named(self):
        """Raises ConnectionError where another worker ends too early."""
        yield


class StrategyWorkers(OneWorker):
    """The processes of a `MultiWorkerMirroredStrategy`.

    All of them must call each method in the same order.

    Args:
        strategy: the strategy.
    """

    def __init__(self, strategy):
        self._strategy = strategy
        resolver = strategy.cluster_resolver
        cluster = resolver.cluster_spec().as_dict()
        num_chiefs = len(cluster.get("chief", ()))
        is_worker = resolver.task_type == "worker"
        self.num = num_chiefs + len(cluster.get("worker", ()))
        self.index = resolver.task_id + num_chiefs * is_worker
        self._num_local = strategy.num_replicas_in_sync // self.num
        # Functions, as a strategy traces what it runs anew in each call.
        self._gather = tf.function(
            lambda rows: strategy.gather(rows, axis=0), reduce_retracing=True
        )
        self._sum = tf.function(
            lambda values: strategy.reduce(
                tf.distribute.ReduceOp.SUM, values, axis=None
            ),
            reduce_retracing=True,
        )

    def gather(self, rows):
        rows = np.asarray(rows)
        # Always a matrix, as a function is traced again for other ranks.
        sent = rows.reshape(len(rows), int(np.prod(rows.shape[1:])))
        gathered = self._gather(self._on_first(sent, sent[:0]))
        return gathered.numpy().reshape(-1, *rows.shape[1:])

    def total(self, values):
        values = np.asarray(values)
        sent = values.reshape(-1)
        summed = self._sum(self._on_first(sent, np.zeros_like(sent)))
        return summed.numpy().reshape(values.shape)

    def from_chief(self, value):
        sent = np.frombuffer(pickle.dumps(value), np.uint8)
        length = self.gather(np.array([len(sent)]))[0]
        # A sum, as a gathering would make all pieces as long as the longest.
        words = np.zeros(-(-length // 4), np.int32)
        if self.is_chief:
            words.view(np.uint8)[:length] = sent
        return pickle.loads(self.total(words).tobytes())

    @contextlib.contextmanager
    def loss_named(self):
        try:
            yield
        except _LOST as error:
            raise ConnectionError(
                "Another worker stopped, so this one does, too. Received: "
                f"{_first_line(error)} Start the same command again on all "
                "workers: it goes on with the last checkpoint."
            ) from error

    def _on_first(self, value, otherwise):
        """A value on the first replica of this worker."""
        return self._strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(
                otherwise
                if context.replica_id_in_sync_group % self._num_local
                else value
            )
        )


def own_part(num_rows, num, index) -> slice:
    """The rows of one of several workers: all parts together are all rows.

    Args:
        num_rows: number of all rows.
        num: number of workers.
        index: which of them is meant, from 0 on.
    """
    return slice(num_rows * index // num, num_rows * (index + 1) // num)


def strategy_of(model) -> tf.distribute.Strategy:
    """The strategy that a Keras model, or what stands for one, is part of."""
    current = tf.distribute.get_strategy()
    return getattr(model, "distribute_strategy", current)


def workers_of(strategy) -> OneWorker:
    """The workers that a strategy joins.

    Returns the same object for the same strategy as long as anyone holds it,
    so that its functions are traced once.
    """
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return OneWorker()
    workers = _KNOWN.get(id(strategy))
    if workers is None:
        workers = _KNOWN[id(strategy)] = StrategyWorkers(strategy)
    return workers


def _first_line(error):
    line = str(error).strip().split("\n", maxsplit=1)[0]
    # Without the name of a node of TensorFlow's graph.
    line = re.sub(r"\{\{.*?\}\} ?", "", line)
    return line if line.endswith(".") else f"{line}."

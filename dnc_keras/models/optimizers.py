"""What Keras optimizers lack: weight decay and learning rates by group."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import raw_variables


class LearningRateMultipliers:
    """Factors on the learning rate, one for each group of variables.

    Those that are named can change while a model trains, without a new trace:
    they are variables. The others are 1.

    Args:
        named: a dict of group names and numbers.
    """

    # Not a tf.Module: Keras 2 would make the factors weights of the model.
    def __init__(self, named):
        self._factors = {
            group: tf.Variable(float(factor), trainable=False)
            for group, factor in named.items()
        }

    def __getitem__(self, group):
        """The factor of a group, a variable or the number 1.0."""
        return self._factors.get(group, 1.0)

    def __setitem__(self, group, factor):
        if group not in self._factors:
            raise ValueError(
                "Only a group with a factor in compile can get another one. "
                f"Received: {group!r}. Compile with learning_rate_multipliers="
                f"{{{group!r}: 1.0}}."
            )
        self._factors[group].assign(factor)


def add_weight_decay(gradients, variables, weight_decay, scale=1.0):
    """Gradients of `scale * (loss + weight_decay / 2 * |w|**2)`.

    The L2 form of both papers' Adam. The `weight_decay` of Keras optimizers is
    the decoupled one, which at a learning rate of 1e-5 does nothing.

    Args:
        gradients: those of `scale * loss`, a list of tensors, or None where a
            variable is not used.
        variables: the list of their variables.
        weight_decay: a number; 0 returns `gradients`.
        scale: a scalar.

    Returns:
        A list of tensors or None.
    """
    if not weight_decay:
        return gradients
    return [
        None if gradient is None else gradient + scale * weight_decay * variable
        for gradient, variable in zip(gradients, raw_variables(variables))
    ]


def apply_scaled(optimizer, gradients, variables, multipliers):
    """Applies gradients with a learning rate of its own for each variable.

    The change of a variable is multiplied, not its gradient: Adam divides a
    factor on the gradient away again.

    Args:
        optimizer: a Keras optimizer.
        gradients: a list of tensors or None.
        variables: the list of their variables.
        multipliers: a list of numbers or scalar tensors, one for each
            variable.
    """
    scaled = [
        i
        for i, factor in enumerate(multipliers)
        if tf.is_tensor(factor) or factor != 1.0
    ]
    targets = raw_variables([variables[i] for i in scaled])
    before = [tf.identity(target) for target in targets]
    optimizer.apply_gradients(zip(gradients, variables))
    factors = [tf.convert_to_tensor(multipliers[i]) for i in scaled]
    if targets:
        # A replica may not assign on its own: the change is made by all
        # replicas together, as the optimizer makes it.
        tf.distribute.get_replica_context().merge_call(
            _rescale_changes, args=(targets, before, factors)
        )


def _rescale_changes(strategy, targets, before, factors):
    for target, start, factor in zip(targets, before, factors):

        def rescale(variable, start, factor):
            variable.assign(start + factor * (variable - start))

        strategy.extended.update(
            target, rescale, args=(start, factor), group=False
        )


def reset_slots(optimizer, variable):
    """Forgets what an optimizer remembers of one variable.

    Args:
        optimizer: a built Keras optimizer, such as Adam with its two moments.
        variable: a variable that it trains.
    """
    # Slots have no public list; Keras names them after their variable, with
    # "/" on Keras 2 and "_" on Keras 3.
    name = _plain_name(variable)
    for slot in optimizer.variables:
        if slot.shape == variable.shape and name in _plain_name(slot):
            slot.assign(tf.zeros(slot.shape, slot.dtype))


def _plain_name(variable):
    path = getattr(variable, "path", variable.name)
    return path.split(":")[0].replace("/", "_")

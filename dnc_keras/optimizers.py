"""What Keras optimizers lack: weight decay and learning rates by group."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import raw_variables


def add_weight_decay(gradients, variables, weight_decay):
    """Gradients of the loss plus `weight_decay / 2 * |w|**2`.

    The L2 form of both papers' Adam. The `weight_decay` of Keras optimizers is
    the decoupled one, which at a learning rate of 1e-5 does nothing.

    Args:
        gradients: a list of tensors, or None where a variable is not used.
        variables: the list of their variables.
        weight_decay: a number; 0 returns `gradients`.

    Returns:
        A list of tensors or None.
    """
    if not weight_decay:
        return gradients
    return [
        None if gradient is None else gradient + weight_decay * variable
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
        multipliers: a list of numbers, one for each variable.
    """
    scaled = [i for i, factor in enumerate(multipliers) if factor != 1.0]
    targets = raw_variables([variables[i] for i in scaled])
    before = [tf.identity(target) for target in targets]
    optimizer.apply_gradients(zip(gradients, variables))
    factors = [multipliers[i] for i in scaled]
    if targets:
        # A replica may not assign on its own: the change is made by all
        # replicas together, as the optimizer makes it.
        tf.distribute.get_replica_context().merge_call(
            _rescale_changes, args=(targets, before, factors)
        )


def _rescale_changes(strategy, targets, before, factors):
    for target, start, factor in zip(targets, before, factors):

        def rescale(variable, start, factor=factor):
            variable.assign(start + factor * (variable - start))

        strategy.extended.update(target, rescale, args=(start,), group=False)

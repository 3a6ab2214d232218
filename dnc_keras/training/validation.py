"""Reports before the training whether held-out classes can choose an epoch."""

from __future__ import annotations

from absl import logging

from dnc_keras.metrics.monitor import Monitor
from dnc_keras.metrics.names import PREFIX

# Of fewer, one draw of classes has more to say than the epoch.
_FEW_CLASSES = 10
_LARGEST_SHARE = 0.25
# With fewer left to gain, epochs differ by single images.
_FEW_IMAGES = 5


def monitor_of(config) -> Monitor:
    """What chooses the epoch, of the settings."""
    return Monitor(PREFIX + config.monitor)


def warn_of_validation(config, train, held_out, measure):
    """Warns of validation classes that can hardly choose an epoch.

    The warnings name the flags that help.

    Args:
        config: all settings.
        train: the `ImageIndex` to train on.
        held_out: that of the validation classes.
        measure: function that returns their metrics before the training, by
            the names of the log. Not called without `evaluate_before`.
    """
    monitor = monitor_of(config)
    if held_out.num_classes < _FEW_CLASSES:
        _warn_of_few(monitor, held_out, train.num_classes)
    if config.evaluate_before:
        _warn_of_saturation(monitor, held_out.num_images, measure())


def _warn_of_few(monitor, held_out, num_trained):
    num, total = held_out.num_classes, held_out.num_classes + num_trained
    logging.warning(
        "The epoch is chosen by %d of %d training classes, with %d images: so "
        "few that another draw may choose another epoch. Use %s.",
        *(num, total, held_out.num_images),
        ", or ".join(
            [
                *_larger_share(num, total),
                *_finer_metric(monitor),
                "--select=last, which holds out none",
            ]
        ),
    )


def _warn_of_saturation(monitor, num_images, values):
    value = values[monitor.name]
    if (1 - value) * num_images < _FEW_IMAGES:
        logging.warning(
            "%s of %d validation images is %.3f before the training: it can "
            "hardly rise, and hardly choose an epoch. Use %s.",
            *(monitor.name, num_images, value),
            ", or ".join(
                [*_finer_metric(monitor), "a larger --validation_fraction"]
            ),
        )


def _larger_share(num, total):
    """The flag that holds out more classes, if they can be spared."""
    wanted = min(_FEW_CLASSES, round(_LARGEST_SHARE * total))
    if wanted > num:
        yield f"--validation_fraction={wanted / total:.2g} ({wanted} classes)"


def _finer_metric(monitor):
    """The flag of the metric that reaches 1 last, if it is another one."""
    if monitor.name != monitor.tie_breaker:
        yield "--monitor=map_at_r, which reaches 1 last"

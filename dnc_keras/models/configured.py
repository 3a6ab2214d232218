"""The model, loss and optimizer of a training run, from its settings."""

from __future__ import annotations

from dnc_keras import losses
from dnc_keras._keras import dtype_policy
from dnc_keras._keras import keras
from dnc_keras.backbones import build_backbone
from dnc_keras.config import TrainConfig
from dnc_keras.config.settings import DEFAULTS
from dnc_keras.models import DivideAndConquer
from dnc_keras.models.hidden_layers import with_hidden_layers
from dnc_keras.models.joined import join_backbone
from dnc_keras.models.own_backbones import build_own_backbone
from dnc_keras.models.own_backbones import check_policy
from dnc_keras.models.own_backbones import is_own_backbone
from dnc_keras.models.own_objects import check_can_be_opened
from dnc_keras.support.extras import import_extra
from dnc_keras.support.own_code import call_with
from dnc_keras.support.own_code import import_function
from dnc_keras.support.own_code import names_own_code

ADDONS_PREFIX = "tfa."
# What makes a backbone of any network.
_JOINING = ("pooling", "feature_key", "pixel_scaling")


def build_model(
    config: TrainConfig,
    num_classes: int | None = None,
    num_steps: int = 1,
    backbone: keras.Model | None = None,
    loss=None,
) -> DivideAndConquer:
    """A new, compiled model.

    Args:
        config: all settings.
        num_classes: labels are 0 to `num_classes - 1`, for losses that learn
            something of each class.
        num_steps: batches of the whole training, for `schedule=cosine`.
        backbone: as for `build_network`.
        loss: an object of the user's own. None, the default: as configured.
    """
    model = build_network(config, backbone)
    model.compile(
        optimizer=_optimizer(config, num_steps),
        loss=build_loss(config, num_classes) if loss is None else loss,
        learning_rate_multipliers=_multipliers(config),
        weight_decay=config.weight_decay,
        jit_compile=config.jit_compile,
        unfreeze=None if config.unfreeze < 0 else config.unfreeze,
        layer_decay=config.layer_decay,
        whole_weight=config.whole_weight,
    )
    return model


def build_network(
    config: TrainConfig, backbone: keras.Model | None = None
) -> DivideAndConquer:
    """A new model, which is not compiled.

    Args:
        config: all settings.
        backbone: what `build_configured_backbone` made of them. None, the
            default: it is made here.
    """
    if backbone is None:
        backbone = build_configured_backbone(config)
    if config.hidden_widths:
        backbone = with_hidden_layers(
            backbone, config.hidden_widths, seed=config.seed
        )
    return DivideAndConquer(
        backbone,
        embedding_dim=config.embedding_dim,
        num_learners=config.num_learners,
        masks=config.masks,
        normalization=config.normalization,
        dropout=config.dropout,
        mask_penalty=config.mask_penalty,
        train_batch_norm=config.train_batch_norm,
        seed=config.seed,
    )


def build_configured_backbone(config: TrainConfig) -> keras.Model:
    """The backbone, with the weights that it starts from.

    Raises:
        ValueError, OSError: for weights that cannot be read or downloaded,
            which is better known before the data set is read.
    """
    # Embedding, loss and masks are float32 in any case.
    with dtype_policy(config.mixed_precision):
        if not is_own_backbone(config.backbone):
            _check_joining(config)
            return build_backbone(
                config.backbone, config.image_size, config.weights
            )
        return build_own_backbone(
            config.backbone,
            config.image_size,
            config.weights,
            **{name: getattr(config, name) for name in _JOINING},
        )


def join_configured(
    config: TrainConfig, network: keras.Model, takes_pixels: bool
) -> keras.Model:
    """A backbone of a network that the user handed over.

    Args:
        config: all settings.
        network: a Keras model or layer.
        takes_pixels: whether it is given images as dnc_keras reads them, so
            that their scaling must be known; otherwise it is taken as it is.

    Raises:
        ValueError: as `join_backbone` does, and for settings without effect.
    """
    check_policy(network, "backbone")
    if takes_pixels:
        joining = {name: getattr(config, name) for name in _JOINING}
        network = join_backbone(network, config.image_size, **joining)
    else:
        _check_joining(config)
    check_can_be_opened(network, "backbone")
    return network


def _check_joining(config):
    """Refuses what has no effect on the backbones that are known by name."""
    for name in _JOINING:
        if (value := getattr(config, name)) != DEFAULTS[name]:
            raise ValueError(
                f"{name} is for backbones of yours or of KerasHub. Received: "
                f"{name}={value} with backbone={config.backbone}, which has "
                "its own. Leave it out."
            )


def _optimizer(config, num_steps):
    # Epsilon as in torch, which the papers used.
    adam = keras.optimizers.Adam(
        _learning_rate(config, num_steps), epsilon=1e-8
    )
    if config.mixed_precision == "mixed_float16":
        return keras.mixed_precision.LossScaleOptimizer(adam)
    return adam


def _learning_rate(config, num_steps):
    if config.schedule == "constant":
        return config.learning_rate
    return keras.optimizers.schedules.CosineDecay(
        config.learning_rate, num_steps
    )


def _multipliers(config):
    """Of the groups whose learning rate differs, now or in some epochs."""
    multipliers = {"masks": config.mask_multiplier}
    if config.embedding_multiplier != 1.0:
        multipliers["embedding"] = config.embedding_multiplier
    if config.loss_multiplier != 1.0:
        multipliers["loss"] = config.loss_multiplier
    if config.frozen_epochs:
        multipliers["backbone"] = 1.0
    return multipliers


def build_loss(config: TrainConfig, num_classes: int | None = None):
    """The loss object of `config.loss`; labels are 0 to `num_classes - 1`."""
    if config.loss.startswith(ADDONS_PREFIX):
        return _addons_loss(config.loss[len(ADDONS_PREFIX) :])
    if names_own_code(config.loss):
        return _own_loss(config, num_classes)
    if config.loss not in losses.BY_NAME:
        raise ValueError(
            f"loss must be one of {', '.join(losses.BY_NAME)}, tfa.NAME such "
            "as tfa.TripletSemiHardLoss, or package.module:function. "
            f"Received: {config.loss!r}."
        )
    return losses.BY_NAME[config.loss](**_loss_arguments(config, num_classes))


def _own_loss(config, num_classes):
    loss = call_with(
        import_function(config.loss, "loss"),
        f"loss={config.loss}",
        num_classes=num_classes,
        embedding_dim=config.embedding_dim,
    )
    return check_loss(loss, f"loss={config.loss}")


def check_loss(loss, name: str):
    """Returns a loss of the user's own, or raises ValueError.

    Args:
        loss: the object.
        name: what made it, for messages.
    """
    if not callable(getattr(loss, "call", None)):
        raise ValueError(
            "A loss must have call(labels, embeddings), as those of Keras. "
            f"Received: a {type(loss).__name__} of {name}. Return a "
            "keras.losses.Loss."
        )
    check_can_be_opened(loss, name)
    return loss


def _loss_arguments(config, num_classes):
    if config.loss == "margin":
        return {
            "margin": config.margin,
            "beta": config.beta,
            "num_classes": num_classes if config.learn_beta else None,
            "negatives": config.negatives,
            # Where a negative pair costs nothing any more.
            "nonzero_loss_cutoff": config.beta + config.margin,
        }
    if config.loss == "proxy_anchor":
        return {
            "num_classes": num_classes,
            "embedding_dim": config.embedding_dim,
            "seed": config.seed,
        }
    return {}


def _addons_loss(name):
    addons = import_extra(
        "tensorflow_addons",
        "tensorflow",
        f"loss=tfa.{name} needs tensorflow-addons, which exists for "
        "TensorFlow 2.15 and Python 3.9 to 3.11",
        f" on such a Python, or use one of {', '.join(losses.BY_NAME)}",
    )
    if not hasattr(addons.losses, name):
        raise ValueError(
            "loss must name a class of tensorflow_addons.losses. "
            f"Received: {name!r}. Use for example tfa.TripletSemiHardLoss."
        )
    return getattr(addons.losses, name)()

"""Makes what a loss learns part of the model."""

from __future__ import annotations

from dnc_keras._keras import keras


@keras.utils.register_keras_serializable("dnc_keras")
class LossState(keras.layers.Layer):
    """Holds the layers of a loss, which Keras would not train or save."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.loss_layers = []
        self.built = True

    def attach(self, loss):
        parts = vars(loss).values() if hasattr(loss, "__dict__") else ()
        layers = [x for x in parts if isinstance(x, keras.layers.Layer)]
        if self.loss_layers and layers != list(self.loss_layers):
            raise ValueError(
                "A model keeps the weights of the first loss with weights. "
                f"Received: another one, {loss.name}. Make a new model."
            )
        if layers and not self.loss_layers:
            self.loss_layers = layers

"""Networks from pixels to features, by name, each with its own scaling."""

from dnc_keras.backbones.by_name import BACKBONES
from dnc_keras.backbones.by_name import build_backbone
from dnc_keras.backbones.pixel_scaling import PixelScaling

__all__ = ["BACKBONES", "PixelScaling", "build_backbone"]

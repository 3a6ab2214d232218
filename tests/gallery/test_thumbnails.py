"""Small pictures of images that may be gone."""

from __future__ import annotations

from helpers.searched_images import write

from dnc_keras.gallery.thumbnails import thumbnail


def test_image_that_is_gone_has_no_picture(tmp_path):
    image = tmp_path / "one.png"
    write(image, 1, 2, 3, 4)
    assert thumbnail(image).startswith("data:image/jpeg;base64,")
    image.unlink()
    assert thumbnail(image) is None

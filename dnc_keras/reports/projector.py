"""Embeddings with their images for TensorBoard's projector."""

from __future__ import annotations

from dnc_keras.images import sprite
from dnc_keras.reports.draws import draw_rows
from dnc_keras.reports.tiles import tiles_of
from dnc_keras.support.cells import defused
from dnc_keras.support.paths import expanded_path
from dnc_keras.support.whole_files import whole_file
from dnc_keras.support.whole_files import write_text

_CONFIG = """embeddings {{
  tensor_name: "test embeddings"
  tensor_path: "tensors.tsv"
  metadata_path: "metadata.tsv"
  sprite {{
    image_path: "sprite.png"
    single_image_dim: {tile}
    single_image_dim: {tile}
  }}
}}
"""


def write_projector(
    log_dir, embeddings, index, max_images: int = 2000, seed: int = 0
):
    """Writes embeddings, classes and small images, as TensorBoard reads them.

    `tensorboard --logdir=LOG_DIR` shows them on its page "Projector". The
    files are `projector_config.pbtxt`, `tensors.tsv`, `metadata.tsv` (class
    and path of each image) and `sprite.png`.

    Args:
        log_dir: the folder; made where there is none.
        embeddings: `[num_images, embedding_dim]` array.
        index: the `ImageIndex` of the same images, in the same order.
        max_images: number of images to show; of more a random sample is
            taken. The browser moves all of them: 2,000 are smooth anywhere.
        seed: fixes the sample.

    Raises:
        ValueError: where there is not one embedding for each image.
    """
    if len(embeddings) != len(index):
        raise ValueError(
            "The projector needs one embedding for each image. Received: "
            f"{len(embeddings)} embeddings, {len(index)} images. Give the "
            "index that was embedded."
        )
    rows = draw_rows(len(index), max_images, seed)
    names = [index.class_names[label] for label in index.labels[rows]]
    tiles = tiles_of(index, rows)
    picture = sprite(tiles, tiles.shape[1])
    log_dir = expanded_path(log_dir)
    log_dir.mkdir(parents=True, exist_ok=True)
    _write(log_dir / "tensors.tsv", _tensor_rows(embeddings[rows]))
    _write(
        log_dir / "metadata.tsv",
        [("class", "image"), *zip(names, index.paths[rows])],
    )
    with whole_file(log_dir / "sprite.png") as file:
        file.write(picture.to_png())
    # Last: it names the others.
    write_text(
        log_dir / "projector_config.pbtxt", _CONFIG.format(tile=picture.tile)
    )


def _tensor_rows(embeddings):
    # 7 digits are what float32 holds.
    return [[f"{number:.7g}" for number in row] for row in embeddings]


def _write(path, rows):
    lines = ["\t".join(map(_cell, row)) + "\n" for row in rows]
    write_text(path, "".join(lines))


def _cell(text):
    """The text without what would begin another cell, a line or a formula."""
    return defused(" ".join(str(text).split())) or "(no name)"

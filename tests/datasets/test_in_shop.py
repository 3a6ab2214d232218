"""In-Shop Clothes Retrieval, in the forms in which people have it."""

from __future__ import annotations

import pathlib
import shutil
import zipfile

import numpy as np
import pytest
from helpers.image_files import jpeg
from helpers.image_files import plain
from helpers.image_files import write_file

from dnc_keras import images
from dnc_keras.datasets import in_shop

_JPEG = jpeg(plain(99))
# The official file pads its columns with blanks, also at the end of a line.
_LIST = """\
7
image_name item_id evaluation_status
img/WOMEN/Dresses/id_00000002/02_1_front.jpg              id_00000002 train   
img/WOMEN/Dresses/id_00000002/02_3_back.jpg               id_00000002 train   
img/MEN/Denim/id_00000080/01_1_front.jpg                  id_00000080 train   
img/WOMEN/Blouses_Shirts/id_00000001/02_1_front.jpg       id_00000001 query   
img/WOMEN/Blouses_Shirts/id_00000001/02_3_back.jpg        id_00000001 gallery 
img/MEN/Denim/id_00000090/01_1_front.jpg                  id_00000090 gallery 
img/MEN/Denim/id_00000090/01_4_full.jpg                   id_00000090 query   
"""  # noqa: W291


def _write_list(root, text=_LIST, file="Eval/list_eval_partition.txt"):
    write_file(root / file, text.encode())


def _write_images(folder, text=_LIST):
    """Writes each image that the list names, with `folder` for img/."""
    for row in text.splitlines()[2:]:
        path = folder / row.rsplit(maxsplit=2)[0].strip().partition("/")[2]
        write_file(path, _JPEG)


def _write(root, text=_LIST):
    _write_list(root, text)
    _write_images(root / "img", text)


def _write_archive(root, file):
    """Writes the archive, from a copy in `root`, of a folder of its name."""
    _write_images(root / file.stem)
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted((root / file.stem).rglob("*.jpg")):
            archive.write(path, path.relative_to(root))


def _check(loaded, folder):
    assert loaded.name == "in_shop"
    assert loaded.train.class_names == ("id_00000002", "id_00000080")
    np.testing.assert_array_equal(loaded.train.labels, [0, 0, 1])
    assert loaded.train.paths[2] == (
        f"{folder}/MEN/Denim/id_00000080/01_1_front.jpg"
    )
    items = ("id_00000001", "id_00000090")
    assert loaded.query.class_names == loaded.gallery.class_names == items
    assert list(loaded.query.paths) == [
        f"{folder}/WOMEN/Blouses_Shirts/id_00000001/02_1_front.jpg",
        f"{folder}/MEN/Denim/id_00000090/01_4_full.jpg",
    ]
    assert list(loaded.gallery.paths) == [
        f"{folder}/WOMEN/Blouses_Shirts/id_00000001/02_3_back.jpg",
        f"{folder}/MEN/Denim/id_00000090/01_1_front.jpg",
    ]
    assert len(loaded.test) == 4
    read = loaded.query.reader()
    assert images.decode(read(1)).shape == [8, 8, 3]


@pytest.mark.parametrize(
    "file", ["Eval/{}", "Anno/{}", "{}", "In-shop Clothes/Eval/{}"]
)
@pytest.mark.parametrize("folder", ["img", "Img/img", "In-shop Clothes/img"])
def test_list_and_images_are_found_wherever_they_are(tmp_path, file, folder):
    _write_list(tmp_path, file=file.format("list_eval_partition.txt"))
    _write_images(tmp_path / folder)
    loaded = in_shop.load(tmp_path)
    _check(loaded, tmp_path / folder)
    assert loaded.source.endswith("img/, by its name the images of 256 pixels")


def test_queries_are_searched_in_the_gallery(tmp_path):
    _write(tmp_path)
    loaded = in_shop.load(tmp_path)
    assert loaded.protocol.endswith("each query against the gallery")
    assert loaded.ks == (1, 10, 20, 30, 50)


def test_other_counts_are_a_warning_for_each_split(tmp_path, caplog):
    _write(tmp_path)
    in_shop.load(tmp_path)
    assert [message.split(". Results")[0] for message in caplog.messages] == [
        "in_shop should hold 25882 train images of 3997 classes. Received: 3 "
        "of 2",
        "in_shop should hold 14218 query images of 3985 classes. Received: 2 "
        "of 2",
        "in_shop should hold 12612 gallery images of 3985 classes. Received: "
        "2 of 2",
    ]


@pytest.mark.parametrize("folder", ["img_highres", "Img/img_highres"])
def test_images_of_high_resolution_are_named(tmp_path, folder):
    _write_list(tmp_path)
    _write_images(tmp_path / folder)
    loaded = in_shop.load(tmp_path)
    _check(loaded, tmp_path / folder)
    assert loaded.source.endswith("img_highres/, the images of high resolution")


def test_of_two_resolutions_the_official_one_is_taken(tmp_path):
    _write_list(tmp_path)
    _write_images(tmp_path / "img_highres")
    _write_images(tmp_path / "Img" / "img")
    loaded = in_shop.load(tmp_path)
    _check(loaded, tmp_path / "Img" / "img")
    assert "256 pixels" in loaded.source


@pytest.mark.parametrize(
    "archive, folder",
    [
        ("img.zip", "img"),
        ("downloads/manual/img.zip", "img"),
        ("Img/img.zip", "Img/img"),
        ("img_highres.zip", "img_highres"),
    ],
)
def test_the_archive_is_extracted(tmp_path, archive, folder):
    root = tmp_path / "data"
    _write_list(root)
    _write_archive(tmp_path, root / archive)
    loaded = in_shop.load(root)
    _check(loaded, root / folder)
    assert f" {folder.rpartition('/')[2]}.zip, the images" in loaded.source


def test_an_archive_without_the_list_stays_as_it_is(tmp_path):
    _write_archive(tmp_path, tmp_path / "data" / "img.zip")
    with pytest.raises(FileNotFoundError, match="No images of in_shop in"):
        in_shop.load(tmp_path / "data")
    assert len(list((tmp_path / "data").iterdir())) == 1


def test_names_with_blanks_and_umlauts_and_windows_lines_work(tmp_path):
    text = _LIST.replace("80/01_1_front.jpg", "80/Größe 1.JPG")
    _write(tmp_path, text.replace("\n", "\r\n"))
    train = in_shop.load(tmp_path).train
    assert train.paths[2].endswith("/img/MEN/Denim/id_00000080/Größe 1.JPG")
    assert pathlib.Path(train.paths[2]).read_bytes() == _JPEG


def test_another_number_in_the_first_line_is_a_warning(tmp_path, caplog):
    _write(tmp_path, _LIST.replace("7\n", "52712\n", 1))
    assert len(in_shop.load(tmp_path).train) == 3
    first = caplog.messages[0]
    assert first.startswith("The first line of '") and first.endswith(
        "list_eval_partition.txt' promises 52712 images. Received: 7 lines."
    )


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("080 train ", "080 val ", "query or gallery. Received: 'val', as for"),
        ("train", "Train", "Received: 'Train', as for 'img/WOMEN/.*02_1_front"),
        ("7\n", "", "must be the number of images, .* 'image_name item_id"),
        ("id_00000080 train", "id_00000080", "text text text. .* in line 5: "),
        ("02_3_back", "02_1_front", "listed once. .*: '.*02/02_1_front.jpg'"),
        ("id_00000080 t", "id_00000090 t", "Classes in both: 'id_00000090'."),
        ("01 gallery", "90 gallery", "gallery image .* without: 'id_00000001'"),
    ],
)
def test_wrong_rows_are_named(tmp_path, old, new, message):
    _write_images(tmp_path / "img")
    _write_list(tmp_path, _LIST.replace(old, new))
    with pytest.raises(ValueError, match=message):
        in_shop.load(tmp_path)


def test_a_missing_image_is_left_out_and_named(tmp_path, caplog):
    _write(tmp_path)
    (tmp_path / "img/MEN/Denim/id_00000090/01_4_full.jpg").unlink()
    loaded = in_shop.load(tmp_path)
    assert loaded.query.class_names == ("id_00000001",)
    assert loaded.gallery.class_names == ("id_00000001", "id_00000090")
    assert "01_4_full.jpg'. They are left out." in caplog.messages[0]


@pytest.mark.parametrize("part", ["Eval", "img"])
def test_without_list_or_images_all_forms_and_the_origin_are_told(
    tmp_path, part
):
    _write(tmp_path)
    shutil.rmtree(tmp_path / part)
    message = (
        "No images of in_shop in .*Looked for: list_eval_partition.txt .*; or "
        ".*img_highres/, .*; or .*img.zip, .*https://mmlab.*has a password"
    )
    with pytest.raises(FileNotFoundError, match=message):
        in_shop.load(tmp_path)

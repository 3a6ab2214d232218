"""Images are read, decoded and cut as torchvision and PIL would."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from PIL import ImageOps

from dnc_keras import images
from dnc_keras.datasets.contents import ByteRanges
from dnc_keras.datasets.contents import InMemory
from dnc_keras.images import cropping
from dnc_keras.images import decoding


def _coordinates(height, width):
    """`[height, width, 3]` image whose pixels tell row, column and 0."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows, columns, 0 * rows], axis=-1).astype(np.uint8)


def _png(image):
    return tf.io.encode_png(image).numpy()


def _smooth(height, width):
    """`[height, width, 3]` image that compresses well and has no symmetry."""
    rows, columns = np.mgrid[:height, :width] / max(height, width)
    waves = [np.sin(5 * rows), np.cos(3 * columns), rows * columns]
    return np.uint8(127 * np.stack(waves, axis=-1) + 127)


def _encode(image, file_format, mode="RGB", **options):
    """As Pillow, an independent encoder, writes the file."""
    stream = io.BytesIO()
    Image.fromarray(image).convert(mode).save(stream, file_format, **options)
    return stream.getvalue()


def _pillow(contents):
    return np.asarray(Image.open(io.BytesIO(contents)).convert("RGB"))


def _center(image, *arguments, **options):
    return images.resize_and_center_crop(_png(image), *arguments, **options)


def _crop(image, *arguments, **options):
    return images.random_resized_crop(_png(image), *arguments, **options)


def test_byte_reader_reads_files_inside_tf_data(tmp_path):
    paths = [str(tmp_path / name) for name in ("ä b.png", "c.png")]
    for path, text in zip(paths, ("first", "second")):
        tf.io.write_file(path, text)
    read = images.byte_reader(np.array(paths))
    positions = tf.data.Dataset.from_tensor_slices([1, 0])
    assert list(positions.map(read).as_numpy_iterator()) == [
        b"second",
        b"first",
    ]


def test_byte_reader_takes_contents_where_there_are_no_files():
    contents = [b"\x00one", b"two\x00"]
    read = images.byte_reader(["no/file"] * 2, InMemory.of(contents))
    positions = tf.data.Dataset.range(2)
    assert list(positions.map(read).as_numpy_iterator()) == contents


@pytest.mark.parametrize("encode", [tf.io.encode_png, tf.io.encode_jpeg])
def test_decode_gives_three_channels_of_a_gray_image(encode):
    gray = np.full([4, 6, 1], 77, np.uint8)
    decoded = images.decode(encode(gray))
    assert decoded.dtype == tf.uint8
    np.testing.assert_array_equal(decoded, np.full([4, 6, 3], 77))


def test_decode_takes_the_first_frame_of_an_animation():
    header = b"GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0"
    white, black = (
        b",\0\0\0\0\1\0\1\0\0\2\2" + pixel + b"\1\0" for pixel in (b"D", b"L")
    )
    decoded = images.decode(header + white + black + b";")
    np.testing.assert_array_equal(decoded, [[[255, 255, 255]]])


def test_decode_has_a_known_rank_in_a_graph():
    decode = tf.function(
        images.decode, input_signature=[tf.TensorSpec([], tf.string)]
    )
    assert decode.get_concrete_function().output_shapes == [None, None, 3]


@pytest.mark.parametrize(
    "file_format, mode",
    [
        ("PNG", "P"),
        ("PNG", "1"),
        ("PNG", "L"),
        ("BMP", "RGB"),
        ("GIF", "P"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("MPO", "RGB"),
    ],
)
def test_decode_sees_what_pillow_sees(file_format, mode):
    contents = _encode(_smooth(20, 30), file_format, mode)
    difference = images.decode(contents) - tf.cast(_pillow(contents), tf.uint8)
    # JPEG decoders may round differently, and CMYK has many ways to RGB.
    tolerance = 8 if file_format in ("JPEG", "MPO") else 0
    distance = tf.minimum(difference, 0 - difference)
    assert np.max(distance) <= tolerance


def test_decode_takes_the_upper_half_of_sixteen_bits():
    deep = np.arange(0, 60000, 1000, dtype=np.uint16).reshape(6, 10, 1)
    decoded = images.decode(tf.io.encode_png(deep))
    np.testing.assert_array_equal(decoded[..., :1], deep // 256)


def test_other_formats_are_refused_by_name(tmp_path):
    path = tmp_path / "image"
    path.write_bytes(_encode(_smooth(8, 8), "TIFF"))
    ((_, named, reason),) = images.find_unreadable([str(path)])
    assert named == str(path)
    assert reason.startswith("Unknown image file format. One of JPEG,")


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "GIF"])
@pytest.mark.parametrize(
    "box", [(0, 0, 48, 64), (5, 9, 20, 33), (47, 63, 1, 1)]
)
def test_a_box_is_cut_from_what_decode_gives(file_format, box):
    contents = _encode(_smooth(48, 64), file_format)
    decoded = decoding.decode_box(contents, lambda size: tf.constant(box), 99)
    top, left, height, width = box
    expected = images.decode(contents)[top:, left:][:height, :width]
    # At its edge a box of a JPEG lacks the neighbours of its colours.
    np.testing.assert_allclose(decoded, expected, atol=8)


def test_the_box_is_chosen_for_the_size_of_the_image():
    sizes = []

    def choose(size):
        sizes.append(size.numpy().tolist())
        return tf.constant([0, 0, 1, 1])

    for file_format in ("PNG", "JPEG"):
        contents = _encode(_smooth(48, 64), file_format)
        decoding.decode_box(contents, choose, 8)
    assert sizes == [[48, 64]] * 2


@pytest.mark.parametrize(
    "min_size, shape",
    [(61, (121, 242)), (60, (60, 121)), (30, (30, 60)), (3, (15, 30))],
)
def test_a_large_jpeg_is_decoded_no_larger_than_needed(min_size, shape):
    contents = _encode(_smooth(240, 320), "JPEG", quality=95)
    decoded = decoding.decode_box(
        contents, lambda size: tf.constant([8, 16, 121, 242]), min_size
    )
    assert decoded.shape == [*shape, 3]
    box = images.decode(contents)[8:129, 16:258]
    means = tf.image.resize(box, shape, antialias=True)
    np.testing.assert_allclose(decoded, means, atol=8)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "MPO"])
def test_images_stand_upright_as_exif_says(orientation, order, file_format):
    exif = Image.Exif()
    exif.endian = order
    exif[0x010F] = "a camera with a long name"  # comes before the tag
    exif[0x0112] = orientation
    lying = _encode(
        _smooth(32, 48), file_format, exif=exif.tobytes(), quality=95
    )
    with Image.open(io.BytesIO(lying)) as stored:
        upright = ImageOps.exif_transpose(stored).convert("RGB")
    square = images.resize_and_center_crop(lying, 32, fraction=1.0)
    expected = _center(np.asarray(upright), 32, fraction=1.0)
    np.testing.assert_allclose(square, expected, atol=8)


def test_a_random_crop_stands_upright_too():
    exif = Image.Exif()
    exif[0x0112] = 6  # The camera was turned: the top is on the right.
    lying = _encode(_smooth(32, 32), "JPEG", exif=exif.tobytes(), quality=95)
    crop = images.random_resized_crop(
        lying, 32, [1, 2], scale=(1.0, 1.0), ratio=(1.0, 1.0)
    )
    expected = np.rot90(_pillow(lying), -1)
    np.testing.assert_allclose(crop, expected, atol=8)


@pytest.mark.parametrize("tag", [None, 0, 9, 255])
def test_exif_without_a_right_orientation_changes_nothing(tag):
    exif = Image.Exif()
    exif[0x010F] = "maker"
    if tag is not None:
        exif[0x0112] = tag
    contents = _encode(_smooth(16, 16), "JPEG", exif=exif.tobytes())
    square = images.resize_and_center_crop(contents, 16, fraction=1.0)
    np.testing.assert_allclose(square, images.decode(contents), atol=1e-3)


def test_orientation_is_read_in_a_graph():
    exif = Image.Exif()
    exif[0x0112] = 3
    contents = _encode(_smooth(16, 16), "JPEG", exif=exif.tobytes())
    crop = tf.function(lambda c: images.resize_and_center_crop(c, 16, 1.0))
    turned = crop(tf.constant(contents))
    assert turned.shape == [16, 16, 3]
    np.testing.assert_allclose(turned, images.decode(contents)[::-1, ::-1])


@pytest.mark.parametrize("size", [(40, 60), (60, 40), (9, 7), (1, 1), (1, 50)])
def test_random_crop_has_the_size_asked_for(size):
    crop = _crop(_coordinates(*size), 16, seed=[1, 2])
    assert crop.shape == [16, 16, 3]
    assert crop.dtype == tf.float32
    assert 0 <= np.min(crop) and np.max(crop) <= max(size) - 1


def test_random_crop_is_a_function_of_its_seed():
    image = _coordinates(50, 50)
    first = _crop(image, 8, seed=[1, 2])
    again = _crop(image, 8, seed=[1, 2])
    other = _crop(image, 8, seed=[1, 3])
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.5


def _boxes(size, scale, ratio, num_boxes=300):
    """`[num_boxes, 4]` top, left, height, width of drawn boxes."""

    def draw(number):
        noise = tf.random.stateless_uniform([4, 10], tf.stack([0, number]))
        return cropping._choose_box(tf.constant(size), noise, scale, ratio)

    numbers = tf.data.Dataset.range(num_boxes, output_type=tf.int32)
    return np.stack(list(numbers.map(draw).as_numpy_iterator()))


def test_random_boxes_keep_to_image_scale_and_ratio():
    top, left, height, width = _boxes((200, 300), (0.2, 0.6), (1.0, 2.0)).T
    share = height * width / (200 * 300)
    # Sides are whole pixels: half a pixel of 77 at least, in each direction.
    assert 0.195 < share.min() < 0.25 and 0.5 < share.max() < 0.605
    ratios = width / height
    assert 0.98 < ratios.min() < 1.1 and 1.8 < ratios.max() < 2.03
    assert top.min() >= 0 and left.min() >= 0
    assert (top + height).max() <= 200 and (left + width).max() <= 300
    assert len(set(top)) > 50 and len(set(left)) > 50


def test_random_boxes_reach_all_corners():
    top, left, height, width = _boxes((4, 4), (0.2, 0.3), (1.0, 1.0)).T
    assert set(height) == set(width) == {2}
    assert set(zip(top, left)) == {(i, j) for i in range(3) for j in range(3)}


@pytest.mark.parametrize(
    "size, box",
    [
        # No box of nearly all of a long image has an allowed ratio.
        ((10, 100), (0, 44, 10, 13)),  # 10 * 4/3 = 13.3 wide
        ((100, 10), (44, 0, 13, 10)),  # 10 / (3/4) = 13.3 high
    ],
)
def test_the_middle_is_taken_where_no_box_fits(size, box):
    boxes = _boxes(size, (0.9, 1.0), (3 / 4, 4 / 3), num_boxes=5)
    np.testing.assert_array_equal(boxes, [box] * 5)


def test_no_box_is_empty():
    # 10% of one pixel would be rounded to none.
    boxes = _boxes((1, 1), (0.1, 0.1), (1.0, 1.0), num_boxes=1)
    np.testing.assert_array_equal(boxes, [[0, 0, 1, 1]])


def test_random_crop_shows_the_box_it_chose():
    image = _coordinates(64, 64)
    crop = _crop(image, 64, seed=[3, 4], scale=(1.0, 1.0), ratio=(1.0, 1.0))
    np.testing.assert_allclose(crop, image, atol=1e-4)


def _flipped(image, number):
    """Whether a crop of the whole image, dark on the left, was mirrored."""
    crop = _crop(image, 4, seed=[7, number], scale=(1.0, 1.0), flip=True)
    return bool(crop[0, 0, 0] > crop[0, -1, 0])


def test_flip_mirrors_half_of_the_images():
    image = _coordinates(4, 4)[..., ::-1] * 60  # Channel 1 is the column.
    image[..., 0] = image[..., 1]
    flipped = [_flipped(image, number) for number in range(200)]
    assert 70 < np.count_nonzero(flipped) < 130


def test_flip_does_not_follow_the_crop_of_the_same_seed():
    noise = [tf.random.stateless_uniform([5, 10], [7, i]) for i in range(200)]
    flips, tries = zip(*((n[4, 0], n[:4, 0]) for n in noise))
    assert np.abs(np.corrcoef(flips, np.transpose(tries))[0, 1:]).max() < 0.25


@pytest.mark.parametrize(
    "size, rows, columns",
    [
        # 16 / 0.8 = 20 pixels for the short side, then 16 in the middle.
        ((20, 30), (2, 17), (7, 22)),
        ((30, 20), (7, 22), (2, 17)),
        ((20, 20), (2, 17), (2, 17)),
    ],
)
def test_center_crop_keeps_the_middle(size, rows, columns):
    crop = _center(_coordinates(*size), 16, fraction=0.8)
    assert crop.shape == [16, 16, 3]
    np.testing.assert_allclose(crop[:, 0, 0][::15], rows, atol=1e-4)
    np.testing.assert_allclose(crop[0, :, 1][::15], columns, atol=1e-4)


def test_center_crop_with_fraction_one_keeps_the_whole_short_side():
    crop = _center(_coordinates(12, 8), 8, fraction=1.0)
    np.testing.assert_allclose(crop, _coordinates(12, 8)[2:10], atol=1e-4)


def test_center_crop_averages_when_it_shrinks():
    # Without antialias single white pixels vanish or fill the result.
    image = np.zeros([64, 64, 3], np.uint8)
    image[::4, ::4] = 255
    crop = _center(image, 4, fraction=1.0)
    np.testing.assert_allclose(crop, np.full([4, 4, 3], 255 / 16), atol=6)


def test_center_crop_enlarges_small_images():
    image = np.full([3, 5, 3], 9, np.uint8)
    crop = _center(image, 32)
    np.testing.assert_allclose(crop, np.full([32, 32, 3], 9.0), atol=1e-4)


def test_center_crop_works_in_a_saved_model(tmp_path):
    class Server(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def serve(self, image_bytes):
            return tf.map_fn(
                lambda one: images.resize_and_center_crop(one, 8),
                image_bytes,
                fn_output_signature=tf.TensorSpec([8, 8, 3], tf.float32),
            )

    tf.saved_model.save(Server(), str(tmp_path))
    sizes = [(20, 30), (5, 9)]
    served = tf.saved_model.load(str(tmp_path)).serve(
        tf.constant([_png(_coordinates(*size)) for size in sizes])
    )
    for row, size in zip(served, sizes):
        expected = _center(_coordinates(*size), 8)
        np.testing.assert_allclose(row, expected, atol=1e-4)


def test_find_unreadable_names_each_with_its_reason(tmp_path):
    whole = _png(np.random.default_rng(0).integers(0, 255, [9, 9, 3], np.uint8))
    files = {
        "a.png": whole,
        "empty.png": b"",
        "b.png": whole,
        "text.jpg": b"not an image",
        "cut.png": whole[: len(whole) // 2],
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    paths = [str(tmp_path / name) for name in [*files, "absent.png"]]
    found = images.find_unreadable(np.array(paths))
    assert [(position, path) for position, path, _ in found] == [
        (position, paths[position]) for position in (1, 3, 4, 5)
    ]
    reasons = [reason for _, _, reason in found]
    assert reasons[0] == "Input is empty."
    assert reasons[1].startswith("Unknown image file format.")
    assert "PNG" in reasons[2]
    assert reasons[3].endswith("No such file or directory")
    assert not any("\n" in reason for reason in reasons)


def test_find_unreadable_looks_into_contents():
    contents = InMemory.of([_png(_coordinates(3, 3)), b"bad"])
    found = images.find_unreadable(["x.zip/1.png", "x.zip/2.png"], contents)
    assert [path for _, path, _ in found] == ["x.zip/2.png"]
    assert images.find_unreadable(["x.zip/1.png"], contents[[0]]) == []


def test_find_unreadable_names_an_image_whose_file_was_cut(tmp_path):
    whole = _png(_coordinates(3, 3))
    (tmp_path / "two.bin").write_bytes(whole + whole[:20])
    size = len(whole)
    contents = ByteRanges(
        [tmp_path / "two.bin"],
        np.zeros(2, int),
        np.array([0, size]),
        np.array([size, size]),
    )
    ((position, path, reason),) = images.find_unreadable(["1", "2"], contents)
    assert (position, path) == (1, "2")
    assert f"image 1 ended after 20 of {size} bytes" in reason

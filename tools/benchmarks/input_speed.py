"""The input pipeline against bare `tf.data` and against Pillow in threads."""

import pathlib
import statistics
import tempfile
from concurrent import futures

import numpy as np
import tensorflow as tf
from PIL import Image
from tqdm import tqdm

import dnc_keras as dnc
from benchmarks.measures import median_ratio
from benchmarks.measures import seconds_in_turn
from dnc_keras.batches.loading import ImageLoading
from dnc_keras.datasets import ImageIndex
from dnc_keras.images.cropping import choose_box

BATCH_SIZE = 80
NUM_SMALL = 4_000
NUM_LARGE = 320
LARGE_SIZES = ((900, 1200), (1000, 1333), (1200, 1600))
SCALE, RATIO = (0.08, 1.0), (3 / 4, 4 / 3)


def run(arguments):
    rows = []
    if arguments.data_dir:
        paths = list(
            dnc.datasets.load("cars196", arguments.data_dir).train.paths
        )
        rows += _compare("CARS196", paths[:NUM_SMALL], 96, arguments.runs)
    with tempfile.TemporaryDirectory() as folder:
        paths = _make_photographs(pathlib.Path(folder), NUM_LARGE)
        rows += _compare("1-2 megapixels", paths, 224, arguments.runs)
    return rows


def _compare(name, paths, image_size, num_runs):
    """Ours against the same map without what surrounds it, and Pillow."""
    sampler = dnc.ClusterSampler(np.arange(len(paths)) // 4, 1, BATCH_SIZE)
    order = np.concatenate(
        [sampler.batch(0, step)[0] for step in range(sampler.num_steps)]
    )
    boxes = _draw_boxes(paths)
    batches = {
        "ours": _ours(sampler, paths, image_size),
        "antialiased": _bare(paths, boxes, order, image_size, antialias=True),
        "aliased": _bare(paths, boxes, order, image_size, antialias=False),
    }
    work = {name: _exhaust(dataset) for name, dataset in batches.items()}
    work["pillow"] = _pillow(paths, boxes.numpy(), order, image_size)
    seconds = seconds_in_turn(work, num_runs)
    speed = {
        key: len(order) / statistics.median(values)
        for key, values in seconds.items()
    }
    against = {
        "antialiased": ("bare tf.data with antialias", ">= 0.9"),
        "aliased": ("bare tf.data without antialias", "-"),
        "pillow": ("Pillow + NumPy, 2 threads", "> 1"),
    }
    return [
        {
            "work": f"input, {name}, {image_size} px",
            "ours": f"{speed['ours']:.0f} images/s",
            "against": f"{speed[key]:.0f} images/s, {text}",
            "ratio": round(median_ratio(seconds[key], seconds["ours"]), 2),
            "goal": goal,
        }
        for key, (text, goal) in against.items()
    ]


def _ours(sampler, paths, image_size):
    index = ImageIndex.from_class_names(paths, ["all"] * len(paths))
    return dnc.clustered_dataset(
        sampler, ImageLoading(image_size, SCALE[0]).training_loader(index)
    )


def _bare(paths, boxes, order, image_size, antialias):
    """Read, decode the box, resize: boxes are known, nothing is checked."""
    files = tf.constant(paths)

    def load(position):
        box = tf.image.decode_and_crop_jpeg(
            tf.io.read_file(files[position]), boxes[position], channels=3
        )
        return tf.image.resize(
            box, [image_size, image_size], antialias=antialias
        )

    dataset = tf.data.Dataset.from_tensor_slices(order)
    dataset = dataset.map(load, tf.data.AUTOTUNE)
    return dataset.batch(BATCH_SIZE).prefetch(tf.data.AUTOTUNE)


def _pillow(paths, boxes, order, image_size):
    def load(position):
        top, left, height, width = boxes[position].tolist()
        with Image.open(paths[position]) as image:
            square = image.convert("RGB").resize(
                (image_size, image_size),
                Image.Resampling.BILINEAR,
                (left, top, left + width, top + height),
            )
        return np.asarray(square, np.float32)

    def work():
        with futures.ThreadPoolExecutor(2) as pool:
            for start in range(0, len(order), BATCH_SIZE):
                np.stack(
                    list(pool.map(load, order[start : start + BATCH_SIZE]))
                )

    return work


def _exhaust(dataset):
    def work():
        for _ in dataset:
            pass

    return work


def _draw_boxes(paths):
    """`[num_images, 4]` boxes, drawn as the pipeline draws them."""

    def draw(position, path):
        noise = tf.random.stateless_uniform([4, 10], [1, position])
        size = tf.io.extract_jpeg_shape(tf.io.read_file(path))[:2]
        return choose_box(size, noise, SCALE, RATIO)

    dataset = tf.data.Dataset.from_tensor_slices(paths).enumerate()
    return next(iter(dataset.map(draw).batch(len(paths))))


def _make_photographs(folder, num_images):
    """JPEG files with large forms, small forms and grain, as photographs."""
    random = np.random.default_rng(0)
    paths = [str(folder / f"{number}.jpg") for number in range(num_images)]
    for number, path in enumerate(tqdm(paths, disable=None)):
        height, width = LARGE_SIZES[number % len(LARGE_SIZES)]
        layers = [
            _noise(random, height, width, scale) for scale in (200, 40, 8, 2)
        ]
        pixels = np.average(layers, axis=0, weights=(8, 4, 2, 1))
        Image.fromarray(np.uint8(pixels)).save(path, quality=90)
    return paths


def _noise(random, height, width, scale):
    shape = (height // scale + 1, width // scale + 1, 3)
    small = Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))

"""Checks an exported model as a server runs it, without this package.

Replays the warm-up, sends images of many kinds through the protobufs of
TensorFlow Serving, compares with the Keras model of the run, sends what is no
image, and measures how long requests take. Needs the extra `serving`.

Example: python tools/check_served_model.py --run_dir=runs/digits
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

# To import one of them is an ImportError: a server has none.
sys.modules.update(dict.fromkeys(("dnc_keras", "keras", "tf_keras")))

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from markdown_tables import table  # noqa: E402
from served_model import images  # noqa: E402
from served_model.latency import measure_latency  # noqa: E402
from served_model.server import Server  # noqa: E402
from served_model.server import build_request  # noqa: E402

MIN_COSINE = 0.9999
BATCH_SIZES = (1, 8, 32)
_KERAS_SIDE = pathlib.Path(__file__).parent / "served_model" / "keras_side.py"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--run_dir", type=os.path.expanduser, required=True, help="the training"
    )
    parser.add_argument(
        "--export_dir",
        type=os.path.expanduser,
        help="a version; RUN_DIR/export/1",
    )
    parser.add_argument(
        "--seconds", type=float, default=10, help="of each latency"
    )
    parser.add_argument(
        "--json", type=os.path.expanduser, help="file to write the results to"
    )
    arguments = parser.parse_args()
    server = Server(arguments.export_dir or f"{arguments.run_dir}/export/1")
    if "serving_bytes" not in server.signatures:
        parser.error(
            "This check is for models of encoded images. Received: one with "
            f"{', '.join(server.signatures)} alone."
        )
    result = {
        "tensorflow": tf.__version__,
        "warm_up": server.warm_up(),
        "cosine": _compare(server, arguments.run_dir),
        "refused": _refused(server),
        "latency": _latencies(server, arguments.seconds),
    }
    _print(result)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(result, indent=2))
    return _num_failures(result)


def _compare(server, run_dir):
    """The cosine of the served and the Keras embedding, by kind of image."""
    contents = images.good_images()
    served = server.embed(list(contents.values()))
    dim = served.shape[1]
    # An export may keep the first units alone.
    expected = _of_keras(list(contents.values()), run_dir)[:, :dim]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    cosines = np.sum(served * expected, axis=1)
    return dict(zip(contents, map(float, cosines)))


def _of_keras(contents, run_dir):
    """The embeddings that the Keras model makes, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        request, answer = f"{folder}/request.npz", f"{folder}/answer.npy"
        np.savez(request, contents=np.array(contents, object))
        subprocess.run(
            [sys.executable, str(_KERAS_SIDE), run_dir, request, answer],
            check=True,
        )
        return np.load(answer)


def _refused(server):
    """What each wrong request was answered; None where it was taken."""
    good = images.photograph()
    before = server.embed([good])
    answers = {}
    for kind, request in _wrong_requests().items():
        try:
            server.predict(request)
            answers[kind] = None
        except tf.errors.InvalidArgumentError as error:
            answers[kind] = _sentence(error.message)
        if not np.allclose(server.embed([good]), before, atol=1e-5):
            answers[kind] = None
    return answers


def _wrong_requests():
    requests = {
        kind: build_request("serving_bytes", image_bytes=[contents])
        for kind, contents in images.bad_images().items()
    }
    good = images.photograph()
    requests["a bad image among good ones"] = build_request(
        "serving_bytes", image_bytes=[good, b"no image", good]
    )
    requests["a matrix of images"] = build_request(
        "serving_bytes", image_bytes=[[good]]
    )
    requests["pixels of a wrong size"] = build_request(
        "serving_default", images=np.zeros([2, 3, 5, 3], np.float32)
    )
    requests["pixels of one image"] = build_request(
        "serving_default", images=np.zeros([3, 5, 3], np.float32)
    )
    requests["integer pixels"] = build_request(
        "serving_default", images=np.zeros([1, 3, 5, 3], np.int32)
    )
    return requests


def _sentence(message):
    """TensorFlow's words, without where in the graph it was."""
    lines = [
        line
        for line in message.splitlines()
        if line
        and not line.startswith(
            ("Graph execution", "Detected at", "<stack", "\t", "  ")
        )
    ]
    return lines[0].partition(" [Op:")[0]


def _latencies(server, seconds):
    contents = images.photograph()

    def request_of(batch_size):
        request = build_request(
            "serving_bytes", image_bytes=[contents] * batch_size
        )
        return lambda: server.predict(request)

    return [
        measure_latency(request_of(size), size, seconds) for size in BATCH_SIZES
    ]


def _print(result):
    print(f"Warm-up: {', '.join(result['warm_up'])}")
    cosines = [(k, f"{value:.7f}") for k, value in result["cosine"].items()]
    print(table(["image", "cosine with the Keras model"], cosines))
    answers = [
        (kind, answer or "FAILED: it was taken")
        for kind, answer in result["refused"].items()
    ]
    print(table(["wrong request", "answer"], answers))
    rows = [row.values() for row in result["latency"]]
    print(table(result["latency"][0], rows))


def _num_failures(result):
    apart = [c for c in result["cosine"].values() if c < MIN_COSINE]
    taken = [a for a in result["refused"].values() if a is None]
    return len(apart) + len(taken)


if __name__ == "__main__":
    sys.exit(main())

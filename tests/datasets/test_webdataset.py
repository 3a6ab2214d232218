"""Images in tar files, as WebDataset has them."""

from __future__ import annotations

import io
import json
import tarfile

import pytest
import tensorflow as tf
from helpers.image_files import plain
from helpers.image_files import png

from dnc_keras import datasets


def _write(path, members):
    """A tar of (name, bytes), or of `TarInfo`, as Python's tarfile writes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            archive.addfile(info, io.BytesIO(member[1]))
    return path


def _samples(labels, start=0, label=lambda text: (".cls", text.encode())):
    """Two members for each label; image n is n everywhere."""
    for number, text in enumerate(labels, start):
        extension, content = label(text)
        yield f"{number:03}.png", png(plain(number))
        yield f"{number:03}{extension}", content


def _numbers(index):
    read = index.reader()
    return [
        (int(tf.io.decode_png(read(row))[0, 0, 0]), index.class_names[label])
        for row, label in enumerate(index.labels)
    ]


def _json(text):
    return ".json", json.dumps({"label": int(text), "size": 3}).encode()


@pytest.mark.parametrize(
    "label",
    [
        lambda text: (".cls", f"{text}\n".encode()),
        lambda text: (".txt", text.encode()),
        _json,
    ],
)
def test_images_and_labels_have_one_key(tmp_path, label):
    _write(tmp_path / "a-0.tar", _samples("0123", label=label))
    _write(tmp_path / "more" / "a-1.tar", _samples("0123", 4, label))
    loaded = datasets.load(
        "webdataset", tmp_path, test_classes=["1", "3"], seed=1
    )
    assert _numbers(loaded.train) == [(0, "0"), (2, "2"), (4, "0"), (6, "2")]
    assert _numbers(loaded.test) == [(1, "1"), (3, "3"), (5, "1"), (7, "3")]
    assert list(loaded.test.paths) == [
        "a-0.tar/001.png",
        "a-0.tar/003.png",
        "more/a-1.tar/005.png",
        "more/a-1.tar/007.png",
    ]
    assert loaded.protocol.endswith("; test classes named by test_classes")
    assert loaded.title == "webdataset: WebDataset tars"


def test_one_tar_is_a_data_set(tmp_path):
    file = _write(tmp_path / "all.tar", _samples("00112233"))
    loaded = datasets.load("webdataset", file, test_fraction=0.5, seed=3)
    assert (len(loaded.train), len(loaded.test)) == (4, 4)
    assert loaded.protocol.endswith(
        "; 0.5 of the classes drawn for test with seed 3"
    )


def test_train_and_test_of_other_classes_are_kept(tmp_path):
    _write(tmp_path / "train-0.tar", _samples("0011"))
    _write(tmp_path / "test" / "0.tar", _samples("2233", 4))
    _write(tmp_path / "val-0.tar", _samples("01", 8))
    loaded = datasets.load("webdataset", tmp_path)
    assert _numbers(loaded.test) == [(4, "2"), (5, "2"), (6, "3"), (7, "3")]
    assert len(loaded.train) == 4
    assert loaded.protocol.endswith("; the set's own split")


def test_train_and_test_of_the_same_classes_are_joined(tmp_path, caplog):
    _write(tmp_path / "train-0.tar", _samples("0123"))
    _write(tmp_path / "test-0.tar", _samples("0123", 4))
    loaded = datasets.load("webdataset", tmp_path, seed=5)
    assert len(loaded.train) == len(loaded.test) == 4
    assert not set(loaded.train.class_names) & set(loaded.test.class_names)
    assert (
        "webdataset: its own train and test images share 4 classes. All images "
        "are joined and divided by class: 0.5 of the classes drawn for test "
        "with seed 5."
    ) in caplog.text
    with pytest.raises(ValueError, match="has in both: '0', '1', '2', '3'. U"):
        datasets.load("webdataset", tmp_path, split="own")


def test_the_name_in_a_json_can_be_chosen(tmp_path):
    def label(text):
        content = {"label": 1, "model": f"m{text}"}
        return ".json", json.dumps(content).encode()

    _write(tmp_path / "0.tar", _samples("00112233", label=label))
    loaded = datasets.load(
        "webdataset", tmp_path, label_column="model", test_classes=["m0", "m3"]
    )
    assert loaded.train.class_names == ("m1", "m2")


def test_keys_without_image_or_label_are_counted(tmp_path, caplog):
    members = [
        *_samples("00112233"),
        ("x.png", b"without"),
        ("y.cls", b"1"),
        ("y/z.txt", b"1"),
        ("._000.png", b"of macOS"),
        ("w.cls", b" "),
        ("w.jpg", b"blank"),
    ]
    _write(tmp_path / "0.tar", members)
    loaded = datasets.load("webdataset", tmp_path)
    assert len(loaded.train) + len(loaded.test) == 8
    assert (
        "Left out 2 keys of the tars without an image: '0.tar/y', '0.tar/y/z'."
        in caplog.text
    )
    assert (
        "Left out 2 keys of the tars without a label: '0.tar/x', '0.tar/w'."
        in caplog.text
    )


def _link(kind, name="l.png", target="000.png"):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([_link(tarfile.SYMTYPE)], "member 'l.png' is a link or a device"),
        ([_link(tarfile.LNKTYPE)], "member 'l.png' is a link or a device"),
        ([_link(tarfile.CHRTYPE)], "member 'l.png' is a link or a device"),
        ([_link(tarfile.FIFOTYPE)], "member 'l.png' is a link or a device"),
        ([("../a.png", b"")], "is not a path inside a folder"),
        ([("a\udcff.png", b"")], "'a.udcff.png' is named by bytes that are no"),
        ([("000.png", b"")], "each member once. Received: '000.png' again"),
        (
            [("000.jpg", b"")],
            "one image. Received: '000' with '000.png', '000",
        ),
        (
            [("a.png", b""), ("a.cls", b"\xff")],
            "bytes that are no UTF-8 in",
        ),
        (
            [("a.png", b""), ("a.cls", b"1" * (2**20 + 1))],
            "Received: 1048577 bytes in member 'a.cls' of",
        ),
    ],
)
def test_hostile_members_are_refused(tmp_path, members, message):
    _write(tmp_path / "0.tar", [*_samples("00112233"), *members])
    with pytest.raises(ValueError, match=message) as error:
        datasets.load("webdataset", tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "no JSON in member '000.json'"),
        (b"[" * 10**5, "no JSON in member"),
        (b'{"label": 1.5}', "'label' of type float in member"),
        (b'{"label": "\\ud800"}', "half of a letter in member '000.json'"),
        (b'{"label": true}', "'label' of type bool in member"),
        (b'{"other": 1}', "8 without a label. Write KEY.jpg and KEY.cls, or n"),
        (b"[1]", "0 keys without an image, 8 without a label"),
    ],
)
def test_json_without_a_label_is_refused(tmp_path, content, message):
    samples = _samples("01234567", label=lambda _: (".json", content))
    _write(tmp_path / "0.tar", samples)
    with pytest.raises(ValueError, match=message):
        datasets.load("webdataset", tmp_path)


def _sparse(content):
    return content[:156] + b"S" + content[157:]


def _negative(content):
    """The size of the first member as GNU tar writes numbers below 0."""
    return content[:124] + b"\xff" * 12 + content[136:]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:5000],
        lambda content: content[:-10240],
        lambda content: b"",
        lambda content: content[:100] + b"\0" + content[101:],
        lambda content: b"\x1f\x8b" + content[2:],
        _sparse,
        _negative,
    ],
)
def test_damaged_tars_are_named(tmp_path, damage):
    file = _write(tmp_path / "0.tar", _samples("00112233"))
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(ValueError, match="0.tar' must be a whole .tar without"):
        datasets.load("webdataset", tmp_path)


def test_a_label_of_each_image_is_refused(tmp_path):
    _write(tmp_path / "0.tar", _samples("01234567"))
    message = "must share classes. Received: 8 images of as many classes, such"
    with pytest.raises(ValueError, match=message):
        datasets.load("webdataset", tmp_path)


def test_a_folder_without_tars_is_refused(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match="No .tar in .*Decompress"):
        datasets.load("webdataset", tmp_path)


def test_missing_shards_are_named(tmp_path):
    _write(tmp_path / "a-00001-of-00003.tar", _samples("00112233"))
    message = "Missing: '.*a-00000-of-00003.tar', '.*a-00002-of-00003.tar'. C"
    with pytest.raises(FileNotFoundError, match=message):
        datasets.load("webdataset", tmp_path)

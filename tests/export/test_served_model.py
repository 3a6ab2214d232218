"""A SavedModel that embeds encoded images."""

from __future__ import annotations

import os

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras import gallery


class _Served(tf.Module):
    def __init__(self, part_dim):
        super().__init__()
        self._part_dim = part_dim

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def embed(self, image_bytes):
        num = tf.size(image_bytes)
        parts = tf.ones([num, 3, self._part_dim])
        return {"embedding": tf.ones([num, 6]), "per_learner": parts}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def other(self, image_bytes):
        return {"logits": tf.zeros([tf.size(image_bytes), 2])}


# With learned masks each learner has all of the units.
@pytest.mark.parametrize("part_dim, num_learners", [(2, 3), (6, None)])
def test_signature_tells_the_slices(tmp_path, part_dim, num_learners):
    module = _Served(part_dim)
    signatures = {"serving_bytes": module.embed}
    tf.saved_model.save(module, str(tmp_path), signatures)
    model = gallery.ServedModel(tmp_path)
    assert model.num_learners == num_learners
    np.testing.assert_array_equal(model.embed([b"a", b"b"]), np.ones([2, 6]))


def test_model_that_embeds_no_bytes_is_told(tmp_path):
    module = _Served(2)
    tf.saved_model.save(module, str(tmp_path), {"serving_bytes": module.other})
    with pytest.raises(ValueError, match="with the signature serving_bytes"):
        gallery.ServedModel(tmp_path)


@pytest.mark.parametrize(
    "name", ["saved_model.pb", "fingerprint.pb", "variables/variables.index"]
)
@pytest.mark.parametrize("damage", [b"no protocol buffer", None])
def test_a_damaged_model_is_told(tmp_path, capfd, name, damage):
    module = _Served(2)
    tf.saved_model.save(module, str(tmp_path), {"serving_bytes": module.embed})
    whole = (tmp_path / name).read_bytes()
    damaged = whole[: len(whole) // 2] if damage is None else damage
    (tmp_path / name).write_bytes(damaged)
    with pytest.raises(
        ValueError, match="must hold a whole SavedModel"
    ) as told:
        gallery.ServedModel(tmp_path)
    assert "\n" not in str(told.value)
    assert "Traceback" not in capfd.readouterr().err


def test_a_model_of_a_release_without_fingerprints_is_read(tmp_path):
    module = _Served(2)
    tf.saved_model.save(module, str(tmp_path), {"serving_bytes": module.embed})
    (tmp_path / "fingerprint.pb").unlink()
    assert gallery.ServedModel(tmp_path).num_learners == 3


@pytest.mark.parametrize("name", ["fingerprint.pb", "assets.extra/facts.json"])
def test_a_model_with_a_pipe_is_told_before_it_is_read(tmp_path, name):
    module = _Served(2)
    tf.saved_model.save(module, str(tmp_path), {"serving_bytes": module.embed})
    (tmp_path / "assets.extra").mkdir()
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    with pytest.raises(ValueError, match="files and folders alone"):
        gallery.ServedModel(tmp_path)

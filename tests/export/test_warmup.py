"""Requests that a server runs first."""

from __future__ import annotations

import sys

import pytest
import tensorflow as tf
from helpers.small_models import IMAGE_SIZE

from dnc_keras.export import export_saved_model


def test_the_warm_up_has_a_request_for_each_signature(exported, signatures):
    prediction_log = pytest.importorskip(
        "tensorflow_serving.apis.prediction_log_pb2"
    )
    file = exported / "assets.extra" / "tf_serving_warmup_requests"
    records = list(tf.data.TFRecordDataset(str(file)).as_numpy_iterator())
    logs = [prediction_log.PredictionLog.FromString(r) for r in records]
    requests = [log.predict_log.request for log in logs]
    assert [request.model_spec.signature_name for request in requests] == [
        "serving_default",
        "serving_bytes",
    ]
    for request in requests:
        inputs = {
            name: tf.constant(tf.make_ndarray(proto))
            for name, proto in request.inputs.items()
        }
        serve = signatures.signatures[request.model_spec.signature_name]
        assert serve(**inputs)["embedding"].shape[1] == 4


def test_without_its_package_the_warm_up_is_left_out(
    tmp_path, model, monkeypatch, quick_save
):
    monkeypatch.setitem(sys.modules, "tensorflow_serving", None)
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    version = export_saved_model(model, tmp_path, IMAGE_SIZE)
    extra = version / "assets.extra"
    assert [path.name for path in extra.iterdir()] == ["dnc_keras.json"]

"""Answers requests as TensorFlow Serving does, without a network."""

import tensorflow as tf
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_log_pb2


class Server:
    """A SavedModel behind the protobufs of a server.

    Args:
        export_dir: folder of the SavedModel.
    """

    def __init__(self, export_dir):
        self._export_dir = export_dir
        self._model = tf.saved_model.load(export_dir)

    @property
    def signatures(self):
        """The names of what it answers."""
        return list(self._model.signatures)

    def predict(self, request: bytes) -> bytes:
        """A serialized PredictRequest to a serialized PredictResponse."""
        request = predict_pb2.PredictRequest.FromString(request)
        name = request.model_spec.signature_name or "serving_default"
        inputs = {
            name: tf.constant(tf.make_ndarray(proto), tf.as_dtype(proto.dtype))
            for name, proto in request.inputs.items()
        }
        response = predict_pb2.PredictResponse()
        response.model_spec.CopyFrom(request.model_spec)
        for key, value in self._model.signatures[name](**inputs).items():
            response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
        return response.SerializeToString()

    def warm_up(self):
        """Replays the warm-up; returns the signature of each request."""
        file = f"{self._export_dir}/assets.extra/tf_serving_warmup_requests"
        signatures = []
        for record in tf.data.TFRecordDataset(file).as_numpy_iterator():
            log = prediction_log_pb2.PredictionLog.FromString(record)
            request = log.predict_log.request
            self.predict(request.SerializeToString())
            signatures.append(request.model_spec.signature_name)
        return signatures

    def embed(self, image_bytes):
        """`[batch_size]` encoded images -> `[batch_size, dim]` array."""
        inputs = tf.constant(image_bytes, tf.string, [len(image_bytes)])
        request = build_request("serving_bytes", image_bytes=inputs)
        answer = predict_pb2.PredictResponse.FromString(self.predict(request))
        return tf.make_ndarray(answer.outputs["embedding"])


def build_request(signature, **inputs) -> bytes:
    """A serialized PredictRequest."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "embedding"
    request.model_spec.signature_name = signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return request.SerializeToString()

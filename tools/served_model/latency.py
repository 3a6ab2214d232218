"""How long requests take."""

import time

import numpy as np

WARM_UP = 3
MIN_REQUESTS = 20


def measure_latency(request, batch_size, seconds):
    """Sends one request after the other.

    Args:
        request: function without arguments that sends one.
        batch_size: images of a request.
        seconds: how long to go on, for 20 requests at least.

    Returns:
        A dict: batch_size, num_requests, images_per_second, p50_ms, p99_ms.
    """
    for _ in range(WARM_UP):
        request()
    taken, end = [], time.perf_counter() + seconds
    while len(taken) < MIN_REQUESTS or time.perf_counter() < end:
        start = time.perf_counter()
        request()
        taken.append(time.perf_counter() - start)
    p50, p99 = 1000 * np.percentile(taken, [50, 99])
    return {
        "batch_size": batch_size,
        "num_requests": len(taken),
        "images_per_second": round(batch_size * len(taken) / sum(taken), 1),
        "p50_ms": round(p50, 2),
        "p99_ms": round(p99, 2),
    }

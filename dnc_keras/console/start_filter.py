"""A program: copies stdin to stdout, but for what TensorFlow logs at its start.

TensorFlow logs some of it before it reads `TF_CPP_MIN_LOG_LEVEL`. Whatever is
not known as noise passes, byte by byte: errors, tracebacks, the last words of
a process that is aborted.
"""

import os
import re
import signal

# As 2026-12-01 03:17:41.302962: E tensorflow/core/file.cc:12] and, of newer
# versions, E0000 00:00:1796095092.750538   16200 file.cc:52]
_PREFIX = (
    rb"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: %b "
    rb"|%b\d{4} [\d:.]+ +\d+ )[\w./+-]+:\d+\] "
)
_NOTE = _PREFIX.replace(b"%b", b"I")
# Each is logged by an installation in which nothing is wrong.
_KNOWN = (
    _PREFIX.replace(b"%b", b"[WE]") + rb"(?:"
    rb"Unable to register cu(?:DNN|FFT|BLAS) factory"
    rb"|computation placer already registered"
    rb"|failed call to cuInit"
    rb"|TF-TRT Warning: Could not find TensorRT"
    rb")"
)
_UNMARKED = (
    rb"WARNING: All log messages before absl::InitializeLog\(\) is called"
    rb"|To enable the following instructions: "
)
_NOISE = re.compile(b"|".join((_NOTE, _KNOWN, _UNMARKED)))


def _write(data):
    while data:
        try:
            data = data[os.write(1, data) :]
        except OSError:
            return  # Nobody reads: the program must not wait for that.


def main():
    # It ends when the program does, whatever ends that.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    line = b""
    while True:
        data = os.read(0, 65536)
        *whole, line = (line + data).split(b"\n")
        for each in whole:
            if not _NOISE.match(each):
                _write(each + b"\n")
        if not data:
            break
    _write(line)


if __name__ == "__main__":
    main()

"""Feeds damaged and odd inputs to all programs and to the served graph.

Example: python tools/fuzz.py --seed=0 --minutes=60 --out=findings
         python tools/fuzz.py --seed=0 --case=1234 --out=findings
Findings are: a traceback, or an exit code other than 0 and 2; a hang; memory
over a bound; output that is half written, left behind or destroyed; nonsense
that is accepted. Each is a line, and a folder in --out with its input, its
command and what was printed. A case is a function of its seed and its number.
"""

import argparse
import itertools
import pathlib
import sys
import time
import traceback

import tqdm
from fuzzing import cases
from fuzzing.findings import Findings
from fuzzing.graph import Pictures
from fuzzing.programs import Programs


def _path(text):
    # Not `dnc_keras.support.paths`, with which TensorFlow would be imported.
    return pathlib.Path(text).expanduser()


def _arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", type=int, help="only this case")
    parser.add_argument("--first", type=int, default=0, help="case to begin at")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--out", type=_path, required=True)
    parser.add_argument(
        "--only", default=",".join(cases.KINDS), help="kinds of cases"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=20.0,
        help="a program that takes longer hangs",
    )
    parser.add_argument(
        "--megabytes",
        type=float,
        default=4000.0,
        help="a program must not have more memory",
    )
    arguments = parser.parse_args()
    arguments.only = arguments.only.split(",")
    unknown = set(arguments.only) - set(cases.KINDS)
    if unknown:
        parser.error(f"--only must be of {cases.KINDS}. Received: {unknown}")
    return arguments


def _cases(arguments):
    """The cases that are asked for, until the time is over."""
    if arguments.case is not None:
        yield cases.Case(arguments.seed, arguments.case)
        return
    begin, seconds = time.monotonic(), 60 * arguments.minutes
    kinds = arguments.only
    bar = tqdm.tqdm(total=round(seconds), unit="s", disable=None)
    for case in cases.numbered(arguments.seed, kinds, arguments.first):
        passed = time.monotonic() - begin
        if passed > seconds:
            break
        bar.update(round(passed) - bar.n)
        yield case
    bar.close()


def _try_cases(arguments, programs, pictures, findings):
    tries = {
        "images": (pictures.try_case, pictures),
        "graph": (pictures.try_request, pictures),
    }
    case = None
    for case in _cases(arguments):
        attempt, place = tries.get(case.kind, (programs.try_case, programs))
        _print(findings.add(case, _tried(attempt, case), place.files))
    if case:
        _print(pictures.ask_doctor())


def _tried(attempt, case):
    """What is wrong; a fault of the tool is no reason to end an hour's run."""
    try:
        return attempt(case)
    except Exception as error:
        traceback.print_exc()
        return [f"the tool failed: {error!r}"]


def _print(lines):
    for line in lines:
        tqdm.tqdm.write(line)
        sys.stdout.flush()


def main():
    arguments = _arguments()
    work = arguments.out / "work"
    programs = Programs(work, arguments.seconds, arguments.megabytes)
    programs.prepare()
    (version,) = itertools.islice(programs.prepared.export.iterdir(), 1)
    pictures = Pictures(work, version)
    findings = Findings(arguments.out)
    try:
        _try_cases(arguments, programs, pictures, findings)
    finally:
        programs.end()
        pictures.end()
        path = findings.write_summary()
    for kind, number in sorted(findings.summary()["cases"].items()):
        print(f"{kind:12}{number:8,} cases")
    print(f"{'Findings':12}{len(findings):8,}  {path}")
    sys.exit(len(findings) > 0)


if __name__ == "__main__":
    main()

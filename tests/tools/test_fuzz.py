"""Damaged and odd inputs, a short slice of them; and planted faults."""

from __future__ import annotations

import itertools
import json
import pathlib
import sys

import pytest
from helpers.image_files import encode
from helpers.image_files import smooth

TOOLS = pathlib.Path(__file__).parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from fuzzing import cases  # noqa: E402
from fuzzing import commands  # noqa: E402
from fuzzing import judge  # noqa: E402
from fuzzing import outputs  # noqa: E402
from fuzzing import parts  # noqa: E402
from fuzzing import plans  # noqa: E402
from fuzzing import prepared  # noqa: E402
from fuzzing.broken_pictures import any_picture  # noqa: E402
from fuzzing.decoders import Decoders  # noqa: E402
from fuzzing.findings import Findings  # noqa: E402
from fuzzing.pictures import Picture  # noqa: E402
from fuzzing.programs import Programs  # noqa: E402

_NUM_PICTURES = 300
_MEGABYTES = 600


@pytest.fixture(scope="module")
def decoders():
    return Decoders()


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    programs = Programs(folder, seconds=20)
    programs.prepared = prepared.Prepared(folder / "prepared")
    prepared.write_images(programs.prepared.images)
    yield programs
    programs.end()


def _first(kind, num, seed=0):
    return list(itertools.islice(cases.numbered(seed, [kind]), num))


def test_a_case_is_a_function_of_seed_and_number():
    pictures = [any_picture(case.generator()) for case in _first("images", 30)]
    again = [any_picture(case.generator()) for case in _first("images", 30)]
    assert pictures == again
    others = [any_picture(c.generator()) for c in _first("images", 30, seed=1)]
    assert pictures != others


def test_every_kind_has_its_turn():
    assert {cases.Case(0, n).kind for n in range(1000)} == set(cases.KINDS)
    assert {case.kind for case in _first("csv", 5)} == {"csv"}


def test_all_formats_are_made_good_and_damaged():
    made = [any_picture(case.generator()) for case in _first("images", 300)]
    kinds = {(p.kind, contents == p.contents) for p, contents in made}
    assert len(kinds) == 10


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif", "bmp", "webp"])
def test_parts_make_up_a_file_however_short(kind):
    (whole, *_) = (
        picture.contents
        for picture, _ in map(any_picture, map(_generator, range(300)))
        if picture.kind == kind
    )
    for size in range(len(whole)):
        assert b"".join(parts.split(whole[:size], kind)) == whole[:size]


def _generator(number):
    return cases.Case(0, number).generator()


def test_pictures_are_read_right_or_refused(decoders):
    found = []
    for case in _first("images", _NUM_PICTURES):
        picture, contents = any_picture(case.generator())
        seen = decoders.look(contents)
        found += judge.complaints(contents, picture, seen)
        found += seen["failed"].values()
        if seen["megabytes"] > _MEGABYTES:
            found.append(f"{case}: {seen['megabytes']} MB")
    assert found == []


def _seen(pixels=None, refused=(), orientation=1):
    return {
        "ways": ["decode", "crop", "search"],
        "kinds": ["png", "jpeg"],
        "refused": {way: "no" for way in refused},
        "pixels": pixels,
        "orientation": orientation,
    }


_PIXELS = smooth(9, 7)
_PNG = Picture(encode(_PIXELS, "PNG"), "png", "plain")


@pytest.mark.parametrize(
    "contents, seen, complaint",
    [
        (_PNG.contents, _seen(_PIXELS ^ 1), "other pixels: by up to 1 of 255"),
        (_PNG.contents, _seen(_PIXELS[1:]), "other size: (8, 7), with Pillow"),
        (_PNG.contents, _seen(_PIXELS, orientation=6), "turned: 6, with"),
        (_PNG.contents[:-40], _seen(_PIXELS), "accepted nonsense: Pillow"),
        (b"nothing", _seen(_PIXELS), "accepted nonsense: Pillow says Unid"),
        (b"nothing", _seen(None, ["decode"]), "disagree: {'decode': 'no'}"),
        (
            _PNG.contents,
            _seen(None, ["decode", "crop", "search"]),
            "refused, though good",
        ),
    ],
)
def test_a_reader_that_is_wrong_is_found(contents, seen, complaint):
    (told,) = judge.complaints(contents, _PNG, seen)
    assert told.startswith(complaint)


def test_a_reader_that_is_right_is_not_found():
    assert judge.complaints(_PNG.contents, _PNG, _seen(_PIXELS)) == []
    ways = ["decode", "crop", "search"]
    assert judge.complaints(b"nothing", _PNG, _seen(None, ways)) == []


_RAISES = "raise KeyError('planted')"
_HANGS = "import time; time.sleep(60)"
_SPINS = "while True: pass"
_GROWS = "import numpy as np; a = np.ones(2**28); import time; time.sleep(60)"
_KILLED = "import os; os.kill(os.getpid(), 11)"
_SILENT = "import sys; sys.exit(2)"
_NAN = "open('x.json', 'w').write('{\"loss\": NaN}')"
_HALF = "open('x.html', 'w').write('<html><p>')"
_MARKUP = "open('x.html', 'w').write('<b id=fuzz></html>')"
_LEFT = "open('.x.tmp', 'w').write('half')"
_LOST = "open('out.json', 'w'); import sys; sys.exit('gone')"
_RIGHT = "open('x.json', 'w').write('{}')"
_ADVICE = "import sys; print('error: Give one.', file=sys.stderr); sys.exit(2)"


@pytest.mark.parametrize(
    "program, complaints",
    [
        (_RAISES, ["exit code 1", "traceback: KeyError: 'planted'"]),
        (_HANGS, ["hang: "]),
        (_SPINS, ["hang: "]),
        (_GROWS, ["memory: "]),
        (_KILLED, ["exit code -11"]),
        (_SILENT, ["no line of advice: nothing"]),
        (_NAN, ["unreadable: 'x.json', ValueError: NaN in JSON"]),
        (_HALF, ["unreadable: 'x.html', ValueError: the end is missing"]),
        (_MARKUP, ["unreadable: 'x.html', ValueError: a name is taken"]),
        (_LEFT, ["left behind: '.x.tmp'"]),
        (_LOST, ["exit code 1", "unreadable: 'out.json'", "destroyed: 'out."]),
        ("print('\\x1b[31m')", ["control characters in stdout"]),
        (_RIGHT, []),
        (_ADVICE, []),
    ],
)
def test_planted_faults_are_found(programs, tmp_path, program, complaints):
    (tmp_path / "planted.py").write_text(program)
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "out.json").write_text("{}")
    before = outputs.snapshot(folder)
    seconds = 1 if program in (_HANGS, _SPINS) else 20
    programs._megabytes = 1500 if program == _GROWS else 4000
    planted = str(tmp_path / "planted.py")
    ended = programs.run(planted, [], folder, seconds)
    found = programs.complaints(ended) + outputs.complaints(
        *(before, outputs.snapshot(folder), ended["code"] != 0, False)
    )
    assert len(found) == len(complaints), found
    for told, complaint in zip(found, complaints):
        assert told.startswith(complaint)


@pytest.mark.parametrize(
    "kind, num", [("csv", 5), ("archives", 3), ("vectors", 12)]
)
def test_programs_end_with_a_result_or_with_advice(programs, kind, num):
    found = [
        complaint
        for case in _first(kind, num)
        if _command(case, programs).program == "datasets"
        for complaint in programs.try_case(case)
    ]
    assert found == []


def _command(case, programs):
    folder = programs.build_folder()
    return commands.build(case, programs.prepared, folder, {})


def test_odd_plans_end_with_advice(programs, tmp_path):
    found, codes = [], []
    for case in _first("programs", 12):
        path = tmp_path / plans.NAME
        plans.write_plan(tmp_path, "images", ["--margin=0.2"])
        plans.make_odd(case.generator(), path)
        # Whatever is left of the plan has no such variant.
        flags = [f"--plan={path}", "--work_dir=w", "--variants=gone"]
        ended = programs.run("experiment", flags, tmp_path)
        found += programs.complaints(ended)
        codes.append(ended["code"])
    assert found == []
    assert codes == [2] * 12


def test_an_experiment_may_name_runs_that_failed(programs, tmp_path):
    program = "import sys; print('failed: two-0: ...', file=sys.stderr)"
    (tmp_path / "planted.py").write_text(f"{program}; sys.exit(1)")
    ended = programs.run(str(tmp_path / "planted.py"), [], tmp_path)
    assert programs.complaints(ended) == []


def test_findings_are_kept_with_their_input(tmp_path):
    findings = Findings(tmp_path)
    picture = tmp_path / "picture.bin"
    picture.write_bytes(b"picture")
    good, bad = cases.Case(7, 1), cases.Case(7, 2)
    assert findings.add(good, [], [picture]) == []
    lines = findings.add(bad, ["png: slow", "png: memory"], [picture])
    assert lines[0] == "--seed=7 --case=2 (images): png: slow"
    kept = tmp_path / "7-2"
    assert (kept / "picture.bin").read_bytes() == b"picture"
    assert (kept / "findings.txt").read_text().splitlines() == lines
    summary = json.loads(findings.write_summary().read_text())
    assert summary["cases"] == {"images": 2}
    assert [each["what"] for each in summary["findings"]] == [
        "png: slow",
        "png: memory",
    ]

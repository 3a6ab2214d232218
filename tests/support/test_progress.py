"""Long work is silent, unless a program shows it: as lines, off a terminal."""

from __future__ import annotations

import time

import pytest

from dnc_keras.support import progress


@pytest.fixture
def lines():
    """What is told where lines are shown."""
    told = []
    with progress.shown(told.append):
        yield told


def _set_seconds(monkeypatch, unseen=0, to_begin=60, between=60):
    monkeypatch.setattr(progress, "_SECONDS_UNSEEN", unseen)
    monkeypatch.setattr(progress, "_SECONDS_TO_BEGIN", to_begin)
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN", between)


def test_a_step_has_a_line_with_its_duration(lines, monkeypatch):
    _set_seconds(monkeypatch)
    with progress.step("clustering"):
        assert lines == []
    assert lines == ["clustering: 0.0 s"]


def test_a_short_step_has_none(lines):
    with progress.step("clustering"):
        pass
    assert lines == []


def test_a_long_step_is_announced(lines, monkeypatch):
    _set_seconds(monkeypatch, to_begin=0.01)
    with progress.step("clustering"):
        deadline = time.monotonic() + 60
        while not lines and time.monotonic() < deadline:
            time.sleep(0.01)
        assert lines == ["clustering ..."]


def test_steps_within_a_step_have_no_lines(lines, monkeypatch):
    _set_seconds(monkeypatch)
    with progress.step("evaluating"), progress.step("embedding"):
        pass
    with progress.step("exporting"):
        pass
    assert lines == ["evaluating: 0.0 s", "exporting: 0.0 s"]


def test_a_step_that_fails_is_over_without_a_line(lines, monkeypatch):
    _set_seconds(monkeypatch)
    with pytest.raises(OSError):
        with progress.step("exporting"):
            raise OSError
    with progress.step("again"):
        pass
    assert lines == ["again: 0.0 s"]


def test_items_are_tracked_by_lines_that_say_how_far_it_is(lines, monkeypatch):
    _set_seconds(monkeypatch, unseen=60, between=0)
    items = progress.track(["a", "b", "c", "d"], "reading")
    assert [next(items) for _ in range(3)] == ["a", "b", "c"]
    assert lines == ["reading: 25%, 0.0 s left", "reading: 50%, 0.0 s left"]


def test_items_that_nobody_counted_are_counted(lines, monkeypatch):
    _set_seconds(monkeypatch, unseen=60, between=0)
    assert list(progress.track(iter("ab"), "reading")) == ["a", "b"]
    assert lines == ["reading: 1 done", "reading: 2 done"]


def test_workers_hide_what_the_chief_shows(lines, monkeypatch):
    _set_seconds(monkeypatch)
    with progress.hidden(), progress.step("clustering"):
        pass
    assert lines == []


def test_the_library_is_silent(capsys, monkeypatch):
    _set_seconds(monkeypatch, between=0)
    with progress.step("clustering"):
        assert list(progress.track("ab", "reading")) == ["a", "b"]
    progress.tell("a line")
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_on_a_terminal_bars_take_the_place_of_lines(monkeypatch):
    _set_seconds(monkeypatch)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    told = []
    with progress.shown(told.append), progress.step("clustering"):
        pass
    assert told == []

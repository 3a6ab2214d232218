"""What all programs share: flags, help, and errors of one line."""

from __future__ import annotations

# isort: off
from dnc_keras.console.start import tf  # First: it must not be imported yet.
# isort: on

import contextlib
import dataclasses
import functools
import os
import sys

from absl import app
from absl import flags

from dnc_keras._outputs import check_different_files
from dnc_keras._outputs import check_output_file
from dnc_keras._outputs import check_output_folder
from dnc_keras._outputs import prepare_terminal
from dnc_keras._outputs import say
from dnc_keras.config.recipes import recipes as recipes
from dnc_keras.config.recipes import settings_of
from dnc_keras.config.recipes import with_path
from dnc_keras.images.requirement import one_line
from dnc_keras.metrics.query_matches import told_left_out
from dnc_keras.support import progress
from dnc_keras.support.interruption import Interrupted
from dnc_keras.support.paths import expanded
from dnc_keras.support.text_tables import text_table

_DEFINE = {
    bool: flags.DEFINE_boolean,
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    str: flags.DEFINE_string,
}


class _PathParser(flags.ArgumentParser):
    """Reads a flag that is a path, in which `~` is the home folder."""

    def parse(self, argument):
        return expanded(argument)


# By whether what a program prints is its answer.
_QUIET = {
    True: "print the answer, warnings and errors, and no progress",
    False: "print warnings and errors alone; results are in the files",
}
_EXIT_BAD_INPUT = 2
_EXIT_SIGNAL = 128  # Plus its number, as shells have it.


def define_flag(name, default, text, rule=None, is_path=False):
    """Defines one flag of the program, of the type of its default.

    Args:
        name: of the flag.
        default: its default.
        text: its help.
        rule: function of name and value that raises ValueError for values that
            make no sense, before the program begins. A number must have one.
        is_path: whether it is a path, so that `~` in it is the home folder.
    """
    kind, module = type(default), sys.argv[0]
    if kind in (int, float) and rule is None:
        raise TypeError(f"A number needs a rule. Received: none for {name}.")
    if is_path:
        flags.DEFINE(
            *(_PathParser(), name, default, text),
            serializer=flags.ArgumentSerializer(),
            module_name=module,
        )
    else:
        _DEFINE[kind](name, default, text, module_name=module)
    flags.FLAGS[name].rule = rule
    flags.FLAGS[name].is_path = is_path


def define_path(name, text):
    """Defines a flag for a path; "", the default, is none."""
    define_flag(name, "", text, is_path=True)


def define_flags(config_class, names=None):
    """Defines a flag for each field of a settings dataclass, or for some."""
    for field in _fields(config_class, names):
        text, choices = field.metadata["help"], field.metadata["choices"]
        if choices:
            text = f"{text}: {' | '.join(choices)}"
        rule, is_path = field.metadata["rule"], field.metadata["is_path"]
        define_flag(field.name, field.default, text, rule, is_path)


def define_trust():
    """Defines the flag that lets a run name code of the user's own."""
    text = "import the functions that the run's settings name: they are yours"
    define_flag("trust_own_code", False, text)


def read_flags(config_class, names=None):
    """The settings that the flags hold."""
    fields = _fields(config_class, names)
    return config_class(**{f.name: flags.FLAGS[f.name].value for f in fields})


def run(main, takes_arguments=False, prints_answer=False):
    """Runs a program; bad input ends it with one line and exit code 2.

    Args:
        main: function without arguments. `ValueError`, `OSError` and
            `FloatingPointError` that it raises are taken for bad input, as
            are TensorFlow's errors and too little memory.
        takes_arguments: whether the program takes more than flags; `main` is
            given the list of them then. By default they are refused.
        prints_answer: whether what it prints is the answer, and not what is in
            files, too; --quiet prints it then.
    """

    def guarded_main(argv):
        try:
            with _shown(prints_answer):
                main(argv[1:]) if takes_arguments else main()
        except tf.errors.OpError as error:
            fail(one_line(error))
        except MemoryError as error:
            fail(f"Memory must suffice. Received: too little. {error}")
        except (ValueError, OSError, FloatingPointError) as error:
            fail(str(error))
        except Interrupted as stop:
            # Not on the line of a progress bar.
            print(file=sys.stderr)
            say(str(stop), file=sys.stderr)
            sys.exit(_EXIT_SIGNAL + stop.signal_number)

    prepare_terminal()
    define_flag("quiet", False, _QUIET[prints_answer])
    app.run(
        guarded_main,
        flags_parser=functools.partial(_parse, takes_arguments=takes_arguments),
    )


@contextlib.contextmanager
def _shown(prints_answer):
    """A context of what the user wants to see."""
    if not flags.FLAGS.quiet:
        with progress.shown(lambda line: say(line, file=sys.stderr)):
            yield
    elif prints_answer:
        yield
    else:
        with open(os.devnull, "w") as nowhere:
            with contextlib.redirect_stdout(nowhere):
                yield


def fail(message):
    """Ends the program with one line of advice."""
    say(f"error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(_EXIT_BAD_INPUT)


def print_metrics(**columns):
    """Prints dicts of metrics side by side, with one row for each metric.

    A metric that the first one has and another has not is left empty there.
    """
    print_columns(columns, "{:.4f}", missing="", key_width=24, cell_width=8)


def print_left_out(result):
    """Prints how many queries no image can match, if any, and why.

    Args:
        result: a dict that `QueryMatches.describe` made, maybe of an earlier
            version, which did not tell.
    """
    told = told_left_out(result)
    if told:
        say(f"Left out    {told}")


def print_columns(columns, form, missing, **widths):
    """Prints a dict of columns, each a dict with the same rows as the first.

    Args:
        columns: a dict of dicts of numbers.
        form: of a number, such as "{:.4f}".
        missing: text for None, and where a column lacks the row.
        **widths: of `text_table`.
    """
    first, *_ = columns.values()

    def cell(value):
        return missing if value is None else form.format(value)

    rows = [
        [row, *(cell(column.get(row)) for column in columns.values())]
        for row in first
    ]
    for line in text_table(["", *columns], rows, **widths):
        say(line)


def check_output_files(*names):
    """Raises ValueError if a flag names a file that cannot be written.

    Programs call it before all work. An empty flag writes no file. No file may
    be the one that another flag names, to be written or to be read.

    Args:
        *names: of the flags.
    """
    files = _given(names)
    for name, path in files.items():
        check_output_file(name, path)
    paths = [n for n in flags.FLAGS if getattr(flags.FLAGS[n], "is_path", 0)]
    check_different_files(files, _given(paths))


def check_output_folders(*names):
    """Raises ValueError if a flag names a folder that cannot be written.

    As `check_output_files`, for folders that are made where there are none.
    """
    for name, path in _given(names).items():
        check_output_folder(name, path)


def refuse_flags(names, reason):
    """Raises ValueError if one of some flags is given.

    Args:
        names: of the flags.
        reason: why they would be ignored, and what to do.
    """
    given = [f"--{name}" for name in names if flags.FLAGS[name].present]
    if given:
        raise ValueError(reason.format(", ".join(given)))


def _given(names):
    """The values of the flags that are not empty, by name."""
    values = {name: flags.FLAGS[name].value for name in names}
    return {name: value for name, value in values.items() if value}


def use_recipe_of(dataset):
    """Makes the recipe of a data set the defaults of the flags."""
    given = [name for name in flags.FLAGS if flags.FLAGS[name].present]
    for name, value in settings_of(dataset, given).items():
        flags.FLAGS.set_default(name, value)


def _parse(argv, takes_arguments=False):
    if {"--help", "-h", "-help", "--helpshort", "--helpfull"} & set(argv[1:]):
        print(sys.modules["__main__"].__doc__)
        print(flags.FLAGS.main_module_help())
        sys.exit(0)
    try:
        arguments = [with_path(argument) for argument in argv[1:]]
        # Flags may stand behind arguments, as in all GNU programs.
        flags.FLAGS.set_gnu_getopt(True)
        others = flags.FLAGS([argv[0], *arguments])[1:]
        _check_rules()
    except flags.Error as error:
        fail(f"{error}. See --help.")
    except ValueError as error:
        fail(str(error))
    if others and not takes_arguments:
        fail(
            f"Arguments must be flags, --name=value. Received: {others[0]!r}. "
            "See --help."
        )
    return [argv[0], *others]


def _check_rules():
    for name in flags.FLAGS:
        rule = getattr(flags.FLAGS[name], "rule", None)
        if rule:
            rule(name, flags.FLAGS[name].value)


def _fields(config_class, names):
    fields = dataclasses.fields(config_class)
    return [field for field in fields if names is None or field.name in names]

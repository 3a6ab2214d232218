"""What the project's docstrings have and mkdocstrings does not know.

A docstring's `Example:` is doctest lines without a margin, and layers and
losses tell by `Call arguments:`, as Keras' do, what their calls take. Named in
`mkdocs.yml`; griffe reads the source, so nothing here imports the package.
"""

import re

import griffe

_DOCTEST = re.compile(r"^>>> .*(?:\n(?!\n).*)*", re.M)


def fence_doctests(text):
    """Makes code of doctest lines; indented ones stay, as code already."""
    return _DOCTEST.sub(lambda lines: f"```pycon\n{lines[0]}\n```", text)


def name_call_arguments(text):
    """Makes a titled section, of a kind that griffe knows, of them."""
    return re.sub(
        "^Call arguments:$", "Other Arguments: Call arguments", text, flags=re.M
    )


class DocstringSections(griffe.Extension):
    """Rewrites every docstring before griffe cuts it into sections."""

    def on_object(self, *, obj, **kwargs):
        if obj.docstring:
            text = fence_doctests(obj.docstring.value)
            obj.docstring.value = name_call_arguments(text)

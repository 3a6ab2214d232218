"""Pages from the templates of a package."""

from __future__ import annotations

import jinja2

from dnc_keras.support.json_text import json_text


def render(package: str, name: str, **values) -> str:
    """Renders a template, in which every value is text and no HTML.

    Args:
        package: name of the package whose folder `templates` has it.
        name: file name of the template.
        **values: what it shows. A name that it uses and that is not given is
            an error.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.policies["json.dumps_function"] = json_text
    environment.policies["json.dumps_kwargs"] = {}
    return environment.get_template(name).render(values)

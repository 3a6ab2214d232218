"""Tables for pages."""


def table(header, rows) -> str:
    """A Markdown table; cells may be anything that `str` knows."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)

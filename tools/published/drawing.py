"""One picture of several experiments: what each variant changes."""

from __future__ import annotations

from matplotlib.figure import Figure

# Okabe and Ito: told apart by those who see few colors, too.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
_METRIC = "recall_at_1"
_FEWEST_SEEDS = 3
_WIDEST = 5  # Points; a longer interval is cut at the frame.


def changes_of(lanes: dict) -> dict:
    """Differences of R@1 to the control, each run at its best epoch.

    Args:
        lanes: by lane a dict of losses, of each a dict of data sets, of each a
            list of `comparison.Group`, the control first.

    Returns:
        By "SET, LANE" a dict of (variant, loss) and `Difference`, of three
        seeds or more.
    """
    panels = {}
    experiments = (
        (f"{name}, {lane}", loss, groups)
        for lane, losses in lanes.items()
        for loss, sets in losses.items()
        for name, groups in sets.items()
    )
    for title, loss, (control, *others) in experiments:
        for group in others:
            seeds, changes = group.difference(control)
            if len(seeds) >= _FEWEST_SEEDS:
                panel = panels.setdefault(title, {})
                panel[group.name, loss] = changes[_METRIC]
    return panels


def draw(path, panels: dict):
    """Writes a PNG of what `changes_of` gives, a panel for each key."""
    keys = [key for changes in panels.values() for key in changes]
    variants, losses = (list(dict.fromkeys(names)) for names in zip(*keys))
    size = (2.6 * len(panels) + 1, 0.6 * len(variants) + 1.4)
    figure = Figure(figsize=size)
    figure.set_layout_engine("constrained")
    num = len(panels)
    axes = figure.subplots(1, num, sharex=True, sharey=True, squeeze=False)[0]
    for axis, (title, changes) in zip(axes, panels.items()):
        axis.set_title(title, fontsize=10)
        axis.set_xlim(-_WIDEST, _WIDEST)
        axis.axvline(0, color="#888888", linewidth=1)
        axis.grid(axis="x", color="#eeeeee")
        for (variant, loss), (mean, low, high) in changes.items():
            number = losses.index(loss)
            row = variants.index(variant) + 0.16 * number
            color = _COLORS[number]
            axis.plot([100 * low, 100 * high], [row, row], color=color)
            axis.plot(100 * mean, row, "o", color=color)
    axes[0].set_yticks(range(len(variants)), variants)
    axes[0].invert_yaxis()
    figure.supxlabel("R@1 less that of the control, points", fontsize=10)
    for loss, color in zip(losses, _COLORS):
        axes[0].plot([], [], "o-", color=color, label=loss)
    figure.legend(loc="outside upper left", ncols=len(losses), frameon=False)
    figure.savefig(path, dpi=100)

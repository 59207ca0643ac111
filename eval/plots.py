"""Plots of a run as PNG files, drawn by matplotlib without a screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Draw = Callable[["Axes"], None]


class NoPlots(ImportError):
    """matplotlib is missing; the message says how to get it."""


def draw(plot: Draw, path: Path) -> None:
    """Has a plot drawn on axes of its own and writes it as PNG.

    Raises NoPlots where matplotlib isn't installed.
    """
    try:
        # Not through pyplot, which keeps every figure and looks for a screen.
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise NoPlots(
            "Plots need matplotlib: install it with pip install 'paper-assistant[eval]'."
        ) from error
    figure = Figure(figsize=(8, 4.5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    plot(figure.add_subplot())
    figure.savefig(path)


def bars(
    title: str, groups: Sequence[str], series: Mapping[str, Sequence[float]], unit: str = ""
) -> Draw:
    """Bars side by side: for each group one bar of every series, its value above it.

    Args:
        series: by name; each has one value a group.
    """

    def plot(axes: Axes) -> None:
        width = 0.8 / max(len(series), 1)
        for number, (name, values) in enumerate(series.items()):
            places = [at + (number - (len(series) - 1) / 2) * width for at in range(len(groups))]
            drawn = axes.bar(places, list(values), width * 0.94, label=name)
            axes.bar_label(drawn, fmt="%.2f", fontsize=7)
        axes.set_xticks(range(len(groups)), list(groups))
        axes.set_title(title)
        axes.set_ylabel(unit)
        axes.margins(y=0.12)
        axes.spines[["top", "right"]].set_visible(False)
        below = (0.5, -0.08)
        axes.legend(frameon=False, ncols=len(series), loc="upper center", bbox_to_anchor=below)

    return plot

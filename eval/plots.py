"""Plots of a run as PNG files, drawn by matplotlib without a screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Draw = Callable[["Axes"], None]
Points = Sequence[tuple[float, float]]
_ROOMY = 6  # groups whose names have room at the usual size


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
        size = 10 if len(groups) <= _ROOMY else 8
        axes.set_xticks(range(len(groups)), list(groups), fontsize=size)
        axes.set_title(title)
        axes.set_ylabel(unit)
        axes.margins(y=0.12)
        _finish(axes, len(series), below=-0.08)

    return plot


def lines(
    title: str,
    series: Mapping[str, Points],
    marks: Mapping[str, Points],
    *,
    across: str,
    up: str,
) -> Draw:
    """Curves over shares, both axes from 0 to 1, with single points marked on them.

    Args:
        series: by name; the points of each curve, from left to right.
        marks: by name, as what lies on the curves is called.
        across: what the horizontal axis shows.
        up: what the vertical one shows.
    """

    def plot(axes: Axes) -> None:
        for name, points in series.items():
            axes.plot(*zip(*points, strict=True), label=name)
        for name, points in marks.items():
            axes.plot(*zip(*points, strict=True), "o", label=name, color="black", zorder=3)
        axes.set(title=title, xlabel=across, ylabel=up, xlim=(0, 1), ylim=(0, 1.02))
        _finish(axes, len(series) + len(marks), below=-0.16)

    return plot


def _finish(axes: Axes, entries: int, below: float) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    place = (0.5, below)
    axes.legend(frameon=False, ncols=entries, loc="upper center", bbox_to_anchor=place)

# SPDX-License-Identifier: MIT
"""Plots that the command wrote as SVG, as PNG or PDF: python3 -m aimc.plot plot.svg plot.png

Only what the command draws is understood; any other file is refused."""
import argparse
import pathlib
import re
import sys
from typing import Any, Dict, List, Optional
from xml.etree import ElementTree

from matplotlib import pyplot  # type: ignore[import-not-found,unused-ignore]
from matplotlib.patches import Circle, Rectangle  # type: ignore[import-not-found,unused-ignore]

PIXELS_PER_INCH = 100.0
POINTS_PER_PIXEL = 72 / PIXELS_PER_INCH
ANCHORS = {"start": "left", "middle": "center", "end": "right"}
TURNED = re.compile(r"translate\(([-\d.]+) ([-\d.]+)\) rotate\(-90\)$")


def _length(text: str, whole: float) -> float:
    return whole * float(text[:-1]) / 100 if text.endswith("%") else float(text)


class _Drawing:
    """Axes whose units are the pixels of the picture."""

    def __init__(self, root: ElementTree.Element):
        self.width, self.height = float(root.attrib["width"]), float(root.attrib["height"])
        self.font = float(root.attrib["font-size"])
        self.figure = pyplot.figure(figsize=(self.width / PIXELS_PER_INCH, self.height / PIXELS_PER_INCH))
        self.axes: Any = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, self.width), ylim=(self.height, 0))
        self.axes.axis("off")
        self.drawn = 0

    def _place(self) -> Dict[str, Any]:
        """Each over those before, as in an SVG."""
        self.drawn += 1
        return {"zorder": self.drawn, "lw": POINTS_PER_PIXEL}

    def rect(self, _node: ElementTree.Element, a: Dict[str, str]) -> None:
        self.axes.add_patch(Rectangle((float(a.get("x", 0)), float(a.get("y", 0))), _length(a["width"], self.width),
                                      _length(a["height"], self.height), fc=a["fill"], ec=a.get("stroke", "none"), **self._place()))

    def circle(self, _node: ElementTree.Element, a: Dict[str, str]) -> None:
        self.axes.add_patch(Circle((float(a["cx"]), float(a["cy"])), float(a["r"]), fc=a["fill"], ec="none", **self._place()))

    def line(self, _node: ElementTree.Element, a: Dict[str, str]) -> None:
        self.axes.plot([float(a["x1"]), float(a["x2"])], [float(a["y1"]), float(a["y2"])], color=a["stroke"], **self._place())

    def polyline(self, _node: ElementTree.Element, a: Dict[str, str]) -> None:
        points = [[float(value) for value in pair.split(",")] for pair in a["points"].split()]
        self.axes.plot(*zip(*points), color=a["stroke"], **{**self._place(), "lw": float(a["stroke-width"]) * POINTS_PER_PIXEL})

    def text(self, node: ElementTree.Element, a: Dict[str, str], turned: Optional["re.Match[str]"] = None) -> None:
        x, y = (float(turned[1]), float(turned[2])) if turned else (float(a["x"]), float(a["y"]))
        self.axes.text(x, y, (node.text or "").replace("$", r"\$"), ha=ANCHORS[a.get("text-anchor", "start")], va="baseline",
                       rotation=90 if turned else 0, rotation_mode="anchor", color=a.get("fill", "black"),
                       size=float(a.get("font-size", self.font)) * POINTS_PER_PIXEL)

    def g(self, node: ElementTree.Element, a: Dict[str, str]) -> None:
        turned = TURNED.match(a.get("transform", ""))
        for inner in node:
            if not turned or not inner.tag.endswith("}text"):
                raise ValueError("a group that is no turned text")
            self.text(inner, dict(inner.attrib), turned)


def redraw(source: pathlib.Path, goal: pathlib.Path) -> None:
    """Draw source, an SVG of the command, as what the ending of goal says: .png (twice the pixels), .pdf, whatever
    matplotlib writes. ValueError: another program's SVG, or an ending that matplotlib does not know."""
    try:
        root = ElementTree.parse(source).getroot()
        if root.tag != "{http://www.w3.org/2000/svg}svg":
            raise ValueError("no SVG")
        drawing = _Drawing(root)
        for node in root:
            name = node.tag.rpartition("}")[2]
            if name not in ("rect", "circle", "line", "polyline", "text", "g"):
                raise ValueError(f"an element {name!r}")
            getattr(drawing, name)(node, dict(node.attrib))
    except (ElementTree.ParseError, KeyError, ValueError) as fault:
        raise ValueError(f"{source} is no plot that the command aimc wrote: {fault}") from fault
    drawing.figure.savefig(goal, dpi=2 * PIXELS_PER_INCH)
    pyplot.close(drawing.figure)


def main(words: Optional[List[str]] = None) -> int:
    """The command line: two names; 0, or 1 after a sentence."""
    parser = argparse.ArgumentParser(prog="python3 -m aimc.plot", description="Draws a plot that the command aimc wrote as SVG in another format.")
    parser.add_argument("source", type=pathlib.Path, metavar="PLOT.svg", help="what --plot PLOT.svg wrote")
    parser.add_argument("goal", type=pathlib.Path, metavar="PLOT.png", help="what to write: .png, .pdf or what else matplotlib writes")
    args = parser.parse_args(words)
    pyplot.switch_backend("Agg")
    try:
        redraw(args.source, args.goal)
    except (OSError, ValueError) as fault:
        print(f"aimc.plot: {fault}", file=sys.stderr)
        return 1
    return 0

# SPDX-License-Identifier: MIT
"""Tables for notebooks: what _repr_html_() of the objects returns."""
import html
from typing import Iterable, List, Sequence


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a title; every cell is text."""
    def line(cells: Sequence[object], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag} style='text-align:left'>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"
    body: List[str] = [line(row, "td") for row in rows]
    return f"<table><caption style='text-align:left'>{html.escape(title)}</caption>{line(header, 'th') if header else ''}{''.join(body)}</table>"


def number(value: float) -> str:
    return f"{value:.6g}"

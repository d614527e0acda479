# SPDX-License-Identifier: MIT
"""The 77 claims of five papers: what each row of ./dev reproduce is made of. The rows themselves are in claims_000.py ... claims_004.py."""
import csv
from typing import Callable, NamedTuple, Optional

from common import TABLES, numbers

SHOWN, BOUNDED, REFUTED, IMPOSSIBLE, NOT_RUN = "shown", "bounded", "refuted", "not possible", "not run"
PAPERS = {"000": "energy and performance trade-offs of analog in-memory computing", "001": "analog transfer learning by chopped TTv2", "002": "AnalogNAS-Bench",
          "003": "accelerators, a survey", "004": "ferroelectric synapses: energy and convergence"}
IDS = [f"{paper}-{n}" for paper, last in (("000", 22), ("001", 13), ("002", 11), ("003", 14), ("004", 17)) for n in range(1, last + 1)]


class Claim(NamedTuple):
    """A row. work() gives (figure, verdict); it takes seconds: what takes longer is a study, whose stored rows work() reads."""
    id: str
    text: str
    paper: str  # its figure
    basis: str  # stated, derived, expected, assumed constants, stand-in
    study: Optional[str]  # that makes the stored rows
    work: Callable

    @property
    def command(self):
        """What makes the figure anew."""
        return f"./dev study {self.study}; ./dev reproduce {self.id}" if self.study else f"./dev reproduce {self.id}"


CLAIMS = {}
_seen = []  # stamps of the stored rows that the row at work has read


class Missing(Exception):
    """A study has not been run so far that the figure could be told."""


def claim(number, text, paper, basis, study=None):
    """Make a function the work of a claim."""
    def take(work):
        assert number in IDS and number not in CLAIMS, number
        CLAIMS[number] = Claim(number, text, paper, basis, study, work)
        return work
    return take


def not_possible(number, text, paper, basis, reason):
    """A claim without work, and why."""
    claim(number, text, paper, basis)(lambda: (reason, IMPOSSIBLE))


def take_stamps():
    """Stamps of what was read since the last call."""
    found = sorted(set(_seen))
    _seen.clear()
    return found


def look(name, **wanted):
    """Rows of a table of docs/studies with these values."""
    path = TABLES / name
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if all(row[key] == str(value) for key, value in wanted.items())]


def stored(name, **wanted):
    """The same for a figure: their stamps become those of the figure; none at all is Missing."""
    rows = look(name, **wanted)
    if not rows:
        raise Missing(f"{name} has no rows of {', '.join(f'{key} {value}' for key, value in wanted.items()) or 'anything'} yet")
    _seen.extend((row["streams"], row["commit"]) for row in rows)
    return rows


def mean(rows, column, scale=1.0):
    """Of a column."""
    found = numbers(rows, column)
    return scale * sum(found) / len(found)


def error_of(rows, column, scale=1.0):
    """Standard error of the mean; nan of one row."""
    found = [scale * value for value in numbers(rows, column)]
    n, centre = len(found), sum(found) / len(found)
    return (sum((value - centre) ** 2 for value in found) / (n - 1) / n) ** 0.5 if n > 1 else float("nan")


def percent(rows, column="accuracy", digits=1):
    """'mean ± standard error %' and how many seeds."""
    text = f"{mean(rows, column, 100):.{digits}f}"
    return f"{text} ± {error_of(rows, column, 100):.{digits}f} % ({len(rows)} seeds)" if len(rows) > 1 else f"{text} % (one seed)"

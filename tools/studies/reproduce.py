#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every claim of five papers by one command: the paper's figure, ours, and what it amounts to.

Rows that take seconds are measured; those of longer studies are told from the rows that the study keeps in docs/studies, with the version of random streams and the
commit that made them, and are marked as old where the code is another one by now. All: docs/studies/claims.csv, and the page docs/claims.md made from it.

    ./dev reproduce                  # all rows, a few minutes
    ./dev reproduce 000-22 004-8     # some
    ./dev reproduce --page           # only make the page from what there is
"""
import argparse
import csv
import time
import warnings

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

import aimc
import claims
import claims_000, claims_001, claims_002, claims_003, claims_004  # noqa: F401, E401  pylint: disable=unused-import,multiple-imports
from claims import CLAIMS, IDS, NOT_RUN, PAPERS
from common import SOURCE, TABLES, code_of, git, stamp

FIELDS = ["id", "verdict", "figure", "seconds", "streams", "commit"]
CSV, PAGE, LOCK = TABLES / "claims.csv", SOURCE / "docs/claims.md", SOURCE / "build/claims.lock"
SCRIPTS = {"000": "claims_000", "001": "claims_001", "002": "claims_002", "003": "claims_003", "004": "claims_004"}


def measure(one):
    """The row of a claim."""
    claims.take_stamps()
    started = time.process_time()
    try:
        figure, verdict = one.work()
    except claims.Missing as error:
        figure, verdict = str(error), NOT_RUN
    except SystemExit as error:
        figure, verdict = f"not run here: {error}", NOT_RUN
    made = claims.take_stamps() or [tuple(str(value) for value in stamp().values())]
    return {"id": one.id, "verdict": verdict, "figure": figure, "seconds": f"{time.process_time() - started:.1f}",
            "streams": "/".join(sorted({s for s, _ in made})), "commit": "/".join(sorted({c for _, c in made}))}


def age(row):
    """Why a row is not what the code of today would say; "" when it is."""
    now, one = str(stamp()["streams"]), CLAIMS[row["id"]]
    if row["streams"] != now:
        return f"OLD: streams {row['streams']}, now {now}"
    paths = code_of(one.study) if one.study else code_of(SCRIPTS[row["id"][:3]])
    since = 0
    for commit in row["commit"].split("/"):
        known = git("rev-parse", "--verify", "--quiet", commit.rstrip("+") + "^{commit}")
        if not known:
            return f"OLD: of commit {commit}, which is not known here"
        since = max(since, int(git("rev-list", "--count", f"{known}..HEAD", "--", *paths) or 0))
    return f"OLD: {since} commits to its code since" if since else ""


def load():
    """Rows that there are, by claim."""
    if not CSV.exists():
        return {}
    with open(CSV, newline="", encoding="utf-8") as stream:
        return {row["id"]: row for row in csv.DictReader(stream) if row["id"] in CLAIMS}


def put(row):
    """Have a row in the table, whoever else puts one: whole files take each other's place under a lock."""
    LOCK.parent.mkdir(exist_ok=True)
    with open(LOCK, "w", encoding="utf-8") as lock:
        if fcntl:
            fcntl.flock(lock, fcntl.LOCK_EX)
        rows, beside = {**load(), row["id"]: row}, CSV.with_suffix(".new")
        with open(beside, "w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[number] for number in IDS if number in rows)
        beside.replace(CSV)


def show(one, row):
    """One claim on the terminal."""
    print(f"{one.id}  {row['verdict'].upper()}  {one.text}\n  paper: {one.paper} ({one.basis})\n  here:  {row['figure']}\n"
          f"  {row['seconds']} s, streams {row['streams']}, commit {row['commit']}{'  ' + age(row) if age(row) else ''}; {one.command}", flush=True)


def page(rows):
    """docs/claims.md."""
    counts = {}
    for row in rows.values():
        counts[row["verdict"]] = counts.get(row["verdict"], 0) + 1
    old = sum(bool(age(row)) for row in rows.values())
    lines = ["# The papers' claims, and what comes out here", "",
             "Made by `./dev reproduce` from its own output; do not edit. " + ", ".join(f"{counts[v]} {v}" for v in sorted(counts, key=counts.get, reverse=True)) +
             f"; of {len(IDS)}. Old: {old}.", "",
             "* *shown*: the paper's direction and figure come out; *bounded*: part of it, or with figures that are assumed or of a smaller network; *refuted*: it comes out the "
             "other way; *not possible*: with the reason; *not run*: the study that it needs has not got there.",
             "* Basis: *stated* by the paper, *derived* by arithmetic from what it states, *expected* by us beforehand; *assumed constants*: joules of a technology whose constants are "
             "orders of magnitude ([models/energy.md](models/energy.md)); *stand-in*: another network, data set or device than the paper's.",
             "* OLD rows were measured by another version of the random streams or of the code; seconds are of processor time, without the study that the row reads.", ""]
    for paper, title in PAPERS.items():
        lines += [f"## Paper {paper}: {title}", "", "| | claim | paper | basis | here | verdict | s | made by |", "|---" * 8 + "|"]
        for number in (n for n in IDS if n.startswith(paper)):
            one, row = CLAIMS[number], rows.get(number)
            cells = [number, one.text, one.paper, one.basis] + ([row["figure"], row["verdict"] + (f" ({age(row)})" if age(row) else ""), row["seconds"]]
                                                                if row else ["", NOT_RUN, ""])
            made = f"`{one.command}`" + (f" at {row['commit']}" if row else "")
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in [*cells, made]) + " |")
        lines.append("")
    PAGE.write_text("\n".join(lines).rstrip("\n") + "\n", encoding="utf-8")


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", metavar="ID", help="000-1 ... 004-17; all when not given")
    parser.add_argument("--page", action="store_true", help="measure nothing")
    parser.add_argument("--tell", action="store_true", help="write nothing: rows and page stay as they are")
    args = parser.parse_args()
    unknown = [number for number in args.ids if number not in CLAIMS]
    if unknown:
        raise SystemExit(f"reproduce: no such claims: {', '.join(unknown)}; there are {IDS[0]} ... {IDS[-1]}")
    warnings.simplefilter("ignore", aimc.AimcWarning)
    if not args.page:
        for number in args.ids or IDS:
            row = measure(CLAIMS[number])
            show(CLAIMS[number], row)
            if not args.tell:
                put(row)
    if args.tell:
        return
    page(load())
    print(f"{CSV}, {PAGE}: {len(load())} of {len(IDS)} claims")


if __name__ == "__main__":
    main()

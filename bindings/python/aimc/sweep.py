# SPDX-License-Identifier: MIT
"""Sweeps: fields x values x seeds, each job one row of a CSV file that survives a stop.

    from aimc import sweep

    def work(job):                                   # a dict: {"rate": 0.1, "states": 20, "seed": 1}
        ...
        return {"accuracy": 0.97}

    rows = sweep.Results("sweep.csv", ["rate", "states", "seed", "accuracy"], ["rate", "states", "seed"])
    rows.run(sweep.grid({"rate": [0.03, 0.1], "states": [20, 200]}, seeds=3), work, workers=2)
    best = rows.choose(["rate", "states"], "accuracy")   # by the mean over seeds of what a validation split gave

Run again after a kill, only the jobs without a row are run. Rows are written by the caller's process alone, one at a time and
whole; half a line that a kill left is taken out when the file is opened. See docs/sweeps.md.
"""
import csv
import importlib
import io
import itertools
import math
import multiprocessing
import os
import pathlib
import sys
import threading
import time
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import NDArray

from ._errors import FormatError, InvalidError, IoError, StateError

__all__ = ["Results", "grid", "split"]

Row = Dict[str, str]
Job = Mapping[str, Any]
Work = Callable[[Job], Mapping[str, Any]]


def grid(fields: Mapping[str, Sequence[Any]], seeds: Union[int, Sequence[int]] = 1) -> List[Dict[str, Any]]:
    """All combinations of the values of fields, with each seed: jobs, seed after seed.

    seeds: how many, from 1 on (default 1), or the seeds themselves. All jobs of one seed come before those of the next, so that a
    sweep which is stopped has whole grids. A field without values is an InvalidError, and so is a field "seed"."""
    if "seed" in fields:
        raise InvalidError('seed: is no field of a grid; give seeds=[...]')
    for name, values in fields.items():
        if isinstance(values, str) or len(values) == 0:
            raise InvalidError(f"{name}: {values!r} is no list of values; give at least one")
    numbers = range(1, seeds + 1) if isinstance(seeds, int) else seeds
    if len(numbers) == 0:
        raise InvalidError(f"seeds: {seeds!r}; at least one is needed")
    return [{**dict(zip(fields, values)), "seed": seed} for seed in numbers for values in itertools.product(*fields.values())]


def split(n: int, share: float = 0.1, seed: int = 0) -> Tuple["NDArray[np.int64]", "NDArray[np.int64]"]:
    """Indices of n training samples: those to train with, and those held out to choose settings by (round(n x share), at least one).

    Both are sorted and disjoint; a seed (default 0) gives the same split everywhere. n below 2, or a share that leaves either part
    empty, is an InvalidError. Test samples have no part in this: they are for what was chosen."""
    held = max(1, round(n * share)) if n > 0 else 0
    if n < 2 or not 0 < share < 1 or held >= n:
        raise InvalidError(f"split: {share!r} of {n} samples leaves one part empty; share is between 0 and 1")
    order = np.random.default_rng(seed).permutation(n)
    return np.sort(order[held:]), np.sort(order[:held])


class Results:
    """Rows of the CSV file at path; a row is known by its key columns, and what the file holds is not run again.

    fields: all columns, in their order; keys: those of them that name a job (default: all). stamp: columns that every new row gets
    and that name no job, such as the commit of the code (default: none); rows of a file that was written without them have "".
    A file with other columns is a FormatError that names them; nothing is changed. Values are compared as they are written: 1 and 1.0
    are two values. Threads may call add() at the same time. The file is held while run() or add() is at work; another process that wants
    to write to it then gets a StateError (where the system has flock)."""

    def __init__(self, path: Union[str, "os.PathLike[str]"], fields: Sequence[str], keys: Optional[Sequence[str]] = None, *,
                 stamp: Optional[Mapping[str, Any]] = None) -> None:
        self.path, self.stamp = pathlib.Path(path), dict(stamp or {})
        self.fields = [*fields, *(name for name in self.stamp if name not in fields)]
        self.keys = list(fields if keys is None else keys)
        unknown = [name for name in self.keys if name not in self.fields]
        if unknown or len(set(self.fields)) != len(self.fields):
            raise InvalidError(f"keys {unknown} are no fields" if unknown else f"fields {self.fields}: one stands there twice")
        self._lock = threading.Lock()
        self._stream: Optional[io.TextIOWrapper] = None
        self._known: Dict[Tuple[str, ...], int] = {}
        self._whole = self._running = False
        self.rows: List[Row] = self._read() if self.path.exists() else []

    # ---- the file -------------------------------------------------------------------------------

    def _read(self) -> List[Row]:
        """The rows; a last line without its end is what a kill left of it, and no row."""
        text = self.path.read_bytes().decode("utf-8")
        whole = text[:text.rfind("\n") + 1]
        table = list(csv.reader(io.StringIO(whole, newline="")))
        header = table[0] if table else self.fields
        missing = [name for name in self.fields if name not in header and name not in self.stamp]
        foreign = [name for name in header if name not in self.fields]
        if missing or foreign:
            raise FormatError(f"{self.path}: its columns lack {missing} and have {foreign} beyond {self.fields}; give another path, or these fields")
        rows = []
        for number, cells in enumerate(table[1:], 2):
            if len(cells) != len(header):
                raise FormatError(f"{self.path}, row {number}: {len(cells)} cells, where the header has {len(header)} columns")
            rows.append({**{name: "" for name in self.fields}, **dict(zip(header, cells))})
        self._known = self._places(rows)
        self._whole = bool(table) and len(whole) == len(text) and header == self.fields
        return rows

    def _places(self, rows: List[Row]) -> Dict[Tuple[str, ...], int]:
        """Which row is of which job."""
        seen: Dict[Tuple[str, ...], int] = {}
        for number, row in enumerate(rows, 2):
            if seen.setdefault(self.key(row), number) != number:
                raise FormatError(f"{self.path}: rows {seen[self.key(row)]} and {number} are of the same job {self.key(row)}; take out one")
        return seen

    def _open(self) -> None:
        """Have the file, to append to and ours alone, and the rows that came into it meanwhile."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        while self._stream is None:
            stream = open(self.path, "a", newline="", encoding="utf-8")
            try:
                _lock_file(stream, self.path)
                if os.fstat(stream.fileno()).st_ino != os.stat(self.path).st_ino:
                    continue  # another one was put in its place
                self.rows = self._read()
                if self._whole:
                    self._stream = stream
                else:
                    self._write_anew()
            finally:
                if self._stream is None:
                    stream.close()

    def _write_anew(self) -> None:
        """Without half a line, and with all columns: beside it, and then in its place."""
        beside = self.path.with_name(self.path.name + ".new")
        with open(beside, "w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, self.fields, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, self.path)

    def _close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def key(self, row: Job) -> Tuple[str, ...]:
        """What tells this row from others: its key columns as they are written. One that lacks such a column is an InvalidError."""
        missing = [name for name in self.keys if name not in row]
        if missing:
            raise InvalidError(f"a job without {missing}: its keys are {self.keys}")
        return tuple(str(row[name]) for name in self.keys)

    def add(self, row: Job) -> Row:
        """Append a row, and have it on the disk before this returns; gives the row as it was written.

        A row without one of the fields, or with others, is an InvalidError; one whose job has a row already is a StateError."""
        full = {**row, **self.stamp}
        odd = [name for name in self.fields if name not in full] + [name for name in full if name not in self.fields]
        if odd:
            raise InvalidError(f"{self.path}: a row with {sorted(full)}, which differs in {odd} from {self.fields}")
        written = {name: str(full[name]) for name in self.fields}
        with self._lock:
            self._open()
            try:
                self._append(written)
            finally:
                if not self._running:
                    self._close()
        return written

    def _append(self, row: Row) -> None:
        if self.key(row) in self._known:
            raise StateError(f"{self.path}: {self.key(row)} has a row already")
        line = io.StringIO()
        csv.DictWriter(line, self.fields, lineterminator="\n").writerow(row)
        assert self._stream is not None
        self._stream.write(line.getvalue())
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self.rows.append(row)
        self._known[self.key(row)] = len(self.rows) + 1

    # ---- what is there --------------------------------------------------------------------------

    def where(self, **wanted: Any) -> List[Row]:
        """Rows whose columns have the wanted values, by name: where(split="test", seed=1). KeyError: no such column."""
        return [row for row in self.rows if all(row[name] == str(value) for name, value in wanted.items())]

    def missing(self, jobs: Sequence[Job]) -> List[Job]:
        """Those of the jobs that have no row, each once and in order."""
        known, todo = set(self._known), []
        for job in jobs:
            if self.key(job) not in known:
                known.add(self.key(job))
                todo.append(job)
        return todo

    def choose(self, settings: Sequence[str], value: str, /, *, largest: bool = True, **where: Any) -> Dict[str, str]:
        """The settings whose rows have the best mean of a column value, over seeds and whatever else differs.

        settings: columns that are chosen. largest: whether the largest mean is the best, or the smallest. where: only rows with these
        values, a split "validation", say. Settings that have fewer rows than others, or a value that is no finite number, are left
        out of the choice; no rows at all is a StateError."""
        found: Dict[Tuple[str, ...], List[float]] = {}
        for row in self.where(**where):
            found.setdefault(tuple(row[name] for name in settings), []).append(float(row[value]))
        most = max((len(values) for values in found.values()), default=0)
        means = {key: sum(values) / most for key, values in found.items() if len(values) == most and all(map(math.isfinite, values))}
        if not means:
            raise StateError(f"{self.path}: no rows to choose {list(settings)} by {value} from")
        best = (max if largest else min)(means, key=lambda key: means[key])
        return dict(zip(settings, best))

    # ---- running --------------------------------------------------------------------------------

    def run(self, jobs: Sequence[Job], work: Work, workers: int = 1, on: Any = "threads",
            tell: Optional[Callable[[str], object]] = None) -> List[Row]:
        """work(job) gives the other columns of a row for each job that the file does not hold; returns the rows of all jobs.

        workers: jobs side by side (default 1). on: "threads" (the default; the library computes without Python's global lock, and
        work may be a closure), "processes" (by joblib where it is installed, else by concurrent.futures; work and what it gives are
        pickled, and objects of libaimc are made in the worker), or a dask.distributed.Client, whose cluster may be anywhere: then workers
        counts for nothing, and jobs of a worker that dies are done by others. tell: gets a line after each row, with the time that is left
        (default: to stderr).

        Where work raises, the other jobs still get their rows, and then the first such error is raised again with the number of jobs
        that failed. Where a process is lost, all rows so far are in the file: run it again. A key column that work gives is an InvalidError."""
        if workers < 1:
            raise InvalidError(f"workers: {workers}; at least one is needed")
        for job in jobs:
            self.key(job)
        say = tell or (lambda line: print(line, file=sys.stderr, flush=True))
        failed: List[Tuple[Job, BaseException]] = []
        with self._lock:
            self._open()
            self._running = True
        try:
            todo, started = self.missing(jobs), time.monotonic()
            n_done = len(jobs) - len(todo)
            for n, (job, row, error) in enumerate(_done(todo, work, workers, on), 1):
                if error is not None:
                    failed.append((job, error))
                    say(f"{self.path.name}: {self.key(job)} failed: {error}")
                    continue
                clash = [name for name in self.keys if name in row and name not in job]
                if clash:
                    raise InvalidError(f"work gives the key columns {clash}, which the job lacks")
                written = self.add({**row, **job})
                gone = time.monotonic() - started
                say(" ".join(written[name] for name in self.fields if name not in self.stamp) +
                    f"  [{n_done + n}/{len(jobs)}, {_clock(gone)} gone, about {_clock(gone / n * (len(todo) - n))} left]")
        finally:
            with self._lock:
                self._running = False
                self._close()
        if failed:
            job, error = failed[0]
            raise StateError(f"{self.path}: {len(failed)} of {len(todo)} jobs failed, {dict(job)} first: {error}") from error
        wanted = {self.key(job) for job in jobs}
        return [row for row in self.rows if self.key(row) in wanted]

    def __repr__(self) -> str:
        return f"<aimc.sweep.Results {str(self.path)!r}: {len(self.rows)} rows by {', '.join(self.keys)}>"


def _lock_file(stream: io.TextIOWrapper, path: pathlib.Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if isinstance(error, BlockingIOError):
            raise StateError(f"{path}: another process writes to it") from error
        raise IoError(f"{path}: {error}") from error


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}" if whole >= 3600 else f"{whole // 60}:{whole % 60:02d}"


# ---- where jobs run -----------------------------------------------------------------------------

Done = Tuple[Job, Mapping[str, Any], Optional[BaseException]]


def _attempt(work: Work, job: Job) -> Done:
    """What became of a job; an error is a result too, so that it costs no other job."""
    try:
        return job, work(job), None
    except Exception as error:  # pylint: disable=broad-except
        return job, {}, error


def _done(jobs: Sequence[Job], work: Work, workers: int, on: Any) -> Iterator[Done]:
    """Jobs as they are done, in any order."""
    if on == "threads":
        yield from _by_executor(futures.ThreadPoolExecutor(workers), jobs, work)
    elif on == "processes":
        yield from _by_processes(jobs, work, workers)
    elif hasattr(on, "submit") and hasattr(on, "scheduler_info"):
        yield from _by_dask(on, jobs, work)
    else:
        raise InvalidError(f'on: {on!r}; "threads", "processes" and a dask.distributed.Client are taken')


def _by_executor(pool: futures.Executor, jobs: Sequence[Job], work: Work) -> Iterator[Done]:
    with pool:
        waiting = [pool.submit(_attempt, work, job) for job in jobs]
        try:
            for future in futures.as_completed(waiting):
                try:
                    yield future.result()
                except BrokenProcessPool as error:
                    raise StateError("a worker process was lost; its rows so far are written, run the sweep again") from error
        finally:
            for future in waiting:
                future.cancel()


def _by_processes(jobs: Sequence[Job], work: Work, workers: int) -> Iterator[Done]:
    try:
        joblib: Any = importlib.import_module("joblib")
    except ImportError:  # spawned: objects of libaimc do not survive a fork
        yield from _by_executor(futures.ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")), jobs, work)
        return
    try:
        yield from joblib.Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1, pre_dispatch="all")(
            joblib.delayed(_attempt)(work, job) for job in jobs)
    except joblib.externals.loky.process_executor.TerminatedWorkerError as error:
        raise StateError("a worker process was lost; its rows so far are written, run the sweep again") from error


def _by_dask(client: Any, jobs: Sequence[Job], work: Work) -> Iterator[Done]:
    as_completed = importlib.import_module("distributed").as_completed
    waiting = {client.submit(_attempt, work, dict(job), pure=False): job for job in jobs}
    try:
        for future in as_completed(list(waiting)):
            try:
                yield future.result()
            except Exception as error:  # pylint: disable=broad-except
                yield waiting[future], {}, error  # too many workers died on it
    finally:
        client.cancel(list(waiting))

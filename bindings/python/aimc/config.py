# SPDX-License-Identifier: MIT
"""Self-describing parameters, and the presets that fill them."""
import ctypes as ct
import json
import os
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple, Union

import numpy as np

from . import _abi
from ._abi import Evidence
from ._arrays import contiguous, real
from ._errors import InvalidError, WrongTypeError
from ._html import table
from ._handle import Handle, create
from ._lib import check, encoded, lib, sized, text, word
from ._records import told
from ._types import ArrayLike, PathLike
from .context import Context, default_context
from .table import use_table

_TYPES = ("number", "integer", "flag", "choice", "list", "config")


class Field(NamedTuple):
    """Everything known about one field of a configuration.
    name: its name within the configuration
    type: "number", "integer", "flag", "choice", "list" or "config"
    unit: unit of the number; "1" for pure numbers
    doc: what it means, one line
    source: paper, standard or convention that it comes from
    choices: of a choice the words, of a configuration the kinds that it takes, apart by "|"; else ""
    default: what it is until it is set; of a choice the index, of a list its one number
    min: smallest value that is taken
    max: largest value that is taken"""
    name: str
    type: str
    unit: str
    doc: str
    source: str
    choices: str
    default: float
    min: float
    max: float


class Preset(NamedTuple):
    """A kind of configuration, or a named set of values of one.
    name: what Config() takes
    category: what it configures: "device", "optimizer", "layer", "tile", "periphery" ...
    kind: kind of the configuration that it makes; of a kind its own name
    is_preset: True for a preset, False for a kind with its defaults
    doc: what it is, one line
    source: citation
    aliases: other names that Config() takes"""
    name: str
    category: str
    kind: str
    is_preset: bool
    doc: str
    source: str
    aliases: List[str]


def presets(category: Optional[str] = None) -> List[Preset]:
    """All kinds and presets that Config() takes, or those of one category ("device", "optimizer", ...). InvalidError: no
    such category."""
    found = []
    for i in range(lib.aimc_preset_count()):
        info = sized(_abi.aimc_preset_info)
        check(lib.aimc_preset_get(i, ct.byref(info)))
        aliases = info.aliases.decode()
        found.append(Preset(info.name.decode(), info.category.decode(), info.kind.decode(), bool(info.is_preset),
                            info.doc.decode(), info.source.decode(), aliases.split("|") if aliases else []))
    categories = sorted({preset.category for preset in found})
    if category is not None and category not in categories:
        raise InvalidError(f"presets: no category '{category}'; there are {', '.join(categories)}")
    return [preset for preset in found if category in (None, preset.category)]


def find_preset(name: str) -> Preset:
    """The kind or preset of that name or alias. InvalidError names the nearest one where there is none."""
    i = ct.c_size_t()
    check(lib.aimc_preset_find(encoded(name), ct.byref(i)))
    return presets()[i.value]


class Config(Handle):
    """Parameters of one object, reached like those of a mapping: cfg["forward.out_noise"] = 0.02.

    name: a kind ("soft_bounds"), a preset ("reram_sb") or an alias ("ReRamSBPresetDevice"). values, fields: what differs
    from it, as update() takes them. ctx: the context; default: default_context(). Values are checked when they are set; an
    unknown name, or a value out of its range, is an InvalidError that names the nearest name, or the range."""
    __slots__ = ()
    _destroyer = lib.aimc_config_destroy

    def __init__(self, name: str, values: Optional[Mapping[str, Any]] = None, *, ctx: Optional[Context] = None,
                 **fields: "FieldValue") -> None:
        ctx = ctx or default_context()
        with ctx._guard.lock:
            self._own(create(lib.aimc_config_create, ctx._use, encoded(name)))
        self.update(values or {}, **fields)

    @classmethod
    def _take(cls, address: ct.c_void_p) -> "Config":
        made = cls.__new__(cls)
        made._own(address)
        return made

    @property
    def kind(self) -> str:
        """What it configures, for example "soft_bounds"."""
        with self._guard.lock:
            return word(lib.aimc_config_get_kind(self._look))

    def copy(self) -> "Config":
        """A copy of its own, nested configurations included."""
        with self._guard.lock:
            return Config._take(create(lib.aimc_config_copy, self._look))

    def fields(self) -> List[Field]:
        """All fields with type, unit, range, default, meaning and source."""
        found = []
        with self._guard.lock:
            for i in range(lib.aimc_config_count_fields(self._look)):
                info = sized(_abi.aimc_field_info)
                check(lib.aimc_config_get_field(self._look, i, ct.byref(info)))
                found.append(Field(info.name.decode(), _TYPES[info.type], info.unit.decode(), info.doc.decode(),
                                   info.source.decode(), info.choices.decode(), info.default_value, info.min,
                                   info.max))
        return found

    # ---- values --------------------------------------------------------------------------------

    def __setitem__(self, name: str, value: "FieldValue") -> None:
        key = encoded(name)
        with self._guard.lock:
            if isinstance(value, Config):
                check(lib.aimc_config_parse(self._use, _nested(name, json.loads(value.to_json()))))
            elif isinstance(value, Mapping):
                check(lib.aimc_config_parse(self._use, _nested(name, dict(value))))
            elif isinstance(value, str):
                check(lib.aimc_config_set_text(self._use, key, value.encode()))
            elif np.ndim(value) == 0:
                number: Any = value
                check(lib.aimc_config_set(self._use, key, float(number)))
            else:
                numbers = contiguous(real(value, name), np.dtype(np.float64))
                check(lib.aimc_config_set_list(self._use, key, numbers.ctypes.data, numbers.size))

    def __getitem__(self, name: str) -> Any:
        """A number, flag, word, list, or for a nested configuration a dict."""
        return _value(self.text(name))

    def number(self, name: str) -> float:
        """The number that the field of this name holds: of a flag 0 or 1, of a choice its index. InvalidError: no such field, or
        one that is no number."""
        value = ct.c_double()
        with self._guard.lock:
            check(lib.aimc_config_get(self._look, encoded(name), ct.byref(value)))
        return value.value

    def text(self, name: str) -> str:
        """Any field by its name, the way it can be set from text. InvalidError: no such field."""
        length = ct.c_size_t()
        with self._guard.lock:
            check(lib.aimc_config_get_text(self._look, encoded(name), None, 0, ct.byref(length)))
            buffer = ct.create_string_buffer(length.value + 1)
            check(lib.aimc_config_get_text(self._look, encoded(name), buffer, length.value + 1, None))
        return buffer.value.decode()

    def evidence(self, name: str) -> Evidence:
        """What the number of this name rests on (basis: 0 not told, 1 published, 2 derived, 3 assumed), between which values it
        may lie, and the source: what its document says, or else its field."""
        return told(Evidence, self, lambda config, made: lib.aimc_config_get_evidence(config, encoded(name), made))

    def nested(self, name: str) -> Optional["Config"]:
        """A copy of the nested configuration of this name; None when there is none. To change one in place, set its fields by
        dotted names."""
        with self._guard.lock:
            address = lib.aimc_config_get_nested(self._look, encoded(name))
            return Config._take(create(lib.aimc_config_copy, address)) if address else None

    def update(self, values: Optional[Mapping[str, Any]] = None, **fields: "FieldValue") -> None:
        """Set the fields of the mapping values and those given by name; dotted names go into the mapping. Their order does not
        matter: a nested configuration is set before its fields. InvalidError: an unknown name, or a value out of range; fields
        set before it keep their new values."""
        for name, value in sorted({**(values or {}), **fields}.items(), key=lambda item: item[0].count(".")):
            self[name] = value

    def __iter__(self) -> Iterator[str]:
        return iter([field.name for field in self.fields()])

    def __len__(self) -> int:
        with self._guard.lock:
            return int(lib.aimc_config_count_fields(self._look))

    # ---- documents -----------------------------------------------------------------------------

    def parse(self, document: Union[str, Mapping[str, Any]]) -> None:
        """Merge a document, a JSON object as text or a dict; all or nothing. FormatError: no JSON object; InvalidError: a name
        or value that the configuration does not take."""
        if not isinstance(document, str):
            document = json.dumps(document)
        with self._guard.lock:
            check(lib.aimc_config_parse(self._use, document.encode()))

    def load(self, path: PathLike) -> None:
        """Merge the JSON file at path; all or nothing. IoError: it cannot be read; else as parse()."""
        with self._guard.lock:
            check(lib.aimc_config_load(self._use, encoded(path)))

    def load_table(self, path: PathLike, *, columns: Optional[str] = None, delimiter: Optional[str] = None,
                   decimal: Optional[str] = None) -> None:
        """Read measured steps from the table at path. Of kind "table_step": columns up and down hold the state after each pulse, or
        columns step_up, step_down ... those fields; of kind "measured_step": columns g, v, width and dg, or quantiles. columns,
        delimiter, decimal: as of read_table(). InvalidError: a configuration of another kind; FormatError: a table that holds no
        such steps, and where."""
        ctx = default_context()
        with ctx._guard.lock, self._guard.lock:
            if columns is delimiter is decimal is None:
                check(lib.aimc_config_load_table(self._use, encoded(path)))
            else:
                use_table(ctx._use, path, columns, delimiter, decimal,
                          lambda table: check(lib.aimc_config_set_table(self._use, table)))

    def to_json(self) -> str:
        """The JSON that makes it again, every field written."""
        with self._guard.lock:
            return text(lib.aimc_config_to_json, self._look)

    def to_dict(self) -> Dict[str, Any]:
        """The same as a dict."""
        made: Dict[str, Any] = json.loads(self.to_json())
        return made

    def __eq__(self, other: object) -> bool:
        """The same kind with the same values, however they were set."""
        if not isinstance(other, Config):
            return NotImplemented
        return self is other or self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]  # it can change

    def __reduce__(self) -> Tuple[Any, ...]:
        return _from_json, (self.kind, self.to_json())

    def __copy__(self) -> "Config":
        return self.copy()

    def __deepcopy__(self, _memo: Dict[int, Any]) -> "Config":
        return self.copy()

    def _differing(self, other: "Config", prefix: str = "") -> Iterator[str]:
        """name=value of all fields that other, of the same kind, has otherwise."""
        for field in self.fields():
            name = prefix + field.name
            mine, theirs = self.nested(field.name), other.nested(field.name)
            if mine is None:
                if self.text(field.name) != other.text(field.name):
                    yield f"{name}={self.text(field.name)}"
                continue
            if theirs is None or mine.kind != theirs.kind:
                yield f"{name}={mine.kind}"
                theirs = Config(mine.kind)
            yield from mine._differing(theirs, name + ".")

    def __repr__(self) -> str:
        return self._repr("" if self.closed else ", ".join([self.kind, *self._differing(Config(self.kind))]))

    def _repr_html_(self) -> str:
        """Every field with value, unit and meaning, for notebooks; nested ones by their kind."""
        if self.closed:
            return table(repr(self), (), ())
        rows = []
        for field in self.fields():
            nested = self.nested(field.name)
            rows.append((field.name, self.text(field.name) if nested is None else nested.kind, "" if field.unit == "1" else field.unit, field.doc))
        return table(f"configuration: {self.kind}", ("field", "value", "unit", "meaning"), rows)


def _from_json(kind: str, document: str) -> Config:
    made = Config(kind)
    made.parse(document)
    return made


def _nested(name: str, value: Any) -> bytes:
    for part in reversed(name.split(".")):
        value = {part: value}
    return json.dumps(value).encode()


def _value(written: str) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        pass
    try:
        return float(written)  # inf, nan
    except ValueError:
        return written


FieldValue = Union[ArrayLike, Mapping[str, Any], Config]  # a number, flag, word, list, or nested fields
ConfigLike = Union[Config, str, Mapping[str, Any], None]


def as_config(like: ConfigLike, kind: str, ctx: Optional[Context] = None) -> Optional[Config]:
    """A configuration of our own, which no other thread closes or changes during a call, from what is
    convenient: one, the name of a preset, or a mapping of fields of a kind."""
    if like is None:
        return None
    if isinstance(like, Config):
        return like.copy()
    if not isinstance(like, (str, Mapping)):
        raise WrongTypeError(f"a configuration is a Config, the name of a kind or preset, or a mapping of fields of "
                             f"'{kind}'; not {like!r}")
    return Config(like, ctx=ctx) if isinstance(like, str) else Config(kind, like, ctx=ctx)


def create_named(function: Callable[..., int], name: Union[str, Config], given: Mapping[str, Any],
                 ctx: Context) -> ct.c_void_p:
    """What a function of the library makes from a name and a configuration. name is a kind or preset, whose fields given
    replaces, or a Config, of which a copy is changed."""
    if isinstance(name, os.PathLike):
        name = str(os.fspath(name))  # a file that ends in .json
    if not isinstance(name, (str, Config)):
        raise WrongTypeError(f"the name of a kind or preset, or a Config is needed, not {name!r}")
    config = name.copy() if isinstance(name, Config) else None
    if config is None and given:
        config = Config(Config(str(name), ctx=ctx).kind, ctx=ctx)
    if config is not None:
        config.update(given)
    with ctx._guard.lock:
        return create(function, ctx._use, None if isinstance(name, Config) else encoded(name),
                      config._look if config is not None else None)


def rate(schedule: Union[str, Config], lr: float, step: int) -> float:
    """The learning rate of a step by a schedule: "step_rate", "cosine_rate", "one_cycle", "warm_up", or a Config of one.

    lr: the rate that the schedule changes, 0 ... 1e30; of "one_cycle" the largest. step: steps before this one, from 0."""
    made = schedule if isinstance(schedule, Config) else Config(schedule)
    out = ct.c_double()
    check(lib.aimc_schedule_get_rate(made._look, lr, step, ct.byref(out)))
    return out.value

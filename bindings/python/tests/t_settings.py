# SPDX-License-Identifier: MIT
"""Every field of every kind, set in every way there is, is read back; a name or type that is none is refused in every way."""
import json
import math
import pathlib
import tempfile

from common import aimc, main, unittest


def other_value(field, now):
    """A value within the range that the field does not have now; None: there is no other."""
    if field.type == "flag":
        return not now
    if field.type == "choice":
        return next((word for word in field.choices.split("|") if word != now), None)
    if field.type == "list":
        return [field.min if math.isfinite(field.min) and abs(field.min) < 1e6 else 0.5, min(field.max, 1.0)]
    low, high = max(field.min, -1e6), min(field.max, 1e6)
    for value in (low, high, (low + high) / 2):
        value = math.floor(value) if field.type == "integer" else value
        if value != now and low <= value <= high:
            return value
    return None


def nested(name, value):
    for part in reversed(name.split(".")):
        value = {part: value}
    return value


def from_file(config, document):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "c.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        config.load(path)


def ways(kind, name, value):
    """The configuration that each way of setting a field makes, by the name of the way."""
    def made(act):
        config = aimc.Config(kind)
        act(config)
        return config
    yield "item", made(lambda c: c.__setitem__(name, value))
    yield "update", made(lambda c: c.update({name: value}))
    yield "mapping", aimc.Config(kind, nested(name, value))
    yield "dotted document", made(lambda c: c.parse({name: value}))
    yield "nested document", made(lambda c: c.parse(nested(name, value)))
    yield "file", made(lambda c: from_file(c, {name: value}))
    text = json.dumps(value) if not isinstance(value, str) else value
    yield "text", made(lambda c: c.__setitem__(name, text))
    first = made(lambda c: c.__setitem__(name, value))
    yield "whole document", made(lambda c: c.parse(first.to_json()))
    yield "copy", first.copy()


class Settings(unittest.TestCase):
    def check(self, kind, name, field):
        plain = aimc.Config(kind)
        value = other_value(field, plain[name])
        if value is None:
            return 0
        for way, config in ways(kind, name, value):
            self.assertEqual(config[name], value, f"{kind}.{name} by {way}")
            told = config.to_dict()
            for part in name.split("."):
                told = told[part]
            self.assertEqual(told, value, f"{kind}.{name} by {way} in the document")
            config[name] = plain[name]
            self.assertEqual(config, plain, f"{kind}.{name} by {way} changed something else")
        return 1

    def test_fields_of_every_kind(self):
        kinds = [preset.name for preset in aimc.presets() if not preset.is_preset]
        n = sum(self.check(kind, field.name, field) for kind in kinds for field in aimc.Config(kind).fields()
                if field.type != "config")
        self.assertGreater(n, 500)

    def walk(self, kind, config, prefix=""):
        n = 0
        for field in config.fields():
            child = config.nested(field.name)
            if child is not None:
                n += self.walk(kind, child, prefix + field.name + ".")
            elif prefix and field.type != "config":
                n += self.check(kind, prefix + field.name, field)
        return n

    def test_nested_fields(self):
        for kind in ("layer", "vector_cell", "c_ttv2", "inference", "technology"):
            config = aimc.Config(kind)
            n = self.walk(kind, config)
            self.assertGreater(n, 0 if any(f.type == "config" for f in config.fields()) else -1)

    def test_every_way_refuses(self):
        cases = [("dw_mim", 0.1), ("dw_min", "much"), ("dw_min", [1, 2]), ("dw_min", {"a": 1}), ("dw_min.a", 1),
                 ("drift.nuu", 0.1), ("drift.nu", "much"), ("drift", 5), ("drift", "reram_sb"), ("kind", 7)]
        for name, value in cases:
            before = aimc.Config("soft_bounds")
            for act in (lambda c: c.__setitem__(name, value), lambda c: c.update({name: value}),
                        lambda c: c.parse({name: value}), lambda c: c.parse(nested(name, value)),
                        lambda c: from_file(c, {name: value})):
                config = aimc.Config("soft_bounds")
                with self.assertRaises(aimc.Error, msg=f"{name}: {value}"):
                    act(config)
                self.assertEqual(config, before)

    def test_fields_reach_the_object(self):
        device = aimc.Device("reram_sb_2", {"device.dw_min": 0.01})
        self.assertEqual(device.config()["device.dw_min"], 0.01)
        for preset in aimc.presets("device"):
            config = aimc.Config(preset.name)
            kind = config.kind
            for field in config.fields():
                if field.name == "dw_min":
                    self.assertEqual(aimc.Device(preset.name, dw_min=0.0123).config()["dw_min"], 0.0123, kind)


if __name__ == "__main__":
    main()

"""What a NeXus file says about the measurement of a pattern."""

from collections.abc import Iterable
from typing import Protocol

from crystinet.core.arrays import FloatArray
from crystinet.patterns.metadata import Metadata, kelvin


class _Node(Protocol):
    """A group or a data set; see `crystinet.patterns.readers.formats.nexus`."""

    @property
    def path(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def values(self) -> FloatArray: ...
    def attribute(self, key: str) -> str: ...


# Class of the group and name in it, the best first. Source: the NeXus definitions NXentry,
# NXsample, NXuser, NXinstrument, NXsource, NXdetector, and NXxrd_pan for the X-ray tube.
_TEXTS = {
    "sample": (("NXsample", "name"), ("NXsample", "chemical_formula")),
    "title": (("NXentry", "title"),),
    "comment": (("NXentry", "experiment_description"), ("NXsample", "description")),
    "operator": (("NXuser", "name"),),
    "instrument": (("NXinstrument", "name"),),
    "measured_at": (("NXentry", "start_time"),),
    "anode": (("NXsource", "xray_tube_material"), ("NXsource", "target_material")),
    "scan_type": (("NXdetector", "scan_axis"),),
    "detector": (("NXdetector", "description"), ("NXdetector", "local_name")),
}
_NUMBERS = {
    "voltage_kv": ("NXsource", "xray_tube_voltage", {"kv": 1.0, "v": 1e-3}),
    "current_ma": ("NXsource", "xray_tube_current", {"ma": 1.0, "a": 1e3}),
    "step_time_s": ("", "count_time", {"s": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3}),
}


def metadata_of_entry(entry: Iterable[_Node]) -> Metadata:
    """What the nodes below a group of class NXentry say.

    A node whose group has no class counts by its name alone for the numbers.
    """
    nodes = list(entry)
    classes = {node.path: node.attribute("NX_class") for node in nodes}
    by_place = {}
    for node in reversed(nodes):
        group = classes.get(node.path.rpartition("/")[0], "NXentry")  # the entry is not in it
        by_place[group, node.name] = node
        by_place["", node.name] = node
    said: dict[str, object] = {}
    for field, places in _TEXTS.items():
        texts = (by_place[place].text for place in places if place in by_place)
        said[field] = next(filter(None, texts), "")
    for field, (group, name, units) in _NUMBERS.items():
        number = by_place.get((group, name))
        if number and len(number.values) == 1:
            scale = units.get(number.attribute("units").strip().lower(), 0.0)
            said[field] = float(number.values[0]) * scale  # an unknown unit makes it 0: left out
    temperature = by_place.get(("NXsample", "temperature"))
    if temperature and len(temperature.values) == 1:
        said["temperature_k"] = kelvin(temperature.values[0], temperature.attribute("units"))
    definition = by_place.get(("NXentry", "definition"))
    return Metadata({**said, "format": f"NeXus {definition.text if definition else ''}"})

"""The measurements in a Rigaku RASX archive."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from xml.etree.ElementTree import Element

from crystinet.core.errors import UnreadableFileError
from crystinet.patterns.metadata import Metadata
from crystinet.patterns.readers.formats.rigaku import (
    position_of,
    radiation_of_tube,
    scan_of_rows,
    step_time,
)
from crystinet.patterns.readers.parts.archive import Archive
from crystinet.patterns.readers.parts.lines import open_text
from crystinet.patterns.readers.parts.scans import MOST_POINTS, Scan, unlike_powder
from crystinet.patterns.readers.parts.xml import first_text, parse_xml

_PROFILE = re.compile(r"(?P<folder>(?:.*/)?Data\d+/)Profile(?P<number>\d+)\.txt$")
_IMAGE = re.compile(r"(?:.*/)?Data\d+/Image\d*\.\w+$")


def is_rasx(members: Sequence[str]) -> bool:
    """Whether an archive with these members is a RASX."""
    return any(_PROFILE.match(member) or _IMAGE.match(member) for member in members)


def scans_of_rasx(archive: Archive) -> Iterator[Scan]:
    """Read the profile in each folder ``Data0``, ``Data1``, ...

    Source: the archive's own words. ``Profile0.txt`` has 2theta, counts and the factor of the
    attenuator; ``MesurementConditions0.xml`` (so spelled) describes the scan and the tube.
    """
    profiles = [match for member in archive.members if (match := _PROFILE.match(member))]
    if not profiles:
        yield Scan(unlike_powder="images of a detector")
    for profile in sorted(profiles, key=lambda found: (len(found[0]), found[0])):
        yield _scan(archive, profile)


def _scan(archive: Archive, profile: re.Match[str]) -> Scan:
    conditions = re.compile(
        re.escape(profile["folder"]) + rf"Mea?surementConditions{profile['number']}\.xml$"
    )
    described = [member for member in archive.members if conditions.match(member)]
    if not described:
        raise UnreadableFileError(
            f"{archive.name} has {profile[0]} without its measurement conditions.",
            hint="The file is damaged; export it again.",
        )
    root = parse_xml(archive.read(described[0]), what=f"{described[0]} in {archive.name}")
    if (axis := first_text(root, ".//ScanInformation/AxisName")) and (kind := unlike_powder(axis)):
        return Scan(unlike_powder=kind)
    tube = {
        name: first_text(root, f".//XrayGenerator/{tag}")
        for name, tag in (
            ("alpha_1", "WavelengthKalpha1"),
            ("alpha_2", "WavelengthKalpha2"),
            ("beta", "WavelengthKbeta"),
            ("wave_type", "WaveType"),
            ("anode", "TargetName"),
        )
    }
    scan = scan_of_rows(
        list(islice(open_text(archive.read(profile[0])), MOST_POINTS + 1)),
        announced=first_text(root, ".//ScanInformation/DataCount"),
        radiation=radiation_of_tube(**tube),
        what=f"{profile[0]} in {archive.name}",
    )
    return replace(scan, omega_deg=_omega(root), metadata=_metadata(root))


def _omega(root: Element) -> float | None:
    """Where omega stood, if the conditions say so."""
    axis = root.find(".//Axis[@Name='Omega']")
    return None if axis is None else position_of(axis.get("Position", ""))


def _metadata(root: Element) -> Metadata:
    """What the conditions say."""
    units = {unit.get("Name"): unit.get("SelectedUnit") for unit in root.iter("Category")}
    axes = {axis.get("Name"): axis.get("Position") for axis in reversed(root.findall(".//Axis"))}
    optics = [_older(root).get("IncidentMonochromator"), *units.values()]
    radius = root.find(".//Distance[@From='XrayGenerator'][@To='AttachmentStage'][@Unit='mm']")
    tube, scan = ".//XrayGenerator", ".//ScanInformation"
    return Metadata.of(
        format="Rigaku RASX",
        sample=first_text(root, "GeneralInformation/SampleName"),
        comment=first_text(root, "GeneralInformation/Comment", "GeneralInformation/Memo"),
        operator=first_text(root, "GeneralInformation/Operator"),
        instrument=first_text(root, "GeneralInformation/SystemName"),
        measured_at=first_text(root, f"{scan}/StartTime"),
        anode=first_text(root, f"{tube}/TargetName"),
        scan_type=first_text(root, f"{scan}/AxisName"),
        scan_mode=first_text(root, f"{scan}/Mode"),
        detector=units.get("Detector"),
        divergence_slit=axes.get("IS"),
        monochromator=", ".join(
            dict.fromkeys(unit for unit in optics if unit and _is_crystal(unit))
        ),
        filter=axes.get("Filter1"),
        voltage_kv=first_text(root, f"{tube}[VoltageUnit='kV']/Voltage"),
        current_ma=first_text(root, f"{tube}[CurrentUnit='mA']/Current"),
        step_time_s=step_time(
            first_text(root, f"{scan}/Speed"), first_text(root, f"{scan}/SpeedUnit")
        ),
        goniometer_radius_mm=None if radius is None else radius.get("Value"),
    )


def _older(root: Element) -> dict[str, str]:
    """Positions by the names of the axes in the header of the older format, which is kept too."""
    header = {
        key: value
        for pair in root.iterfind("RASHeader/Pair")
        if len(pair) == 2
        for key, value in [[part.text or "" for part in pair]]
    }
    name = "*MEAS_COND_AXIS_NAME-"
    return {
        axis: header.get(f"*MEAS_COND_AXIS_POSITION-{key.removeprefix(name)}", "")
        for key, axis in header.items()
        if key.startswith(name)
    }


def _is_crystal(unit: str) -> bool:
    """Whether a unit of the optics is a crystal: "Ge(220)x2", not "ROD_adaptor"."""
    return re.search(r"\(\d{3}\)", unit) is not None

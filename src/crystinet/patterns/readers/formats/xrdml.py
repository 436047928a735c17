"""Reader of PANalytical's XRDML."""

import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidPatternError, UnreadableFileError
from crystinet.core.notes import NO_NOTES, Note, NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.missing import is_measured, note_of_missing
from crystinet.patterns.readers.parts.scans import (
    Scan,
    patterns_of_scans,
    to_common_time,
    undo_attenuation,
    unlike_powder,
)
from crystinet.patterns.readers.parts.stopped import stopped_at
from crystinet.patterns.readers.parts.tube import radiation_of_lines
from crystinet.patterns.readers.parts.xml import (
    first_text,
    number_of_text,
    numbers_of_text,
    parse_xml,
    texts,
)

# Kinds of measurement that are made of powder scans. "Repeated scan": each is one pattern.
_SCANS = ("", "scan", "repeated scan", "multi scan", "multiple scan", "unspecified")
_COMPLETED = "Completed"
_FIRST_LINE_ONLY = "K-Alpha 1"


class XrdmlReader:
    """XRDML of every version: they differ in the namespace and in how counts are called.

    Source: the schema ``XRDMeasurement.xsd`` (www.xrdml.com), versions 1.0 to 2.3. ``intensities``
    are corrected for the beam attenuator, ``counts`` are not.
    """

    name = "PANalytical XRDML"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The name of the outermost element decides, in any code."""
        return b"<xrdMeasurements" in head.replace(b"\0", b"")

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read every scan; see `PatternReader.read`."""
        root = parse_xml(data, what=name)
        root.set("version", _version(data))
        scans = (
            scan
            for measurement in root.iter("xrdMeasurement")
            for scan in _scans(measurement, root=root, name=name, given=radiation)
        )
        return patterns_of_scans(scans, name=name, radiation=radiation)


def _version(data: bytes) -> str:
    """Version of the schema, which is the end of the namespace; empty where it is not said."""
    found = re.search(rb"XRDMeasurement/(\d+\.\d+)", data[:4096].replace(b"\0", b""))
    return found[1].decode() if found else ""


def _scans(
    measurement: Element, *, root: Element, name: str, given: Radiation | None
) -> Iterator[Scan]:
    kind = measurement.get("measurementType", "").strip()
    axis = measurement.get("measurementStepAxis", "").strip()
    if kind.lower() not in _SCANS or axis:
        described = unlike_powder(kind) or f"a measurement of the type {kind!r}"
        if axis:
            described += f" (a scan at each step of {axis})"
        yield Scan(unlike_powder=described)
        return
    radiation = given or _radiation(measurement)
    for scan in measurement.iterfind("scan"):
        read = _scan(scan, radiation=radiation, name=name)
        yield replace(read, metadata=_metadata(root, measurement, scan))


def _scan(scan: Element, *, radiation: Radiation | None, name: str) -> Scan:
    axis = scan.get("scanAxis", "").strip()
    if kind := unlike_powder(axis or "2Theta"):
        return Scan(unlike_powder=kind)
    points = scan.find("dataPoints")
    if points is None:
        raise UnreadableFileError(
            f"{name} has a scan without data points.", hint="Was the measurement stopped?"
        )
    intensity, notes = _intensity(points, name=name)
    status = scan.get("status", _COMPLETED)
    x, of_end = _two_theta(points, n=len(intensity), status=status, name=name)
    if status != _COMPLETED and not of_end:
        text = f"The file says that the measurement is {status.lower()!r}."
        notes += (Note(NoteCode.MEASUREMENT_NOT_COMPLETED, text),)
    measured = is_measured(intensity)
    missing = note_of_missing(measured, what=name)
    return Scan(x[measured], intensity[measured], radiation, notes=(*notes, *of_end, *missing))


def _two_theta(
    points: Element, *, n: int, status: str, name: str
) -> tuple[FloatArray, tuple[Note, ...]]:
    """Angles of ``n`` points: listed one by one, or evenly from the first to the last."""
    notes = NO_NOTES
    positions = next(
        (axis for axis in points.iterfind("positions") if axis.get("axis") == "2Theta"), None
    )
    if positions is None:
        raise UnreadableFileError(
            f"{name} has a scan without positions of 2Theta.", hint="Export the measurement again."
        )
    if listed := first_text(positions, "listPositions"):
        x = numbers_of_text(listed, of=f"The list of 2Theta in {name}")
    elif first_text(positions, "commonPosition"):
        raise InvalidPatternError(
            f"{name} holds a measurement at one 2theta, not a powder pattern.",
            hint="Measure intensity against 2theta.",
        )
    else:
        start, stop = (
            number_of_text(first_text(positions, end), of=f"The {end} of 2Theta in {name}")
            for end in ("startPosition", "endPosition")
        )
        if status != _COMPLETED:
            stop, notes = stopped_at(start, stop, n=n, status=status)
        x = np.linspace(start, stop, n)
    unit = positions.get("unit", "deg")
    if unit not in ("deg", "rad"):
        raise UnreadableFileError(
            f"{name} gives 2Theta in {unit!r}.", hint="Export the measurement in degrees."
        )
    if len(x) != n:
        raise UnreadableFileError(
            f"{name} has {len(x)} angles and {n} intensities.",
            hint="The file was cut off or is damaged; copy or export it again.",
        )
    return np.degrees(x) if unit == "rad" else x, notes


def _intensity(points: Element, *, name: str) -> tuple[FloatArray, tuple[Note, ...]]:
    """Counts for a common time and an open beam, and what was done to get them."""
    attenuated = timed = NO_NOTES
    corrected = points.find("intensities")
    element = points.find("counts") if corrected is None else corrected
    if element is None:
        raise UnreadableFileError(
            f"{name} has a scan without counts.", hint="Export the measurement again."
        )
    y = numbers_of_text(element.text or "", of=f"The counts in {name}")
    factors = _per_point(points, "beamAttenuationFactors", n=len(y), name=name)
    if corrected is None and factors is not None:
        y, attenuated = undo_attenuation(y, factors)
    times = _per_point(points, "countingTimes", n=len(y), name=name)
    if times is not None and element.get("unit", "counts") == "counts":
        measured = is_measured(y, times)
        y[~measured] = np.nan  # counted for no time: the scan was stopped before
        y[measured], timed = to_common_time(y[measured], times[measured])
    return y, (*attenuated, *timed)


def _per_point(points: Element, tag: str, *, n: int, name: str) -> FloatArray | None:
    text = first_text(points, tag)
    if not text:
        return None
    values = numbers_of_text(text, of=f"The list {tag} in {name}")
    if len(values) != n:
        raise UnreadableFileError(
            f"{name} has {len(values)} {tag} for {n} points.",
            hint="The file is damaged; copy or export it again.",
        )
    return values


def _radiation(measurement: Element) -> Radiation | None:
    """The lines used; only K-alpha1 where a monochromator in the incident beam selects it."""
    used = measurement.find("usedWavelength")
    anode = first_text(measurement, "incidentBeamPath/xRayTube/anodeMaterial")
    if used is None:
        return radiation_of_lines(0.0, anode=anode)
    alpha_1, alpha_2, ratio, beta = (
        number_of_text(first_text(used, tag) or "0", of=f"The wavelength {tag}")
        for tag in ("kAlpha1", "kAlpha2", "ratioKAlpha2KAlpha1", "kBeta")
    )
    intended = used.get("intended", "")
    if intended == "K-Beta" and beta:
        return radiation_of_lines(beta)
    selected = measurement.find("incidentBeamPath/monochromator") is not None
    if intended == _FIRST_LINE_ONLY and selected:
        return radiation_of_lines(alpha_1)
    return radiation_of_lines(alpha_1, alpha_2, ratio, anode=anode)


def _metadata(root: Element, measurement: Element, scan: Element) -> Metadata:
    """What the file, the measurement and the scan say."""
    configuration = dict(entry.partition("=")[::2] for entry in texts(root, "comment/entry"))
    return Metadata.of(
        format=f"PANalytical XRDML {root.get('version', '')}",
        sample=first_text(root, "sample/name", "sample/id"),
        comment="; ".join(texts(measurement, "comment/entry")),
        operator=first_text(scan, "header/author/name"),
        instrument=configuration.get("Diffractometer system")
        or first_text(scan, "header/source/instrumentControlSoftware"),
        measured_at=first_text(scan, "header/startTimeStamp"),
        anode=first_text(measurement, "incidentBeamPath/xRayTube/anodeMaterial"),
        scan_type=scan.get("scanAxis"),
        scan_mode=scan.get("mode"),
        detector=_name(measurement, "diffractedBeamPath/detector"),
        divergence_slit=_name(measurement, "incidentBeamPath/divergenceSlit"),
        monochromator=_name(
            measurement,
            "incidentBeamPath/monochromator",
            "diffractedBeamPath/monochromator",
            "incidentBeamPath/xRayMirror",
        ),
        filter=_name(measurement, "incidentBeamPath/filter", "diffractedBeamPath/filter"),
        voltage_kv=first_text(measurement, "incidentBeamPath/xRayTube/tension[@unit='kV']"),
        current_ma=first_text(measurement, "incidentBeamPath/xRayTube/current[@unit='mA']"),
        step_time_s=first_text(scan, "dataPoints/commonCountingTime[@unit='seconds']"),
        goniometer_radius_mm=first_text(measurement, "incidentBeamPath/radius[@unit='mm']"),
    )


def _name(measurement: Element, *paths: str) -> str:
    """Names of the parts of the instrument at some paths, each once."""
    found = (part.get("name", "") for path in paths for part in measurement.iterfind(path))
    return ", ".join(dict.fromkeys(filter(None, found)))

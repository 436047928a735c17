"""Writers of instrument files, made from the layouts that the readers' docstrings name."""

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.arrays import FloatArray


def made_counts(n: int = 600) -> FloatArray:
    """Whole numbers with two peaks, different at every call place by their length only."""
    x = np.arange(n)
    curve = 50.0 + 900.0 * np.exp(-(((x - 0.3 * n) / 4.0) ** 2))
    curve += 400.0 * np.exp(-(((x - 0.7 * n) / 5.0) ** 2)) + x % 7
    return np.rint(curve)


POINTS = 150
AXIS = np.round(10.0 + 0.2 * np.arange(POINTS), 2)
COUNTS = np.random.default_rng(5).integers(50, 9000, POINTS)
ROWS = "".join(f"{x:.2f} {y}\n" for x, y in zip(AXIS, COUNTS, strict=True))
LIST = "".join(f"{y:8d}" + ("\n" if i % 10 == 9 else "") for i, y in enumerate(COUNTS))
STOP = AXIS[-1]

#: A good file of every text format, by a name with its usual suffix; each has `POINTS` points.
TEXTS = {
    "a.xy": "# wavelength = 1.5406\n" + ROWS,
    "a.csv": "2theta;intensity;time\n" + ROWS.replace(".", ",").replace(" ", ";"),
    "q.csv": "q_A^-1,I\n"
    + "".join(f"{x / 10:.4f},{y}\n" for x, y in zip(AXIS, COUNTS, strict=True)),
    "rruff.txt": "##NAMES=Corundum\n##X-RAY WAVELENGTH=1.541838\n" + ROWS.replace(" ", ", ")
    + "##END=\n",
    "a.chi": f"title\n2-Theta Angle (Degrees)\nIntensity\n {POINTS}\n" + ROWS,
    "a.int": f"GENERAL\n {POINTS}\n" + ROWS,
    "ins0.dat": f"! a comment\n  10.0 0.2 {STOP} title\n" + LIST,
    "maud.dat": f"A title\n{POINTS} 0.2 10 1.540598 1\n" + "".join(f"{y}\n" for y in COUNTS),
    "ins10.dat": "XYDATA\nINTER 1.0 2.0 0 0\nTEMP 300\n\n\n\n" + ROWS,
    "a.uxd": "; made\n_FILEVERSION=1\n_WL1=1.540600\n_WL2=1.544430\n_WLRATIO=0.5\n_ANODE='Cu'\n"
    f"; (Data for Range number 1)\n_DRIVE='COUPLED'\n_STEPTIME=1.0\n_STEPSIZE=0.2\n_START=10.0\n"
    f"_COUNTS\n{LIST}; range 2\n_DRIVE='COUPLED'\n_2THETACPS\n{ROWS}",
    "a.udf": "SampleIdent,x,/\nAnode,Cu,/\nLabdaAlpha1, 1.54056,/\n"
    f"DataAngleRange, 10.0, {STOP},/\n"
    "ScanStepSize, 0.2,/\nRawScan\n" + ", ".join(map(str, COUNTS)) + "/\n",
    "a.cpi": f"SIETRONICS XRD SCAN\n10.00\n{STOP}\n0.2\nCu\n1,5406\n1/1/2020\n2,0\nname\nSCANDATA\n"
    + "".join(f"{y}.0\n" for y in COUNTS),
    "a.asc": "*CLASS = ASCII CLASS\n*WAVE_LENGTH1 = 1.54059\n*XUNIT = deg.\n"
    f"*BEGIN\n*START = 10.0\n*STOP = {STOP}\n*STEP = 0.2\n*COUNT = {POINTS}\n{LIST}*END\n*EOF\n",
    "a.mdi": f"title\n 10.0 0.2 1.0 CU 1.540562 {STOP} {POINTS}\n{LIST}",
    "a.jdx": "##TITLE= a\n##JCAMP-DX= 4.24\n##XUNITS= 2THETA\n##XYDATA= (X++(Y..Y))\n"
    + "".join(f"{x} {y}\n" for x, y in zip(AXIS, COUNTS, strict=True)) + "##END=\n",
    "a.json": f'{{"2theta": {AXIS.tolist()}, "counts": {COUNTS.tolist()}}}',
    "a.gsas": f"title\nBANK 1 {POINTS} 15 CONST 1000 20 0 0 STD\n{LIST}",
    "a.cif": "data_a\n_diffrn_radiation_wavelength 1.5406\n_pd_meas_2theta_range_min 10\n"
    f"_pd_meas_2theta_range_max {STOP}\n_pd_meas_2theta_range_inc 0.2\nloop_\n"
    f"_pd_meas_counts_total\n_pd_calc_intensity_total\n" + "".join(f"{y} 1.0\n" for y in COUNTS)
    + "data_b\nloop_\n_pd_proc_2theta_corrected\n_pd_proc_intensity_total\n" + ROWS,
}  # fmt: skip


def _put(size: int, fields: dict[int, tuple[str, object]]) -> bytes:
    """Bytes with fields at their places; "s" takes bytes."""
    block = bytearray(size)
    for at, (form, value) in fields.items():
        struct.pack_into("<" + form, block, at, value)
    return bytes(block)


def _floats(counts: Sequence[float] | FloatArray) -> bytes:
    return np.asarray(counts, dtype="<f4").tobytes()


class InstrumentFiles:
    """One function for each format; every one returns the bytes of a file."""

    counts = staticmethod(made_counts)

    @staticmethod
    def raw_1(ranges: Sequence[FloatArray], *, start: float = 10.0, step: float = 0.05) -> bytes:
        return b"".join(
            _put(
                156,
                {
                    0: ("4s", b"RAW "),
                    4: ("I", len(y)),
                    8: ("f", 2.0),
                    12: ("f", step),
                    24: ("f", start),
                    72: ("f", 1.540562),
                    76: ("f", 1.54439),
                    152: ("I", len(ranges) - number),
                },
            )
            + _floats(y)
            for number, y in enumerate(ranges, start=1)
        )

    @staticmethod
    def raw_2(ranges: Sequence[FloatArray], *, start: float = 10.0, step: float = 0.05) -> bytes:
        lines = {190: ("f", 1.78897), 194: ("f", 1.79285), 198: ("f", 0.497)}
        head = _put(256, {0: ("4s", b"RAW2"), 4: ("H", len(ranges)), 188: ("2s", b"Co"), **lines})
        return head + b"".join(
            _put(
                60,
                {0: ("H", 60), 2: ("H", len(y)), 8: ("f", 1.0), 12: ("f", step), 16: ("f", start)},
            )
            + _floats(y)
            for y in ranges
        )

    @staticmethod
    def raw_3(
        ranges: Sequence[FloatArray],
        *,
        start: float = 10.0,
        step: float = 0.05,
        scan_type: int = 0,
        used: float = 1.5406,
        extra: bytes = b"",
        varying: int = 0,
    ) -> bytes:
        head = _put(
            712,
            {
                0: ("8s", b"RAW1.01"),
                8: ("I", 1),
                12: ("I", len(ranges)),
                608: ("4s", b"Cu"),
                616: ("d", 1.54184),
                624: ("d", 1.5406),
                632: ("d", 1.54439),
                640: ("d", 1.39222),
                648: ("d", 0.5),
            },
        )
        for y in ranges:
            head += _put(
                304,
                {
                    0: ("I", 304),
                    4: ("I", len(y)),
                    8: ("d", start / 2.0),
                    16: ("d", start),
                    176: ("d", step),
                    192: ("f", 1.0),
                    196: ("i", scan_type),
                    240: ("d", used),
                    248: ("I", 2**varying - 1),
                    252: ("I", 4 + 8 * varying),
                    256: ("I", len(extra)),
                },
            )
            head += extra
            head += b"".join(_floats([value]) + struct.pack("<d", 7.0) * varying for value in y)
        return head

    @staticmethod
    def raw_4(
        ranges: Sequence[FloatArray],
        *,
        start: float = 10.0,
        step: float = 0.05,
        name: bytes = b"Locked Coupled",
        two_theta: float = 10.0,
        tube: bool = True,
        stride: int = 4,
        used: float = 1.5406,
    ) -> bytes:
        data = _put(61, {0: ("7s", b"RAW4.00"), 12: ("10s", b"01/02/2024")})
        data += _put(
            40, {0: ("I", 10), 4: ("I", 40), 12: ("24s", b"SAMPLEID"), 36: ("4s", b"made")}
        )
        if tube:
            lines = (1.54184, 1.5406, 1.54439, 1.39222, 0.5)
            fields = {72 + 8 * i: ("d", line) for i, line in enumerate(lines)}
            data += _put(136, {0: ("I", 30), 4: ("I", 136), 116: ("4s", b"Cu"), **fields})
        drives = b"".join(
            _put(92, {0: ("I", 50), 4: ("I", 92), 12: ("24s", drive), 56: ("d", position)})
            for drive, position in ((b"Theta", start / 2.0), (b"2Theta", two_theta))
        )
        for y in ranges:
            data += _put(
                160,
                {
                    32: ("24s", name),
                    72: ("d", start),
                    80: ("d", step),
                    88: ("I", len(y)),
                    112: ("d", used),
                    136: ("I", stride),
                    140: ("I", len(drives)),
                },
            )
            data += drives + b"".join(_floats([v]) + bytes(stride - 4) for v in y)
        return data

    @staticmethod
    def stoe(y: FloatArray, *, start: float = 10.0, step: float = 0.05) -> bytes:
        stop = start + step * (len(y) - 1)
        fields = {0: ("14s", b"RAW_1.06Powdat"), 0x142: ("f", 1.54056), 0x146: ("f", 1.5444)}
        fields |= {0x822: ("H", len(y)), 0x82C: ("f", start), 0x834: ("f", stop)}
        fields |= {0x83C: ("f", step), 0x878: ("I", int(y.min())), 0x87C: ("I", int(y.max()))}
        return _put(0xA00, fields) + y.astype("<i4").tobytes() + bytes(300)

    @staticmethod
    def xrdml(scans: Sequence[str], *, kind: str = "Scan", more: str = "", path: str = "") -> bytes:
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<xrdMeasurements xmlns="http://www.xrdml.com/XRDMeasurement/1.5" status="Completed">
<xrdMeasurement measurementType="{kind}" {more}>
<usedWavelength intended="K-Alpha 1"><kAlpha1 unit="Angstrom">1.5405980</kAlpha1>
<kAlpha2 unit="Angstrom">1.5444260</kAlpha2><kBeta unit="Angstrom">1.3922500</kBeta>
<ratioKAlpha2KAlpha1>0.4900</ratioKAlpha2KAlpha1></usedWavelength>
<incidentBeamPath>{path}</incidentBeamPath>{"".join(scans)}
</xrdMeasurement></xrdMeasurements>""".encode()

    @staticmethod
    def xrdml_scan(
        y: FloatArray,
        *,
        axis: str = "Gonio",
        positions: str = "<startPosition>10.0</startPosition><endPosition>39.95</endPosition>",
        counts: str = "intensities",
        more: str = "<commonCountingTime>1.0</commonCountingTime>",
        status: str = "Completed",
    ) -> str:
        numbers = " ".join(f"{value:g}" for value in y)
        return f"""<scan scanAxis="{axis}" status="{status}"><dataPoints>
<positions axis="2Theta" unit="deg">{positions}</positions>
<positions axis="Omega" unit="deg"><commonPosition>5.0</commonPosition></positions>
{more}<{counts} unit="counts">{numbers}</{counts}></dataPoints></scan>"""

    @staticmethod
    def archive(members: dict[str, str | bytes]) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as opened:
            for name, content in members.items():
                opened.writestr(name, content)
        return stream.getvalue()

    @staticmethod
    def brml_range(
        y: FloatArray,
        *,
        start: float = 10.0,
        step: float = 0.05,
        axes: Sequence[str] = ("TwoTheta", "Theta"),
        scan: str = "Coupled TwoTheta/Theta",
        seconds: Callable[[int], float] = lambda _: 2.0,
        channels: int = 1,
        views: bool = True,
    ) -> str:
        fields = "".join(f'<FieldDefinitions AxisId="{axis}" />' for axis in axes)
        described = f"""<DataViews>
<RawDataView Start="0" Length="1" LogicName="MeasuredTime" />
<RawDataView Start="1" Length="1" LogicName="AbsorptionFactor" />
<RawDataView Start="2" Length="{len(axes)}"><Varying LogicName="ScanAxes">{fields}</Varying>
</RawDataView><RawDataView Start="{2 + len(axes)}" Length="{channels}">
<Recording LogicName="ScanCounter"><Unit Prefix="None" Base="Counts" /></Recording>
</RawDataView></DataViews>"""
        rows = "".join(
            f"<Datum>{seconds(i)},1,"
            + "".join(f"{(start + step * i) / (1 + k)}," for k in range(len(axes)))
            + f"{value:g}</Datum>"
            for i, value in enumerate(y)
        )
        infos = "".join(f'<ScanAxisInfo AxisId="{axis}" />' for axis in axes)
        return f"""<?xml version="1.0"?><RawData><DataRoutes>
<DataRoute RouteFlag="Measured"><ScanInformation VisibleName="{scan}">
<ScanAxes>{infos}</ScanAxes></ScanInformation>{rows}{described if views else ""}</DataRoute>
</DataRoutes><FixedInformation><Tube><TubeMaterial Value="Cu" />
<WaveLengthAlpha1 Unit="A" Value="1.5406" /><WaveLengthAlpha2 Unit="A" Value="1.54439" />
<WaveLengthRatio Value="0.5" /></Tube></FixedInformation></RawData>"""

    @staticmethod
    def ras_scan(
        y: FloatArray,
        *,
        axis: str = "TwoThetaTheta",
        factors: Callable[[int], float] = lambda _: 1.0,
        omega: float = 5.0,
        wave: str = "Ka",
        announced: int | None = None,
    ) -> str:
        rows = "".join(
            f"{10.0 + 0.05 * i:.4f} {value / factors(i):.4f} {factors(i):.4f}\n"
            for i, value in enumerate(y)
        )
        return f"""*RAS_HEADER_START
*HW_XG_TARGET_NAME "Cu"
*HW_XG_WAVE_LENGTH_ALPHA1 "1.540593"
*HW_XG_WAVE_LENGTH_ALPHA2 "1.544414"
*HW_XG_WAVE_LENGTH_BETA "1.392250"
*MEAS_COND_AXIS_NAME_INTERNAL-1 "Omega"
*MEAS_COND_AXIS_POSITION-1 "{omega:.4f}"
*MEAS_COND_XG_WAVE_TYPE "{wave}"
*MEAS_DATA_COUNT "{len(y) if announced is None else announced:.4f}"
*MEAS_SCAN_AXIS_X_INTERNAL "{axis}"
*RAS_HEADER_END
*RAS_INT_START
{rows}*RAS_INT_END
"""

    @staticmethod
    def ras(scans: Sequence[str]) -> bytes:
        return f"*RAS_DATA_START\n{''.join(scans)}*RAS_DATA_END\n".encode()

    @classmethod
    def rasx(
        cls, ranges: Sequence[FloatArray], *, axis: str = "TwoTheta", omega_step: float = 0.0
    ) -> bytes:
        members: dict[str, str | bytes] = {"root.xml": "<Root />"}
        for number, y in enumerate(ranges):
            rows = "".join(f"{10 + 0.05 * i:.4f}\t{v:.4f}\t1\r\n" for i, v in enumerate(y))
            members[f"Data{number}/Profile0.txt"] = "\ufeff" + rows
            members[f"Data{number}/MesurementConditions0.xml"] = f"""<MeasurementConditions>
<XrayGenerator><TargetName>Cu</TargetName><WaveType>Ka</WaveType>
<WavelengthKalpha1>1.540593</WavelengthKalpha1><WavelengthKalpha2>1.544414</WavelengthKalpha2>
</XrayGenerator><Axes><Axis Name="Omega" Position="{20.0 + omega_step * number}" /></Axes>
<ScanInformation><AxisName>{axis}</AxisName><DataCount>{len(y)}</DataCount></ScanInformation>
</MeasurementConditions>"""
        return cls.archive(members)

    @staticmethod
    def nexus(
        y: FloatArray,
        *,
        axis: str = "two_theta",
        values: FloatArray | None = None,
        units: str = "deg",
        wavelength: tuple[float, str] | None = (1.5405, "angstrom"),
    ) -> bytes:
        h5py: Any = pytest.importorskip("h5py")
        stream = io.BytesIO()
        with h5py.File(stream, "w") as file:
            entry = file.create_group("entry")
            entry.attrs["NX_class"] = "NXentry"
            data = entry.create_group("data")
            data.attrs.update({"NX_class": "NXdata", "signal": "counts", "axes": [axis]})
            data["counts"] = y
            x = 10.0 + 0.05 * np.arange(y.shape[0]) if values is None else values
            data[axis] = x
            data[axis].attrs["units"] = units
            if wavelength:
                entry["wavelength"] = wavelength[0]
                entry["wavelength"].attrs["units"] = wavelength[1]
        return stream.getvalue()

    @classmethod
    def one_of_each(cls) -> dict[str, bytes]:
        """A good file of every format, by a name with its usual suffix."""
        y = [made_counts()]
        files = {
            "version 1.raw": cls.raw_1(y),
            "version 2.raw": cls.raw_2(y),
            "version 3.raw": cls.raw_3(y),
            "version 4.raw": cls.raw_4(y),
            "stoe.raw": cls.stoe(y[0]),
            "a.xrdml": cls.xrdml([cls.xrdml_scan(y[0])]),
            "a.brml": cls.archive({"Experiment0/RawData0.xml": cls.brml_range(y[0])}),
            "a.ras": cls.ras([cls.ras_scan(y[0])]),
            "a.rasx": cls.rasx(y),
        }
        return {**files, **{name: text.encode() for name, text in TEXTS.items()}}


@pytest.fixture(scope="session")
def instrument_files() -> type[InstrumentFiles]:
    """Makes files of the instruments' formats."""
    return InstrumentFiles


@pytest.fixture
def save(tmp_path: Path) -> Callable[[bytes, str], Path]:
    """Writes a file to a folder of the test."""

    def save_bytes(data: bytes, name: str) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return save_bytes

"""Patterns as a powder block of CIF, by the dictionary ``cif_pd.dic``.

Source: B. H. Toby, International Tables for Crystallography G (2005), chapters 3.3 and 4.2.
"""

import re

from crystinet.patterns.pattern import Pattern
from crystinet.patterns.writers.text import wavelength_is_known

# Tags of cif_core.dic and cif_pd.dic, whose units are those of our metadata.
_SAID = {
    "_pd_spec_description": "sample",
    "_diffrn_measurement_device_type": "instrument",
    "_diffrn_source_target": "anode",
    "_diffrn_source_voltage": "voltage_kv",
    "_diffrn_source_current": "current_ma",
    "_diffrn_detector_type": "detector",
    "_diffrn_radiation_monochromator": "monochromator",
    "_diffrn_ambient_temperature": "temperature_k",
    "_pd_meas_datetime_initiated": "measured_at",
    "_pd_meas_info_author_name": "operator",
    "_pd_meas_step_count_time": "step_time_s",
}


def pdcif_text(pattern: Pattern) -> str:
    """One data block: radiation, sample and instrument where they are known, and every point."""
    said = pattern.metadata
    lines = ["#\\#CIF_1.1", f"data_{_block_name(pattern.name)}", "_diffrn_radiation_probe x-ray"]
    for tag, field in _SAID.items():
        if field in said:
            value = said[field]
            lines.append(f"{tag} {_quoted(value) if isinstance(value, str) else value}")
    if wavelength_is_known(pattern):
        lines += ["loop_", "_diffrn_radiation_wavelength_id", "_diffrn_radiation_wavelength"]
        lines.append("_diffrn_radiation_wavelength_wt")
        radiation = pattern.radiation
        pairs = zip(radiation.wavelengths_angstrom, radiation.weights, strict=True)
        lines += [f"{n} {value!r} {weight!r}" for n, (value, weight) in enumerate(pairs, start=1)]
    x = pattern.two_theta_deg[pattern.mask].tolist()
    y = pattern.intensity[pattern.mask].tolist()
    lines += [f"_pd_meas_number_of_points {len(x)}"]
    lines += ["loop_", "_pd_meas_2theta_scan", "_pd_meas_intensity_total"]
    lines += [f"{angle!r} {counts!r}" for angle, counts in zip(x, y, strict=True)]
    return "\n".join(lines) + "\n"


def _block_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_")[:60] or "pattern"


def _quoted(text: str) -> str:
    """Quote text as CIF 1.1 does: ASCII, within quotes that it does not hold."""
    plain = " ".join(text.encode("ascii", "replace").decode().split())
    return f'"{plain}"' if '"' not in plain else "'" + plain.replace("'", "") + "'"

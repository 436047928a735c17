"""What a CIF says about the measurement of a pattern."""

from collections.abc import Mapping

import gemmi

from crystinet.patterns.metadata import NUMBERS, Metadata, clean_text
from crystinet.patterns.readers.formats.pdcif_radiation import text_of

# Tags of the dictionaries cif_core.dic and cif_pd.dic, the best first; units are fixed there.
_TAGS = {
    "sample": (
        "_chemical_name_common",
        "_chemical_name_mineral",
        "_chemical_name_systematic",
        "_chemical_formula_sum",
    ),
    "title": ("_pd_block_id",),
    "comment": ("_pd_spec_description", "_pd_meas_special_details"),
    "operator": ("_pd_meas_info_author_name",),
    "instrument": ("_diffrn_measurement_device_type", "_diffrn_measurement_device"),
    "measured_at": ("_pd_meas_datetime_initiated",),
    "anode": ("_diffrn_source_target",),
    "scan_mode": ("_pd_meas_scan_method",),
    "detector": ("_diffrn_detector_type", "_diffrn_detector"),
    "monochromator": (
        "_diffrn_radiation_monochromator",
        "_pd_instr_monochr_pre_spec",
        "_pd_instr_monochr_post_spec",
    ),
    "voltage_kv": ("_diffrn_source_voltage",),
    "current_ma": ("_diffrn_source_current",),
    "step_time_s": ("_pd_meas_step_count_time",),
    "temperature_k": ("_diffrn_ambient_temperature",),
}


def metadata_of_block(block: gemmi.cif.Block, common: Mapping[str, str]) -> Metadata:
    """What a block says, and else what `common_texts` found in the others."""
    said: dict[str, object] = {"format": "pdCIF"}
    for field, tags in _TAGS.items():
        texts = (clean_text(text_of(block, tag) or common.get(tag)) for tag in tags)
        text = next(filter(None, texts), "")
        # Without the deviation in brackets: "293(2)".
        said[field] = gemmi.cif.as_number(text) if field in NUMBERS else text
    return Metadata(said)


def common_texts(document: gemmi.cif.Document) -> dict[str, str]:
    """Texts by their tags about which all blocks of a file agree that give one."""
    found: dict[str, str] = {}
    for tag in (tag for field, tags in _TAGS.items() if field != "title" for tag in tags):
        texts = {text for block in document if (text := text_of(block, tag))}
        if len(texts) == 1:
            found[tag] = texts.pop()
    return found

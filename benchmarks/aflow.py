"""Agreement of our structure types with the AFLOW prototypes that pymatgen recognises.

Usage::

    python benchmarks/aflow.py TABLE.parquet [--sample 300] [--seed 1] [--most-atoms 20] [--json]

Takes a random sample of ordered compounds that were made, with few atoms in the cell, asks
pymatgen's ``AflowPrototypeMatcher`` for the prototypes of each, and compares. The matcher allows
20 % in lengths and several prototypes for one structure, and it has no name for many types; only
structures with a prototype whose type is listed below are counted.
"""

import argparse
import json
import random
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from crystinet.corpus.intake.table import TableRow, read_table
from crystinet.crystals.assignment import assign
from crystinet.crystals.expansion import expand

#: AFLOW label (and Strukturbericht symbol where a label has several) to types, several where AFLOW
#: draws no line. Matched by hand from the descriptions of both catalogues.
TYPES = """
A_cF4_225_a: fcc(ccp)-Cu | A_cI2_229_a: bcc-W | A_hP2_194_c: hcp-Mg | A_cF8_227_a: Diamond-C
A_hP4_194_ac: La(dhcp) | A_hP4_194_bc: Graphite(2H) | A_oF128_70_4h: Sulfur-S8
AB_cF8_225_a_b: NaCl | AB_cP2_221_b_a: CsCl | AB_cF8_216_c_a: Sphalerite-ZnS(cF8)
AB_hP4_186_b_b: Wurtzite-ZnS(2H) | AB_hP4_194_c_a: Nickeline-NiAs | AB_hP2_187_d_a: WC
AB_cF16_227_a_b: NaTl | AB_tP2_123_a_d: Tetragonal-AuCu | AB_tP4_131_c_e: PdO-PtS
AB_tP4_129_a_c: PbO-SnO | AB_oC8_63_c_c: CrB, TlI, CaSi-AlTh | AB_hP6_154_a_b: Cinnabar-HgS
AB_oP8_62_c_c/B16: GeS | AB_oP8_62_c_c/B27: FeB | AB_oP8_62_c_c/B29: GeS
AB_oP8_62_c_c/B31: MnP | AB_mC8_15_c_e: Tenorite-CuO
AB2_cF12_225_a_c: Fluorite-CaF2 | AB2_cP12_205_a_c: Pyrite-FeS2(cP12), CO2(cP12)
A2B_cF24_227_d_a: Laves(cub)-MgCu2 | AB2_hP12_194_f_ah: Laves(2H)-MgZn2
A2B_tP6_136_f_a: Rutile-TiO2 | A2B_tI12_141_e_a: Anatase-TiO2 | AB2_hP3_164_a_d: CdI2
AB2_hP3_191_a_d: AlB2 | AB2_hP6_194_c_ad: Ni2In | AB2_hP6_194_c_f: MoS2(2H)
A2B_oP12_62_2c_c: PbCl2-Co2Si | A2B_tI12_140_h_a: Al2Cu | A2B_cP6_224_b_a: Cuprite-Cu2O
AB2_tI6_139_a_e: MoSi2, Zr2Cu, CaC2 | AB2_oP6_58_a_g/C18: Marcasite-FeS2
AB2_oP6_58_a_g/C35: CaCl2(oP6) | A2B_hP9_152_c_a: Quartz-alpha
A2B_tP12_92_b_a: Cristobalite-alpha | A2B_oP24_61_2c_c: Brookite-TiO2
A2B_mP12_14_2e_e: Baddeleyite-ZrO2 | A2B_tP6_129_ac_c: Cu2Sb | A2B_mC48_15_ae3f_2f: Coesite
A2B_hP9_189_fg_bc: ZrNiAl-Fe2P | A2B3_hR10_167_c_e: Corundum-Al2O3
A2B3_hR5_166_c_ac: Tetradymite-Bi2Te3 | A3B2_hP5_164_ad_d: Al3Ni2, La2O3
AB3C6_cI80_206_a_d_e: Bixbyite-Mn2O3 | A3B4_tI28_141_ad_h: Hausmannite-Mn3O4
A3B_cI32_204_g_c: Skutterudite-CoAs3 | A3B_cP4_221_d_a: ReO3 | AB3_cP4_221_a_c: Auricupride-AuCu3
A3B_cP8_223_c_a: Cr3Si | AB3_cF16_225_a_bc: BiF3-BiLi3 | A3B_hP8_194_h_c: Ni3Sn
A3B_tI8_139_bd_a: TiAl3 | AB3_oP16_62_c_cd: Cementite-Fe3C | AB3_hP8_194_c_bf: Na3As
AB3_hR8_148_c_f: BiI3 | AB3_mC16_12_g_ij: AlCl3-CrCl3 | A3B_hP24_165_adg_f: LaF3-tysonite, Cu3P
A4B_tI10_139_de_a: BaAl4 | AB5_cF24_216_a_ce: AuBe5 | AB5_hP6_191_a_cg: CaCu5
A6B_cP7_221_f_a: CaB6 | A6B23_cF116_225_e_acfh: Th6Mn23 | A12B_tI26_139_fij_a: ThMn12
AB2C_cF16_225_a_c_b: Heusler-AlCu2Mn | ABC_cF12_216_b_c_a: Heusler-AlLiSi
A2BC4_cF56_227_d_a_e: Spinel-Al2MgO4 | AB3C_cP5_221_a_c_b: Perovskite-CaTiO3
AB3C_oP20_62_c_cd_a: Perovskite-GdFeO3 | A3BC_tP5_99_bc_a_b: Perovskite-PbTiO3
AB3C_hR10_148_c_f_c: Ilmenite-FeTiO3 | ABC3_hR10_161_a_a_b: LiNbO3
ABC3_hR10_167_a_b_e: Calcite-CaCO3(hR10), Perovskite-NdAlO3
ABC2_tI16_122_a_b_d: Chalcopyrite-CuFeS2 | ABC2_hR4_166_a_b_c: Delafossite-NaCrS2
ABC_tP6_129_c_a_c: PbClF | ABCD_tP8_129_c_b_a_c: ZrCuSiAs-CuHfSi2
A4BC_tI24_141_h_b_a: Zircon-ZrSiO4 | AB2C4_tI14_139_a_e_ce: K2MgF4
ABC_hP6_194_c_d_a: ZrBeSi | A9B16C7_cF128_225_acd_2f_be: Mg6Cu16Si7
ABC6D2_mC40_15_e_e_3f_f: Pyroxene-CaMg(SiO3)2
"""


def known_types() -> dict[str, set[str]]:
    """Types by AFLOW label, with the Strukturbericht symbol where the table has one."""
    entries = (entry.split(": ") for entry in TYPES.replace("\n", " | ").split(" | ") if entry)
    return {label: set(names.split(", ")) for label, names in entries}


def sample_of(path: Path, *, size: int, seed: int, most_atoms: int) -> list[TableRow]:
    """Choose ordered structures of compounds that were made, at random."""
    rows = [
        row
        for row in read_table(path)
        if row.known_experimentally
        and not row.formula.endswith("%")
        and len(row.structure.sites) <= most_atoms
    ]
    chosen: list[TableRow] = []
    random.Random(seed).shuffle(rows)  # noqa: S311
    for row in rows:
        if len(chosen) == size:
            break
        if len(expand(row.structure).species) <= most_atoms:
            chosen.append(row)
    return chosen


def prototypes(matcher: Any, row: TableRow) -> set[str]:
    """Types that the AFLOW prototypes of a structure stand for; empty for none or unlisted ones."""
    from pymatgen.core import Lattice, Structure

    cell = expand(row.structure)
    elements = [kind[0][0] for kind in cell.species]
    structure = Structure(Lattice(cell.basis), elements, cell.positions)
    listed = known_types()
    found: set[str] = set()
    for entry in matcher.get_prototypes(structure) or ():
        tags = entry["tags"]
        label = tags["aflow"]
        found |= listed.get(label, listed.get(f"{label}/{tags['strukturbericht']}", set()))
    return found


def main() -> None:
    """Print the agreement."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most-atoms", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    from pymatgen.analysis.prototypes import AflowPrototypeMatcher

    matcher = AflowPrototypeMatcher()
    counts: Counter[str] = Counter()
    differing = []
    started = time.perf_counter()
    rows = sample_of(
        options.table, size=options.sample, seed=options.seed, most_atoms=options.most_atoms
    )
    for number, row in enumerate(rows, start=1):
        ours = assign(row.structure).type
        theirs = prototypes(matcher, row)
        name = ours.name if ours else ""
        if not theirs:
            counts["no listed prototype, but a type" if name else "neither"] += 1
        else:
            verdict = "agree" if name in theirs else "no type" if not name else "another type"
            counts[verdict] += 1
            if verdict != "agree":
                differing.append(f"{row.formula} ({row.source_id}): {name or 'none'}; {theirs}")
        if number % 50 == 0:
            print(f"{number} of {len(rows)}, {time.perf_counter() - started:.0f} s",
                  file=sys.stderr, flush=True)  # fmt: skip
    if options.json:
        print(json.dumps({"counts": counts, "differing": differing}))
        return
    compared = counts["agree"] + counts["no type"] + counts["another type"]
    print(f"{len(rows)} structures; {compared} with a listed prototype: {dict(counts)}")
    print(f"agreement {counts['agree'] / max(compared, 1):.1%}")
    print("\n".join(differing))


if __name__ == "__main__":
    main()

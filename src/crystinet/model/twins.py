"""Structure types that one powder pattern hardly tells apart, and how an answer names both."""

from collections.abc import Sequence
from dataclasses import replace

from crystinet.model.candidate import NAMED_FROM, NEAR_TIE
from crystinet.model.identification import Identification, Verdict

#: Families of such types, each by the name of the bundle. Measured on held-back compounds: with the
#: lattices fitted and a tenth of noise on the intensities another type of the family is as near as
#: the own one. Cubic types with atoms on the same few points; layered CdI2 and La2O3 with heavy
#: atoms; parents and derivatives whose further lines are weak; distorted perovskites.
FAMILIES: tuple[frozenset[str], ...] = (
    frozenset(
        {
            "fcc(ccp)-Cu",
            "NaCl",
            "Fluorite-CaF2",
            "Sphalerite-ZnS(cF8)",
            "Heusler-AlCu2Mn",
            "K2PtCl6",
            "Auricupride-AuCu3",
        }
    ),
    frozenset({"CsCl", "Heusler-AlCu2Mn", "Perovskite-CaTiO3", "Auricupride-AuCu3"}),
    frozenset(
        {
            "Perovskite-SrTiO3",
            "Perovskite-PbTiO3",
            "Perovskite-CaTiO3",
            "Perovskite-GdFeO3",
            "Perovskite-NdAlO3",
            "Perovskite-Ba2LaRuO6",
            "Elpasolite-K2NaAlF6",
            "Sr2NiWO6",
        }
    ),
    frozenset({"CdI2", "La2O3"}),
    frozenset({"TlI", "CaSi-AlTh"}),
    frozenset({"AlB2", "ZrBeSi", "BaCuSn2"}),
    frozenset({"Corundum-Al2O3", "Ilmenite-FeTiO3", "LiNbO3"}),
    frozenset({"Sphalerite-ZnS(cF8)", "Chalcopyrite-CuFeS2"}),
    frozenset({"Nickeline-NiAs", "MnP"}),
    frozenset({"Wurtzite-ZnS(2H)", "hcp-Mg"}),
)

TWINS = "Powder diffraction hardly tells these types apart."
NEARLY_EQUAL = "Two types that are not alike fit nearly equally well: compare the first candidates."


def are_twins(one: str, other: str) -> bool:
    """Whether a powder pattern hardly tells two types apart."""
    return any({one, other} <= family for family in FAMILIES)


def has_twins(name: str) -> bool:
    """Whether a powder pattern hardly tells a type from some other."""
    return any(name in family for family in FAMILIES)


def named_twins(
    types: Sequence[str], probabilities: Sequence[float]
) -> tuple[tuple[str, ...], bool]:
    """Twins that a known answer names beside the first, and whether something else is as good.

    Parameters
    ----------
    types, probabilities
        Of the candidates, the best first.
    """
    best, *others = zip(types, probabilities, strict=True)
    near = [(name, p) for name, p in others if p >= NAMED_FROM]
    twins = tuple(name for name, _ in near if are_twins(best[0], name))
    tie = any(p > NEAR_TIE * best[1] and name not in twins for name, p in near)
    return twins, tie


def with_twins(found: Identification) -> Identification:
    """A known answer with its twins named; uncertain where the next best is no twin and as good."""
    if found.verdict is not Verdict.KNOWN:
        return found
    twins, tie = named_twins(
        [each.type for each in found.candidates], [each.probability for each in found.candidates]
    )
    if tie:
        return replace(found, verdict=Verdict.UNCERTAIN, reason=NEARLY_EQUAL)
    beside = tuple(each for each in found.candidates if each.type in twins)
    return replace(found, twins=beside, reason=TWINS) if twins else found

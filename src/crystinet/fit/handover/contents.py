"""What stands on the sites of a fitted phase for a program that cannot leave it open."""

from collections.abc import Sequence

from crystinet.crystals.formulas import readable_formula
from crystinet.crystals.structure import Site, Structure
from crystinet.fit.whole_pattern.fitted_phase import FittedPhase, FittedSite
from crystinet.simulation.scattering import atomic_number

#: What the start has on a site is kept where its electrons are within so many uncertainties, or
#: this part, of those that the fit found.
_UNCERTAINTIES, _PART = 2.0, 0.1
#: Beyond that, occupancies are lowered to this part at most; else another element fits better.
_LEAST_OCCUPANCY = 0.7


def labels_of(sites: Sequence[FittedSite]) -> list[str]:
    """Unique names of the sites."""
    labels = [site.label or site.species[0][0] for site in sites]
    return labels if len(set(labels)) == len(labels) else [f"{x}_{i}" for i, x in enumerate(labels)]


def species_of_sites(phase: FittedPhase) -> list[tuple[tuple[str, float], ...]]:
    """Elements and occupancies of each site that scatter as the sites of the fit do.

    Where the elements were given, or those of the start have about the electrons of the fit, they
    stand as they are. Else the occupancies are lowered to the electrons of the fit, or the
    likeliest element that fits stands there alone. Only ratios are known, so that no position need
    be more than full.
    """
    species = [_species_for(site) for site in phase.sites]
    fullest = max((sum(share for _, share in own) for own in species), default=1.0)
    if fullest <= 1.0:
        return species
    return [tuple((name, share / fullest) for name, share in own) for own in species]


def _species_for(site: FittedSite) -> tuple[tuple[str, float], ...]:
    held = sum(share * atomic_number(name) for name, share in site.species)
    wanted = site.electrons
    if site.determined or held <= 0.0 or wanted <= 0.0:
        return site.species
    if abs(wanted - held) <= max(_UNCERTAINTIES * site.electrons_uncertainty, _PART * held):
        return site.species
    if site.elements and not _LEAST_OCCUPANCY <= wanted / held <= 1.0:
        return ((site.elements[0], wanted / atomic_number(site.elements[0])),)
    return tuple((name, share * wanted / held) for name, share in site.species)


def handed_over(phase: FittedPhase) -> Structure | None:
    """The structure that other programs are given; None where only the lattice was fitted."""
    if not phase.sites:
        return None
    sites = [
        Site(species, site.xyz, label, site.b_iso)
        for site, species, label in zip(
            phase.sites, species_of_sites(phase), labels_of(phase.sites), strict=True
        )
    ]
    return Structure(phase.cell, phase.hall_symbol, tuple(sites), title_of(phase))


def title_of(phase: FittedPhase) -> str:
    """What a phase is called: by the formula of its start, or its type."""
    return readable_formula(phase.start_formula) or phase.type or "phase"


def is_open(phase: FittedPhase) -> bool:
    """Whether the elements on any site are those of the start, not of the sample."""
    return any(not site.determined for site in phase.sites)

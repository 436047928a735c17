"""The answer for a mixture: phases refined to the end."""

from collections.abc import Sequence

from crystinet.core.progress import Progress, silent
from crystinet.fit.whole_pattern.answer import Fit
from crystinet.fit.whole_pattern.assembly import structure_answer
from crystinet.fit.whole_pattern.atom_starts import AtomStart
from crystinet.fit.whole_pattern.composition import Composition
from crystinet.fit.whole_pattern.final_fit import fit_finally
from crystinet.fit.whole_pattern.fit_verdict import doubted_by_lines, verdict_on
from crystinet.fit.whole_pattern.mixture import MixtureFit
from crystinet.fit.whole_pattern.prior import Prior
from crystinet.fit.whole_pattern.refinement import Refinement
from crystinet.patterns.sample import Sample
from crystinet.simulation.scattering import element_of


def mixture_answer(
    refinement: Refinement,
    sample: Sample,
    found: MixtureFit,
    *,
    known: Sequence[Composition] = (),
    progress: Progress = silent,
) -> Fit:
    """Refine phases to the end and say what came out.

    Parameters
    ----------
    refinement
        What fits.
    sample
        The pattern.
    found
        The phases.
    known
        The compositions that they were found with.
    progress
        Told what is being refined.
    """
    progress("refine", 0, 1, note=" + ".join(start.type for start in found.starts))
    told = [_composition_of(start, known) for start in found.starts]
    priors = [
        Prior.of(atoms.contents, known=each is not None)
        for atoms, each in zip(found.joint.atoms, told, strict=True)
    ]
    final = fit_finally(found.lattice, found.joint, found.joint.atoms, priors)
    places = len(found.lattice.model)
    judged = [
        verdict_on(
            found.lattice.residual,
            found.residual,
            places=places,
            pull=prior.pull(values, atoms.contents),
        )
        for prior, values, atoms in zip(priors, found.joint.values, found.joint.atoms, strict=True)
    ]
    fit = structure_answer(
        found.starts,
        found.lattice,
        final,
        judged=judged,
        known=told,
        name=sample.raw.name,
        monochromator_deg=refinement.monochromator_deg,
    )
    return doubted_by_lines(fit)


def _composition_of(start: AtomStart, known: Sequence[Composition]) -> Composition | None:
    """The composition whose elements a start holds."""
    held = {element_of(name) for site in start.structure.sites for name, _ in site.species}
    held -= {"H", "D", "T"}
    return next((each for each in known if set(each.elements) == held), None)

"""The answer for a mixture: phases refined to the end, with the compositions that are known."""

from collections.abc import Sequence

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.progress import Progress, silent
from crystinet.fit.whole_pattern.answer import Fit
from crystinet.fit.whole_pattern.assembly import structure_answer
from crystinet.fit.whole_pattern.atom_starts import AtomStart
from crystinet.fit.whole_pattern.atoms import AtomModel
from crystinet.fit.whole_pattern.candidate import atoms_on
from crystinet.fit.whole_pattern.composition import Composition
from crystinet.fit.whole_pattern.final_fit import fit_finally
from crystinet.fit.whole_pattern.fit_verdict import verdict_on
from crystinet.fit.whole_pattern.intensity_fit import fit_intensities
from crystinet.fit.whole_pattern.joint_fit import JointFit, fit_jointly
from crystinet.fit.whole_pattern.mixture import MixtureFit
from crystinet.fit.whole_pattern.normal import Normal
from crystinet.fit.whole_pattern.prior import Prior
from crystinet.fit.whole_pattern.refinement import Refinement
from crystinet.patterns.sample import Sample


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
        Compositions of phases, in any order, if they were given.
    progress
        Told what is being refined.
    """
    progress("refine", 0, 1, note=" + ".join(start.type for start in found.starts))
    joint = found.joint
    starts = list(found.starts)
    told: list[Composition | None] = [None] * len(starts)
    if known:
        starts, told, joint = _with_compositions(refinement, found, known)
    priors = [
        Prior.of(a.contents, known=k is not None) for a, k in zip(joint.atoms, told, strict=True)
    ]
    final = fit_finally(found.lattice, joint, joint.atoms, priors)
    judged = verdict_on(found.lattice.residual, found.residual)
    return structure_answer(
        starts,
        found.lattice,
        final,
        judged=[judged] * len(starts),
        known=told,
        name=sample.raw.name,
        monochromator_deg=refinement.monochromator_deg,
    )


def _with_compositions(
    refinement: Refinement, found: MixtureFit, known: Sequence[Composition]
) -> tuple[list[AtomStart], list[Composition | None], JointFit]:
    """The phases with the elements that are known, each composition on the phase that it fits."""
    starts = list(found.starts)
    told: list[Composition | None] = [None] * len(starts)
    atoms, values = list(found.joint.atoms), list(found.joint.values)
    places = found.joint.profile.places
    for composition in known:
        best: tuple[float, int, AtomStart, AtomModel, FloatArray] | None = None
        for number, start in enumerate(found.starts):
            if told[number] is not None:
                continue
            form = _of_phase(found.joint, places[number])
            for held in composition.starts(start):
                model = atoms_on(
                    found.lattice, held, number=number, instrument=refinement.instrument
                )
                prior = Prior.of(model.contents, known=True)
                fitted = fit_intensities(
                    model, form, prior, correlated=found.joint.points.correlated
                )
                if best is None or fitted.score < best[0]:
                    best = fitted.score, number, held, model, fitted.values
        if best is not None:
            _, number, starts[number], atoms[number], values[number] = best
            told[number] = composition
    priors = _priors(atoms, told)
    joint = fit_jointly(
        found.joint.points,
        found.lattice,
        atoms,
        priors,
        values,
        parameters=found.joint.parameters,
    )
    return starts, told, joint


def _of_phase(joint: JointFit, places: IntArray) -> Normal:
    """The misfit as a function of the areas of one phase, the others as they are."""
    others = joint.area.copy()
    others[places] = 0.0
    form = joint.normal
    return Normal(
        form.misfit(others),
        (form.gradient - form.matrix @ others)[places],
        form.matrix[np.ix_(places, places)],
        form.cross[places],
        form.spline_gradient,
    )


def _priors(atoms: Sequence[AtomModel], told: Sequence[Composition | None]) -> list[Prior]:
    return [Prior.of(a.contents, known=k is not None) for a, k in zip(atoms, told, strict=True)]

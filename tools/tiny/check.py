"""Check what `just rebuild-tiny` made: the data set's identity, and that the bundle answers.

    python tools/tiny/check.py FOLDER

Exits with what is wrong.
"""

import json
import sys
from pathlib import Path

import crystinet
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.datasets.identity import identity_of

#: Of the data set, on every processor. It changes where structures, types, splits or lines do: then
#: say so in the changelog, because the data set of the bundle in the package has changed too.
IDENTITY = "238c44c4fc5256b9"
#: Types that the networks were taught.
TYPES = (*("NaCl", "Fluorite-CaF2", "CsCl", "Rutile-TiO2", "Perovskite-CaTiO3", "Spinel-Al2MgO4"),)
#: What the smallest networks must reach on held-out compounds; guessing comes to a sixth.
LEAST_TOP1 = 0.5
#: And of simulated patterns of the six references so many must be named rightly.
LEAST_NAMED = 4


def wrong_with(folder: Path) -> list[str]:
    """Say everything that is not as it should be."""
    wrong = []
    identity = identity_of(Dataset.load(folder / "dataset.npz"))
    if identity != IDENTITY:
        wrong.append(f"the data set has the identity {identity}, not {IDENTITY}")
    told = json.loads((folder / "evaluation.json").read_text("utf-8"))
    top1 = told["simulated"]["accuracy"]["top1"]
    if top1 < LEAST_TOP1:
        wrong.append(f"top-1 of the bundle on held-out compounds is {top1:.0%}")
    if told["model"]["id"] not in (folder / "MODEL_CARD.md").read_text("utf-8"):
        wrong.append("the model card is that of another bundle")
    return wrong + _answers(folder)


def _answers(folder: Path) -> list[str]:
    """Ask the bundle and the index about a simulated pattern of each type."""
    bundle, index = folder / "run" / "bundle", folder / "compounds.npz"
    right, wrong = 0, []
    references = {kind.name: kind.reference for kind in crystinet.types()}
    for name in TYPES:
        pattern = crystinet.simulate(references[name], counts=10_000, seed=1)
        found = crystinet.identify(pattern, model=bundle)
        right += found.candidates[0].type == name
        points = crystinet.nearest(
            pattern, model=bundle, index=index, candidates=len(TYPES), lattice=False
        )
        known = {point.type: point.nearest for point in points}
        if not known.get(name):
            wrong.append(f"the index names no compound like {name}")
    if right < LEAST_NAMED:
        wrong.append(f"the bundle names {right} of {len(TYPES)} simulated patterns rightly")
    print(f"{right} of {len(TYPES)} simulated patterns are named rightly.")
    return wrong


def main() -> None:
    """Check a folder; exits with what is wrong."""
    wrong = wrong_with(Path(sys.argv[1]))
    if wrong:
        sys.exit("rebuild: " + "; ".join(wrong))
    print(f"The data set has the identity {IDENTITY}.")


if __name__ == "__main__":
    main()

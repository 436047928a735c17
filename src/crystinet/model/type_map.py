"""The noun `TypeMap`: Grad-CAM averaged over the compounds of a structure type."""

from dataclasses import asdict, dataclass

from crystinet.core.arrays import FloatArray
from crystinet.model.heat import Score


@dataclass(frozen=True, slots=True, eq=False)
class TypeMap:
    """Where the network looks in the patterns of one type.

    Attributes
    ----------
    type
        Its name.
    score
        What was differentiated.
    compounds
        Number of compounds that were averaged, one pattern each.
    ranked_first
        Share of these patterns whose first candidate is the type.
    two_theta_deg
        Shape (n,): middles of the bins of the networks' axis, degrees for its wavelength.
    heat, heat_spread
        Shape (n,): mean and standard deviation over the compounds of Grad-CAM, each compound's
        highest value being 1.
    intensity
        Shape (n,): mean of the patterns as the networks see them.
    dataset_sha256, model_id, model_version, seed
        What they come from.
    """

    type: str
    score: Score
    compounds: int
    ranked_first: float
    two_theta_deg: FloatArray
    heat: FloatArray
    heat_spread: FloatArray
    intensity: FloatArray
    dataset_sha256: str
    model_id: str
    model_version: str
    seed: int

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        table = asdict(self)
        for name in ("two_theta_deg", "heat", "heat_spread", "intensity"):
            table[name] = [round(float(value), 6) for value in getattr(self, name)]
        return {**table, "score": self.score.value}

"""Do the parts of a bundle fit each other? Every way in which they do not is a `BundleError`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crystinet.core.errors import BundleError
from crystinet.model.arrays import array_of_npy
from crystinet.model.backend import Network
from crystinet.model.bundle import Bundle
from crystinet.model.composition import WIDTH
from crystinet.model.manifest import (
    AVERAGES,
    CENTROIDS,
    COMPOSITION,
    FEATURES,
    HINT,
    PATTERN,
    SHARED,
    WHITENING,
    NetFile,
    is_plain,
)
from crystinet.model.network_checks import check_network
from crystinet.model.representation import BinnedAxis
from crystinet.model.screening import FEATURES as SCREENING_FEATURES

_MOST_TYPES, _LARGEST_NUMBER = 10_000, 1_000_000
_MOST_BINS = 200_000
#: Bins of all shifted copies of one pattern.
_MOST_SHIFTED = 4_000_000
_LARGEST_WEIGHT = 1e6

#: Sizes of all axes but the first, which is the batch; None where a size is open.
Shape = tuple[int | None, ...]


def check_bundle(bundle: Bundle, *, where: str) -> None:
    """Refuse a bundle that cannot answer, or whose answers would be wrong.

    ``where`` names it in messages.

    Raises
    ------
    BundleError
        Naming the part and what does not fit.
    """
    try:
        _check_files(bundle)
        _check_types(bundle)
        _check_settings(bundle)
        _check_networks(bundle)
        _check_arrays(bundle)
        _check_given(bundle)
    except BundleError as error:
        raise BundleError(f"Bundle {where}: {error.message}", hint=error.hint) from error


def _require(fits: bool, problem: str) -> None:
    if not fits:
        raise BundleError(problem, hint=HINT)


def _check_files(bundle: Bundle) -> None:
    _require(bool(bundle.net_files), "the manifest names no nets.")
    for entry in bundle.net_files:
        _require(
            entry.input in (FEATURES, PATTERN),
            f"{entry.file} reads {entry.input!r}, not {FEATURES!r} or {PATTERN!r}.",
        )
    of_shared = (SHARED, WHITENING, CENTROIDS) if bundle.has_shared else ()
    names = [AVERAGES, COMPOSITION, *of_shared, *(entry.file for entry in bundle.net_files)]
    names += [e.heads_file for e in bundle.net_files if e.heads_file in bundle.files]
    for name in names:
        _require(name in bundle.files, f"the manifest's sha256 lacks {name!r}.")
        _require(names.count(name) == 1, f"{name!r} is named for two purposes.")


def _check_types(bundle: Bundle) -> None:
    _require(bool(bundle.types), "the manifest names no types.")
    names = [name for entry in bundle.types for name in (entry.name, *entry.merged)]
    _require(len(names) <= _MOST_TYPES, f"the manifest names {len(names)} types.")
    for name in names:
        _require(bool(name.strip()), "a type has no name.")
        _require(is_plain(name), f"{name!r:.100} is no name of a type.")
        _require(names.count(name) == 1, f"the type {name!r} is listed twice.")
    for entry in bundle.types:
        for number in (entry.number, entry.net):
            fits = 0 <= number <= _LARGEST_NUMBER
            _require(fits, f"{number} is no number of the type {entry.name!r} or of its net.")
    columns = [entry.net for entry in bundle.types]
    runs = [net for i, net in enumerate(columns) if i == 0 or net != columns[i - 1]]
    groups = [group for entry in bundle.net_files for group in entry.groups]
    _require(
        runs == groups,
        f"the types stand in the order of the nets {_listed(runs)}, but the nets are listed as "
        f"{_listed(groups)}.",
    )
    _require(len(set(groups)) == len(groups), f"a net is listed twice: {_listed(groups)}.")


def _check_settings(bundle: Bundle) -> None:
    similarity, calibration = bundle.similarity, bundle.calibration
    n_bins = bundle.axis.length
    _require(n_bins >= 2, f"an axis of {n_bins} bins is too short.")
    _require(n_bins <= _MOST_BINS, f"an axis of {n_bins} bins is too long.")
    if isinstance(bundle.axis, BinnedAxis):
        area_bins = bundle.axis.area_bins
        _require(0 <= area_bins < n_bins, f"area_bins = {area_bins} is no window on {n_bins} bins.")
    _require(
        1 <= similarity.coarsen <= n_bins,
        f"coarsen = {similarity.coarsen} does not divide {n_bins} bins.",
    )
    _require(
        0 <= similarity.max_shift < n_bins // similarity.coarsen,
        f"max_shift = {similarity.max_shift} is no shift on {n_bins} bins.",
    )
    shifted = (2 * similarity.max_shift + 1) * (n_bins // similarity.coarsen)
    _require(
        shifted <= _MOST_SHIFTED,
        f"max_shift = {similarity.max_shift} is too many shifts on {n_bins} bins.",
    )
    n_weights = len(calibration.unknown_weights)
    _require(
        n_weights == len(SCREENING_FEATURES),
        f"{n_weights} unknown_weights instead of {len(SCREENING_FEATURES)}.",
    )
    n_shares, n_types = len(calibration.unknown_share_weights), len(bundle.types)
    _require(
        n_shares <= n_types, f"{n_shares} unknown_share_weights for {n_types} types: too many."
    )
    for name in ("alpha", "known_below", "unknown_above", "certain_above", "set_probability"):
        value = getattr(calibration, name)
        _require(0.0 <= value <= 1.0, f"{name} = {value:g} is outside 0 to 1.")
    _require(
        calibration.known_below <= calibration.unknown_above,
        f"known_below = {calibration.known_below:g} is above unknown_above = "
        f"{calibration.unknown_above:g}.",
    )
    weights = (
        calibration.score_weight,
        calibration.similarity_weight,
        calibration.composition_weight,
        *calibration.unknown_weights,
        *calibration.unknown_share_weights,
    )
    largest = max(map(abs, weights))
    _require(largest <= _LARGEST_WEIGHT, f"{largest:g} is no weight of the calibration.")
    _require(0.0 < calibration.r0 < 1.0, f"r0 = {calibration.r0:g} is outside 0 to 1.")
    winners, sizes = calibration.winners_of, tuple(bundle.group_sizes.values())
    _require(
        winners in ((), sizes),
        f"winners_of are nets of {_listed(winners)} types; the nets have {_listed(sizes)}.",
    )
    _require(
        bundle.has_shared or bool(winners),
        "the unknown score needs features of shared stages, and there are none.",
    )


def _check_networks(bundle: Bundle) -> None:
    for name in (*((SHARED,) if bundle.has_shared else ()), *(e.file for e in bundle.net_files)):
        check_network(bundle.files[name], name=name)
    inputs: dict[str, Shape] = {PATTERN: bundle.axis.input_shape}
    if bundle.has_shared:
        inputs[FEATURES] = _check_shared(bundle)
    for entry, net in zip(bundle.net_files, bundle.nets, strict=True):
        n_types = sum(bundle.group_sizes[group] for group in entry.groups)
        _check_shapes(net, "input", net.input_shapes, [inputs[entry.input]])
        outputs: list[Shape] = [(n_types,), (len(entry.groups),)]
        has_heads = entry.heads_file in bundle.files
        _require(
            has_heads or len(net.output_shapes) <= len(outputs),
            f"{entry.file} gives out its last maps, but {entry.heads_file} is not listed.",
        )
        if has_heads:
            outputs.append((None, 1, None))  # the last feature maps
        _check_shapes(net, "output", net.output_shapes, outputs)
        if has_heads:
            _check_heads(bundle, entry, channels=net.output_shapes[2][0])


def _check_heads(bundle: Bundle, entry: NetFile, *, channels: int | None) -> None:
    """Compare the weights of the branches of one file with its maps, (batch, channels, 1, n)."""
    name, m = entry.heads_file, len(entry.groups)
    rows = array_of_npy(bundle.files[name], name=name)
    n_rows = sum(bundle.group_sizes[group] for group in entry.groups) + m
    fits = rows.ndim == 2 and len(rows) == n_rows and rows.shape[1] >= 3 and rows.shape[1] % 2 == 1
    _require(fits, f"{name} has the shape {rows.shape}; {n_rows} branches need {n_rows} x odd.")
    maps = m * (rows.shape[1] // 2)
    _require(channels in (None, maps), f"{name} weighs {maps} maps; {entry.file} has {channels}.")
    _require(bool(np.isfinite(rows).all()), f"{name} holds NaN or infinity.")


def _check_shared(bundle: Bundle) -> Shape:
    """Shape of the features that the shared stages give."""
    shared = bundle.shared
    _check_shapes(shared, "input", shared.input_shapes, [bundle.axis.input_shape])
    n_outputs = len(shared.output_shapes)
    _require(n_outputs == 1, f"{SHARED} has {n_outputs} outputs, not 1.")
    return shared.output_shapes[0]


def _check_shapes(net: Network, what: str, found: Sequence[Shape], wanted: Sequence[Shape]) -> None:
    """Compare shapes without the axis of the batch; an open size fits every size."""
    fits = len(found) == len(wanted) and all(
        len(a) == len(b)
        and all(m is None or n is None or m == n for m, n in zip(a, b, strict=True))
        for a, b in zip(found, wanted, strict=True)
    )
    _require(
        fits,
        f"{net.name} has {what}s of the shapes {_shapes(found)}; the manifest and the other files "
        f"need {_shapes(wanted)}.",
    )


def _check_arrays(bundle: Bundle) -> None:
    n_types = len(bundle.types)
    coarse_bins = bundle.axis.length // bundle.similarity.coarsen
    arrays: list[tuple[str, NDArray[np.float32], Shape]] = [
        (AVERAGES, bundle.averages, (n_types, coarse_bins)),
        (COMPOSITION, bundle.composition.probability, (n_types, WIDTH)),
    ]
    if bundle.has_shared:
        space, channels = bundle.feature_space, bundle.shared.output_shapes[0][0]
        arrays += [
            (WHITENING, space.whitening, (2 * channels if channels else None, None)),
            (CENTROIDS, space.centroids, (n_types, space.whitening.shape[-1])),
        ]
    for name, array, wanted in arrays:
        fits = array.ndim == 2 and all(
            n is None or m == n for m, n in zip(array.shape, wanted, strict=True)
        )
        shown = " x ".join("any" if n is None else str(n) for n in wanted)
        _require(fits, f"{name} has the shape {array.shape}; the rest of the bundle needs {shown}.")
        _require(bool(np.isfinite(array).all()), f"{name} holds NaN or infinity.")
    p = bundle.composition.probability
    _require(bool(((p > 0.0) & (p < 1.0)).all()), f"{COMPOSITION} holds what is no probability.")


def _check_given(bundle: Bundle) -> None:
    names = {entry.name for entry in bundle.types}
    for name in bundle.given:
        _require(name in names, f"there are structures of {name!r}, which is none of its types.")


def _shapes(shapes: Sequence[Shape]) -> str:
    return " and ".join(
        f"({', '.join(['batch', *('any' if n is None else str(n) for n in shape)])})"
        for shape in shapes
    )


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"

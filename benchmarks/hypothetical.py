"""Measure whether hypothetical compounds help where a structure type has few known ones.

Usage::

    python benchmarks/hypothetical.py corpus.sqlite [--type NAME]... [--real 4] [--invented 60]
                                      [--patterns 120000] [--seed 1] [--json]

Real rare types have one to six held-out compounds, too few to measure anything. So well-known
types are made rare: of each, all but a few training compounds are put away, hypothetical ones are
invented from those few, and two unions are trained from nothing on the same number of patterns, one
with and one without the hypothetical compounds. Both are judged on the real held-out compounds of
these types, which neither has seen. Types are drawn equally often (balance 0), so that the one
difference is what the patterns of the rare types are drawn from. The two trainings run at once.
"""

import argparse
import json
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

#: Types of every crystal system with many held-out compounds, intermetallic and ionic.
TYPES = (
    "Spinel-Al2MgO4",
    "Garnet-Al2Ca3Si3O12",
    "Olivine-Mg2SiO4",
    "Pyrochlore-NaCa(Nb2O6)F",
    "Perovskite-GdFeO3",
    "Delafossite-NaCrS2",
    "Apatite#-(HE,P63/m)",
    "Pyroxene-CaMg(SiO3)2",
    "ThCr2Si2",
    "TiNiSi-MgSrSi",
    "ZrNiAl-Fe2P",
    "Laves(2H)-MgZn2",
    "Heusler-AlCu2Mn",
)


def main() -> None:
    """Prepare, train both, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="store of `crystinet corpus add`")
    parser.add_argument("--type", action="append", help="instead of the usual thirteen")
    parser.add_argument("--real", type=int, default=4)
    parser.add_argument("--invented", type=int, default=60)
    parser.add_argument("--patterns", type=int, default=120_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    types = tuple(options.type or TYPES)
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(2) as pool:
        paths = prepare(options, types, Path(folder))
        jobs = [
            pool.submit(train_and_judge, path, types, options.patterns, options.seed)
            for path in paths
        ]
        plain, filled = (job.result() for job in jobs)
    table = {
        name: {"patterns": plain[name][0], "without": plain[name][1], "with": filled[name][1]}
        for name in plain
    }
    if options.json:
        print(json.dumps(table))
        return
    print(f"{'type':28} patterns  without     with")
    for name, row in table.items():
        print(f"{name:28} {row['patterns']:8} {row['without']:8.1%} {row['with']:8.1%}")


def prepare(options: argparse.Namespace, types: tuple[str, ...], folder: Path) -> list[Path]:
    """Write the two data sets."""
    from crystinet.core.progress import silent
    from crystinet.corpus.datasets.build import BuildConfig, assign_splits, build_dataset
    from crystinet.corpus.datasets.sources import STRIDE, label_sources
    from crystinet.corpus.imagined.imagination import TableConfig, imagine_table, write_table
    from crystinet.corpus.splits import Split

    def labels(path: Path) -> list:
        return label_sources([path], types=(), known_only=True, workers=2, report=silent)[0]

    labelled = labels(options.source)
    splits = assign_splits(labelled)
    kept, limited = dict.fromkeys(types, 0), []
    for entry in sorted(labelled, key=lambda e: (not e.known_experimentally, e.row_id)):
        if entry.type_name in kept and splits[entry.row_id] is Split.TRAIN:
            kept[entry.type_name] += 1
            if kept[entry.type_name] > options.real:
                continue
        limited.append(entry)
    config = TableConfig(types=types, per_type=options.invented, seed=options.seed)
    invented = folder / "hypothetical.parquet"
    write_table(invented, imagine_table(options.source, config=config, labelled=limited))
    more = [replace(entry, row_id=entry.row_id + STRIDE) for entry in labels(invented)]
    build = BuildConfig(per_class=250, outside=3_000, variants=0)
    plain, filled = folder / "plain.npz", folder / "filled.npz"
    build_dataset([options.source], config=build, labelled=limited).save(plain)
    build_dataset([options.source, invented], config=build, labelled=limited + more).save(filled)
    return [plain, filled]


def train_and_judge(
    path: Path, types: tuple[str, ...], patterns: int, seed: int
) -> dict[str, tuple[int, float]]:
    """Train a union; patterns and top-1 of each rare type, three patterns of each test compound."""
    import numpy as np
    import torch

    from crystinet.corpus.datasets.dataset import Dataset
    from crystinet.corpus.splits import Split
    from crystinet.crystals.catalogue import load_catalogue
    from crystinet.training.draw.source import PatternSource, RenderingConfig
    from crystinet.training.groups import published_groups
    from crystinet.training.recipes.default.loop import Trainer, TrainingConfig
    from crystinet.training.recipes.default.losses import union_log_scores

    torch.set_num_threads(1)
    data, groups = Dataset.load(path), published_groups(load_catalogue())
    config = TrainingConfig(patterns=patterns, seed=seed, rendering=RenderingConfig(balance=0.0))
    trainer = Trainer(data, groups, config, path.with_suffix(""))
    trainer.run()
    net, source = trainer.averaged_net.eval(), PatternSource(data, config.rendering, trainer.axis)
    rng, results = np.random.default_rng(seed), {}
    test = data.select(Split.TEST, known_only=True)
    for name in types:
        chosen = np.repeat([i for i in test if data.members[i].type_name == name][:60], 3)
        right = []
        for start in range(0, len(chosen), 64):
            part = chosen[start : start + 64]
            inputs = source.draw_inputs(part, impurities=rng.choice(test, len(part)), rng=rng)
            with torch.inference_mode():
                scores = union_log_scores(*net(torch.from_numpy(inputs)), groups.sizes)
            column = groups.column_of()[data.members[part[0]].class_number][0]
            right += (scores.argmax(dim=1) == column).tolist()
        results[name] = (len(right), float(np.mean(right)) if right else float("nan"))
    results["all of them"] = (
        sum(n for n, _ in results.values()),
        float(np.nansum([n * share for n, share in results.values()]))
        / max(1, sum(n for n, _ in results.values())),
    )
    return results


if __name__ == "__main__":
    main()

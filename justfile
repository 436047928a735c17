# The tasks of development; `just` lists them. CI (.ci/run) calls the same ones.
# Another environment than .venv-test: `just venv=.venv ...`

venv := ".venv-test"
bin := venv / "bin"

[private]
default:
    @{{ just_executable() }} --list --unsorted

# make the environment: the versions of the lock, everything that tests and docs need
setup python="python3":
    {{ python }} -m venv {{ venv }}
    {{ bin }}/pip install --quiet -c requirements-dev.lock -e ".[dev]"

# the whole suite, on two processes of one thread each (threads beyond the cores wait for each other)
test *args:
    OMP_NUM_THREADS=1 {{ bin }}/python -m pytest -n 2 --dist loadfile {{ args }}

# the fast core: daily use, without training and what is slow
fast *args:
    {{ bin }}/python -m pytest --fast {{ args }}

# the environment of `core`, which makes it itself if this was not done before
core-setup python folder versions:
    {{ python }} -m venv {{ folder }}
    {{ folder }}/bin/pip install --quiet -c {{ versions }} -e ".[test-core]"

# the fast core in an environment of its own: `just core python3.13 .venv-newest requirements-dev.lock`
core python folder versions *args: (core-setup python folder versions)
    OMP_NUM_THREADS=1 {{ folder }}/bin/python -m pytest --fast -n 2 --dist loadfile {{ args }}

# the examples in docstrings
doctest *args:
    {{ bin }}/python -m pytest --doctest-modules src/crystinet {{ args }}

# style and form
lint:
    {{ bin }}/ruff check .
    {{ bin }}/ruff format --check .

# mend what lint can mend by itself
format:
    {{ bin }}/ruff check --fix .
    {{ bin }}/ruff format .

# types
types:
    {{ bin }}/mypy

# who may import whom
layers:
    {{ bin }}/lint-imports

# write the pages that are made of the code anew, then build the site into site/
docs: && site
    {{ bin }}/python tools/cli_page.py
    {{ bin }}/python tools/rest_page.py
    {{ bin }}/python tools/api_page.py

# build the site, strictly, where the pages that are made of the code are up to date
site:
    {{ bin }}/python tools/cli_page.py --check
    {{ bin }}/python tools/rest_page.py --check
    {{ bin }}/python tools/api_page.py --check
    {{ bin }}/python -m zensical build --clean --strict

# execute the notebooks and write their pages anew; the suite does it with --check
notebooks *args:
    OMP_NUM_THREADS=1 {{ bin }}/python tools/notebooks.py {{ args }}

# take the pictures of the page in docs/figures/page anew (Debian's chromium)
screenshots *args:
    {{ bin }}/python tools/screenshots.py {{ args }}

# all of it, as before a merge
check: lint types layers site doctest test fragments

# damage files of every kind for some seconds, and report what is no error of ours
fuzz seconds="60" seed="0" *args:
    rm -rf .fuzz && {{ bin }}/python tools/instrument_samples.py .fuzz
    {{ bin }}/python -m crystinet.testing.fuzz --seconds {{ seconds }} --seed {{ seed }} --samples .fuzz {{ args }}

# kill writers of stores at many moments, for minutes; the suite does it a few times
store-kills times="60":
    CRYSTINET_KILLS={{ times }} {{ bin }}/python -m pytest tests/corpus/test_kills.py

# the chain of docs/how-to/rebuild.md on 197 structures that are made here, and a look at what came out
rebuild-tiny folder=".rebuild":
    rm -rf {{ folder }} && {{ bin }}/python tools/tiny/structures.py {{ folder }}/cif
    {{ bin }}/crystinet corpus add {{ folder }}/cif --store {{ folder }}/corpus.sqlite --source "made here" --licence BSD-3-Clause
    {{ bin }}/crystinet corpus types {{ folder }}/corpus.sqlite
    {{ bin }}/crystinet corpus imagine {{ folder }}/corpus.sqlite -o {{ folder }}/hypothetical.parquet --types CsCl --per-type 20
    {{ bin }}/crystinet corpus build {{ folder }}/corpus.sqlite {{ folder }}/hypothetical.parquet {{ folder }}/dataset.npz
    {{ bin }}/crystinet corpus card {{ folder }}/dataset.npz -o {{ folder }}/DATA_CARD.md
    OMP_NUM_THREADS=1 {{ bin }}/crystinet train {{ folder }}/dataset.npz {{ folder }}/run --config tools/tiny/settings.toml
    {{ bin }}/crystinet corpus index {{ folder }}/corpus.sqlite -o {{ folder }}/compounds.npz
    {{ bin }}/crystinet evaluate --dataset {{ folder }}/dataset.npz --model {{ folder }}/run/bundle --card {{ folder }}/MODEL_CARD.md --json > {{ folder }}/evaluation.json
    {{ bin }}/python tools/tiny/check.py {{ folder }}

# speed of identification; other measurements are the other files of benchmarks/
bench *args:
    {{ bin }}/python benchmarks/identify.py {{ args }}

# load on the service, with targets
bench-service *args:
    {{ bin }}/python benchmarks/service.py {{ args }}

# kill -9 of a worker and of the service in the middle of a batch of 10,000 files: minutes
kills files="10000":
    CRYSTINET_BATCH_FILES={{ files }} {{ bin }}/python -m pytest tests/service/test_jobs.py -k kills_of

# wheel and sdist into dist/, looked through; and the wheel works without a network by uvx
package:
    rm -rf dist
    {{ bin }}/uv build --quiet --out-dir dist
    {{ bin }}/twine check --strict dist/*
    {{ bin }}/python tools/package_check.py dist
    {{ bin }}/uv tool run --quiet --from dist/*.whl crystinet --version
    {{ bin }}/uv tool run --quiet --offline --from dist/*.whl crystinet types --json >/dev/null

# refuse a tag (v1.2.3) that names another version than the package
tagged tag:
    @test "{{ tag }}" = "v$({{ bin }}/crystinet --version | cut -d' ' -f2)"

# the container file of the service: linted, its steps run in a folder, the service asked; without docker
container folder=".container":
    rm -rf {{ folder }} && {{ bin }}/python tools/container_check.py {{ folder }}

# the .eln of an answer, judged by the RO-Crate community's validator; it wants old packages, so in an environment of its own
crate python="python3" folder=".venv-crate":
    {{ python }} -m venv {{ folder }}
    {{ folder }}/bin/pip install --quiet roc-validator==0.13.0 pytest hypothesis -e .
    {{ folder }}/bin/python -m pytest --noconftest tests/app/test_eln.py

# how much the base install takes, and how long its import: `just footprint .venv-user`
footprint folder=venv:
    {{ bin }}/python benchmarks/footprint.py {{ folder }}

# what the next release's part of the changelog would say, and whether this branch has a fragment
fragments base="main":
    {{ bin }}/towncrier build --draft --version next
    @if git rev-parse --quiet --verify {{ base }} >/dev/null; then \
        {{ bin }}/towncrier check --compare-with {{ base }}; \
    else \
        echo "No {{ base }} to compare with: whether this change has a fragment was not checked."; \
    fi

# put the fragments into CHANGELOG.md under this version, and remove them
changelog version:
    {{ bin }}/towncrier build --yes --version {{ version }}

# resolve all versions anew: those of development, and the lowest that we promise to run with
lock:
    {{ bin }}/python tools/lock.py

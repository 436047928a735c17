"""Identifying from many threads: nothing of the process changes, and the answers are the same."""

import json
import os
import subprocess
import sys

_MANY_THREADS = """
import json, threading, time
from concurrent.futures import ThreadPoolExecutor
import numpy as np
import crystinet
from threadpoolctl import ThreadpoolController

blas = ThreadpoolController().select(user_api="blas")
def threads_of_blas():
    return [library["num_threads"] for library in blas.info()]

kinds = crystinet.types()[:8]
patterns = [crystinet.simulate(kind.reference, counts=3000, seed=1) for kind in kinds]
def told(found):
    return found.verdict.value, [(c.type, c.probability) for c in found.candidates]

before, seen, done = threads_of_blas(), set(), threading.Event()
def watch():
    while not done.is_set():
        seen.add(tuple(threads_of_blas()))
        time.sleep(0.001)
watcher = threading.Thread(target=watch)
watcher.start()
with ThreadPoolExecutor(8) as pool:  # they load the model at once, too
    many = list(pool.map(lambda pattern: told(crystinet.identify(pattern)), patterns * 3))
done.set()
watcher.join()
alone = [told(crystinet.identify(pattern)) for pattern in patterns] * 3
same = [
    a[0] == b[0] and [c[0] for c in a[1]] == [c[0] for c in b[1]] for a, b in zip(alone, many)
]
apart = max(
    float(np.abs(np.subtract([c[1] for c in a[1]], [c[1] for c in b[1]])).max())
    for a, b in zip(alone, many)
)
print(json.dumps({
    "before": before, "after": threads_of_blas(), "seen": sorted(seen),
    "same": all(same), "apart": apart,
}))
"""


def test_eight_threads_change_nothing_and_answer_as_one() -> None:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", _MANY_THREADS],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["before"] == found["after"], "identifying left other limits behind"
    assert found["seen"] == [found["before"]], "identifying changed limits of the whole process"
    assert found["same"]
    assert found["apart"] < 1e-6

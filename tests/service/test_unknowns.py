"""/unknowns: groups of results that are judged unknown, and their names."""

import shutil
from pathlib import Path
from typing import Any

import pytest

import crystinet
from crystinet.app.documents import xy_text


def pattern_of(name: str, **settings: Any) -> str:
    """A simulated pattern as a file."""
    kind = next(kind for kind in crystinet.types(extensions=True) if kind.name == name)
    return xy_text(crystinet.simulate(kind.reference, **settings))


def cif_of(structure: crystinet.Structure) -> str:
    """A structure as a CIF file."""
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = ["data_a", f"_space_group_name_Hall '{structure.hall_symbol}'"]
    lines += [f"_cell_{name} {v}" for name, v in zip(names, structure.cell, strict=True)]
    columns = ("type_symbol", "fract_x", "fract_y", "fract_z", "occupancy")
    lines += ["loop_", *(f"_atom_site_{name}" for name in columns)]
    for site in structure.sites:
        place = " ".join(map(str, site.xyz))
        lines += [f"{name} {place} {share}" for name, share in site.species]
    return "\n".join(lines)


@pytest.mark.slow
def test_unknown_results_are_grouped_and_named(start: Any, tmp_path: Path) -> None:
    """With the bundle of the package, which does not know monazite."""
    monazite = pattern_of("Monazite-CePO4")
    noisy = pattern_of("Monazite-CePO4", counts=20_000, seed=1)
    strange = [each.encode() for each in (monazite, noisy, monazite + "# again\n")]
    with start(tmp_path) as service, service.client() as client:
        ids = {}
        for n, content in enumerate(strange):
            answer = client.post(
                "/api/v1/identify", params={"filename": f"{n}.xy"}, content=content
            )
            assert answer.status_code == 200, answer.text
            (entry,) = answer.json()["results"]
            assert entry["verdict"] == "unknown", entry
            ids[n] = entry["id"]
        known = client.post("/api/v1/identify", content=pattern_of("NaCl").encode())
        assert known.json()["results"][0]["verdict"] == "known"
        found = client.get("/api/v1/unknowns").json()
        members = [each for group in found["groups"] for each in group["members"]]
        by_results = [set(each["results"]) for each in members]
        assert {ids[0], ids[2]} in by_results  # the same numbers are one pattern
        assert {ids[1]} in by_results
        assert len(members) == 2
        assert str(tmp_path) not in client.get("/api/v1/unknowns").text
        group = found["groups"][0]
        named = client.post(f"/api/v1/unknowns/{group['id']}/name", json={"name": "phase X"})
        assert named.json()["name"] == "phase X"
        compare = f"/api/v1/unknowns/{group['id']}/compare"
        told = {}
        for name in ("Monazite-CePO4", "NaCl"):
            kind = next(kind for kind in crystinet.types(extensions=True) if kind.name == name)
            text = cif_of(kind.reference)
            answer = client.post(compare, params={"filename": f"{name}.cif"}, content=text.encode())
            assert answer.status_code == 200, answer.text
            told[name] = answer.json()
            assert told[name]["id"] == group["id"]
            assert len(told[name]["patterns"]) == told[name]["members"] == len(group["members"])
        assert told["Monazite-CePO4"]["verified"] == "yes"
        assert told["NaCl"]["verified"] == "no"
        assert "not those of" in told["NaCl"]["text"]
        refused = client.post(compare, content=b"no structure")
        assert (refused.status_code, refused.json()["code"]) == (422, "unreadable-file")
        gone = client.post(compare.replace(group["id"], "0" * 24), content=text.encode())
        assert gone.status_code == 404
        for wrong in ({"name": ""}, {"name": "a\x1b[31m"}, {}):
            refused = client.post(f"/api/v1/unknowns/{group['id']}/name", json=wrong)
            assert refused.status_code == 400
        assert (
            client.post(f"/api/v1/unknowns/{'0' * 24}/name", json={"name": "a"}).status_code == 404
        )
    shutil.rmtree(tmp_path / "unknown")  # it is worked out from what is kept
    with start(tmp_path) as service, service.client() as client:
        again = client.get("/api/v1/unknowns").json()
        assert again["groups"][0]["name"] == "phase X"
        assert [each["results"] for each in again["groups"][0]["members"]] == [
            each["results"] for each in group["members"]
        ]

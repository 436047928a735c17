"""Unknowns: groups, their overlay, a name by a CIF file, and how a model learns it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import crystinet

#: Spinels that are drawn out by the Jahn-Teller effect: a type that the model does not know.
_HAUSMANNITE = """data_{a}
_cell_length_a {edge}
_cell_length_b {edge}
_cell_length_c {height}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'I 41/a m d :2'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
{a} 0 0.75 0.125
Mn 0 0.5 0.5
O 0 0.472 0.2595
"""


@pytest.fixture(scope="module")
def cif(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cif") / "Mn3O4.cif"
    path.write_text(_HAUSMANNITE.format(a="Mn", edge=5.765, height=9.442), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def gathered(laboratory: Any, cif: Path) -> list[str]:
    """Return the verdicts of three patterns that the model does not know."""
    verdicts = []
    with laboratory.client() as client:
        for a, edge, height in (("Mn", 5.765, 9.442), ("Zn", 5.72, 9.245), ("Mg", 5.727, 9.284)):
            path = cif.with_name(f"{a}.cif")
            path.write_text(_HAUSMANNITE.format(a=a, edge=edge, height=height), encoding="utf-8")
            pattern = crystinet.simulate(
                crystinet.read_structure(path), counts=8000, background=0.05, fwhm_deg=0.12, seed=1
            )
            rows = np.column_stack([pattern.two_theta_deg, pattern.intensity])
            text = "\n".join(f"{x:.4f} {y:.1f}" for x, y in rows)
            answer = client.post(
                "/api/v1/identify",
                params={"filename": f"{a}-sample.xy", "anode": "Cu", "range": "12,95"},
                content=text.encode(),
            )
            verdicts.append(answer.json()["results"][0]["verdict"])
    return verdicts


@pytest.fixture
def unknowns(page: Any, gathered: list[str]) -> Any:
    assert gathered.count("unknown") >= 2
    page.goto("/unknowns")
    page.locator("main[data-ready]").wait_for(timeout=60_000)
    return page


def test_alike_patterns_are_one_group_and_lie_over_each_other(unknowns: Any) -> None:
    first = unknowns.locator("[data-groups] li").first
    assert int(first.locator(".chance").inner_text()) >= 2
    assert unknowns.locator("[data-legend] li").count() >= 2
    unknowns.get_by_role("button", name="d", exact=True).click()
    assert unknowns.locator("[data-plot]").get_attribute("data-drawn") == "d linear"
    unknowns.locator("[data-members] a").first.click()
    unknowns.wait_for_url("**/results/*")
    assert "Probably none of the" in unknowns.locator("h1").inner_text()


def test_an_answer_leads_to_its_group_and_the_address_names_it(
    unknowns: Any, laboratory: Any
) -> None:
    with laboratory.client() as client:
        groups = client.get("/api/v1/unknowns").json()["groups"]
    for group in groups:
        unknowns.goto(f"/results/{group['members'][-1]['results'][0]}")
        unknowns.get_by_role("link", name="Unknowns like it").click()
        unknowns.locator(f"main[data-ready='{group['id']}']").wait_for(timeout=60_000)
        assert unknowns.url.endswith(f"?group={group['id']}")
    unknowns.reload()
    unknowns.locator(f"main[data-ready='{groups[-1]['id']}']").wait_for(timeout=60_000)


def test_a_group_is_named_by_a_cif_file(unknowns: Any, cif: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.cif"
    bad.write_text("no structure", encoding="utf-8")
    unknowns.fill("#name-of", "Hausmannite-Mn3O4")
    unknowns.set_input_files("#cif", bad)
    unknowns.get_by_role("button", name="Name the group").click()
    unknowns.locator("#naming-problem strong").wait_for()
    unknowns.complaints.clear()  # the browser notes the 422
    unknowns.set_input_files("#cif", cif)
    unknowns.get_by_role("button", name="Name the group").click()
    unknowns.get_by_text("Teach it to a model").wait_for()
    assert unknowns.locator("[data-title]").inner_text() == "Hausmannite-Mn3O4"
    command = unknowns.locator("[data-command]").inner_text()
    assert "crystinet extend default --cif" in command
    assert "--name 'Hausmannite-Mn3O4'" in command
    assert (
        "space group 141, Pearson symbol tI28" in unknowns.locator("[data-assigned]").inner_text()
    )
    compared = unknowns.locator("[data-compared]")
    compared.get_by_text("fits", exact=True).wait_for(timeout=30_000)
    assert "The lines of the structure are those of" in compared.inner_text()
    other = tmp_path / "other.cif"
    other.write_text(cif.read_text("utf-8").replace("5.765", "7.1"), encoding="utf-8")
    unknowns.set_input_files("#cifs", other)  # another structure that is to be taught
    compared.get_by_text("does not fit", exact=True).wait_for(timeout=30_000)
    assert unknowns.get_by_role("button", name="Teach it").is_enabled()
    unknowns.reload()
    unknowns.locator("main[data-ready]").wait_for(timeout=60_000)
    assert "Hausmannite-Mn3O4" in unknowns.locator("[data-groups]").inner_text()


def test_a_model_learns_the_named_group(unknowns: Any, laboratory: Any, cif: Path) -> None:
    unknowns.fill("#name-of", "Hausmannite-Mn3O4")
    unknowns.set_input_files("#cif", cif)
    unknowns.get_by_role("button", name="Name the group").click()
    unknowns.get_by_text("space group 141").wait_for()
    teach = unknowns.get_by_role("button", name="Teach it")
    teach.click()  # from the file that named it
    unknowns.locator("[data-learning]").wait_for()
    unknowns.get_by_role("button", name="Cancel").click()
    unknowns.get_by_text("It was cancelled").wait_for(timeout=60_000)
    assert unknowns.evaluate("document.querySelector('#cifs').files.length") == 1
    teach.click()
    unknowns.locator("[data-learned]").wait_for(timeout=400_000)
    name = unknowns.locator("[data-model]").inner_text()
    with laboratory.client() as client:
        models = {each["name"]: each for each in client.get("/api/v1/models").json()["models"]}
        assert "Hausmannite-Mn3O4" in {each["type"] for each in models[name]["types"]}
    listed = unknowns.locator("[data-model-list] li")
    assert f"{name}also knows Hausmannite" in listed.inner_text().replace("\n", "")
    unknowns.once("dialog", lambda dialog: dialog.dismiss())
    unknowns.get_by_role("button", name=f"Delete {name}").click()
    assert listed.count() == 1
    unknowns.once("dialog", lambda dialog: dialog.accept())
    unknowns.get_by_role("button", name=f"Delete {name}").click()
    unknowns.locator("[data-models]").wait_for(state="hidden")
    with laboratory.client() as client:
        assert name not in {each["name"] for each in client.get("/api/v1/models").json()["models"]}


def test_no_barriers(unknowns: Any, barriers: Any) -> None:
    for scheme in ("light", "dark"):
        unknowns.emulate_media(color_scheme=scheme)
        assert barriers(unknowns) == []

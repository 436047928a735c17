// The answer: the measured pattern, and the lines of the candidate that is looked at.
import { ask, cell, chemical, element, tell } from "/static/api.js";
import { PatternPlot } from "/static/plot.js";
import { StructureView } from "/static/structure.js";

const main = document.getElementById("main");
const address = `/api/v1/results/${main.dataset.result}`;
const told = document.getElementById("told");
const known = new Map();
const structure = new StructureView(document.querySelector("[data-structure]"), address, { type: main.dataset.type });
let plot = null;
let wanted = main.dataset.type;

function linesOf(type) {
  if (!known.has(type)) {
    known.set(type, ask(`${address}/lines?type=${encodeURIComponent(type)}`).then((found) => found.candidates[0]));
  }
  return known.get(type);
}

async function choose(type) {
  wanted = type;
  for (const each of document.querySelectorAll("[data-candidate]")) {
    const chosen = each.dataset.candidate === type;
    each.classList.toggle("chosen", chosen);
    each.querySelector(".name").setAttribute("aria-pressed", String(chosen));
  }
  for (const place of document.querySelectorAll("[data-lines-of], [data-structure-of]")) place.replaceChildren(...chemical(type));
  structure.choose({ type });
  const found = await linesOf(type);
  if (wanted !== type || !plot) return;
  plot.setLanes([{ label: type, colour: "--lane-1", lines: found.lines }]);
  const legend = document.querySelector("[data-lane-legend]");
  legend.hidden = false;
  const placed = found.lines.length ? (found.rough ? "lines laid roughly" : "lines at the sample's lattice") : "no line of it fits";
  legend.lastElementChild.replaceChildren(...chemical(type), ` – ${placed}`);
}

async function detail(candidate) {
  const found = await linesOf(candidate.dataset.candidate);
  const place = (name) => candidate.querySelector(`[data-${name}]`);
  place("cell").textContent = found.lattice ? cell(found.lattice.cell, found.lattice.uncertainty) : "cannot be told from this pattern";
  place("nearest").replaceChildren(...(found.nearest?.length
    ? found.nearest.slice(0, 3).flatMap((each, n) => [n ? ", " : "", element("span", { title: `${each.source} ${each.source_id}` }, chemical(each.readable_formula))])
    : ["none"]));
}

for (const candidate of document.querySelectorAll("[data-candidate]")) {
  candidate.querySelector(".name").addEventListener("click", () => choose(candidate.dataset.candidate).catch(fail));
  candidate.querySelector("[data-details]").addEventListener("toggle", () => detail(candidate).catch(fail), { once: true });
}

const boxes = [...document.querySelectorAll("#compare input[type=checkbox]")];
function limit() {
  const chosen = boxes.filter((box) => box.checked).length;
  for (const box of boxes) box.disabled = !box.checked && chosen >= 3;
}
for (const box of boxes) box.addEventListener("change", limit);
limit();

function fail(error) {
  tell(told, error);
}

async function lattice(place) {
  const found = await ask(`${address}/beyond`);
  place.querySelector("[data-beyond-sentence]").textContent = found.sentence;
  const rows = found.cells.map((each) => element("tr", {}, [
    element("td", {}, [each.name]),
    element("td", {}, [cell(each.cell)]),
    element("td", { class: "n" }, [each.m20.toFixed(1)]),
    element("td", { class: "n" }, [`${each.indexed} of ${each.lines}`]),
  ]));
  place.querySelector("tbody").replaceChildren(...rows);
  place.querySelector("[data-beyond-table]").hidden = !rows.length;
  const groups = found.space_groups.filter((each) => each.probability >= 0.01)
    .map((each) => `${each.space_groups.slice(0, 6).join(", ")}${each.space_groups.length > 6 ? ", …" : ""} (${(100 * each.probability).toFixed(0)} %)`);
  if (groups.length) place.querySelector("[data-beyond-groups]").textContent = `Space groups of the first cell, the most probable first: ${groups.join("; ")}.`;
}

const beyond = document.querySelector("[data-beyond]");
if (beyond) lattice(beyond).catch((error) => tell(beyond.querySelector("[data-beyond-sentence]"), error));

try {
  const pattern = await ask(`${address}/pattern?points=12000`);
  plot = new PatternPlot(document.querySelector("[aria-labelledby=pattern-title]"), {
    x: pattern.two_theta,
    curves: [{ values: pattern.intensity, colour: "--curve", label: "measured" }],
    wavelength: pattern.wavelengths_angstrom[0],
    remember: true,
  });
  await choose(wanted);
} catch (error) {
  fail(error);
}

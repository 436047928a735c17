// Compare: up to three candidates in lanes; the address reproduces the view, fits included.
import { ask, cell, chemical, element, tell } from "/static/api.js";
import { PatternPlot } from "/static/plot.js";
import { StructureView } from "/static/structure.js";

const main = document.getElementById("main");
const address = `/api/v1/results/${main.dataset.result}`;
const told = document.getElementById("told");
const lanes = [...document.querySelectorAll("[data-lane]")];
const types = lanes.map((lane) => lane.dataset.lane);
const structures = lanes.map((lane) => new StructureView(lane.querySelector("[data-structure]"), address, { type: lane.dataset.lane }, remember));
const colour = (n) => `--lane-${n + 1}`;
const PROOF = { yes: "the fit bears it out", doubtful: "doubtful", no: "the fit speaks against it" };
let plot = null;
let placed = [];

function draw(x, curves, differences = []) {
  plot = new PatternPlot(document.querySelector("[aria-labelledby=compare-title]"), {
    x, curves, differences, wavelength, remember: true,
    lanes: types.map((label, n) => ({ label, colour: colour(n), lines: placed[n].lines })),
  });
  main.dataset.ready = String(curves.length);
}

let wavelength = 1.54;

function keep(name, value) {
  const query = new URLSearchParams(location.search);
  query.set(name, value);
  history.replaceState(null, "", `?${query}`);
}

// The address shows the same again: which lanes have their structure drawn.
function remember() {
  keep("structures", structures.flatMap((each, n) => (each.shown ? [n + 1] : [])).join("-"));
}

async function fitAll() {
  const state = document.querySelector("[data-fit-state]");
  const button = document.querySelector("[data-fit]");
  button.disabled = true;
  keep("fit", "1");
  const fits = [];
  for (const [n, type] of types.entries()) {
    state.replaceChildren(element("span", { class: "busy" }, [`Fitting ${n + 1} of ${types.length} …`]));
    const place = lanes[n].querySelector("[data-fitted]");
    try {
      const fit = await ask(`${address}/fit?type=${encodeURIComponent(type)}&points=6000`);
      fits.push([n, fit]);
      const [phase] = fit.phases;
      place.replaceChildren(
        element("p", {}, [element("strong", {}, [`Rwp ${(100 * fit.rwp).toFixed(1)} %`]), `: ${PROOF[phase.verified]}`]),
        element("p", {}, [cell(phase.cell, phase.cell_uncertainty)]),
        element("p", { class: "quiet small" }, [phase.reasons.join(" ")]),
      );
    } catch (error) {
      place.textContent = error.message;
    }
  }
  state.textContent = "";
  const [, first] = fits[0] ?? [];
  if (!first) return;
  button.hidden = true;
  // What each leaves over stands below, in the order of the lanes and on one scale.
  const alike = fits.filter(([, fit]) => fit.curves.two_theta.length === first.curves.two_theta.length);
  plot.remove();
  draw(first.curves.two_theta, [
    { values: first.curves.observed, colour: "--curve", label: "measured", dots: true },
    ...alike.map(([n, fit]) => ({ values: fit.curves.calculated, colour: colour(n), label: types[n] })),
  ], alike.map(([n, fit]) => ({ values: fit.curves.difference, colour: colour(n), label: types[n] })));
  document.querySelector("[data-differences]").hidden = false;
}

const boxes = [...document.querySelectorAll("[data-choice] input")];
function limit() {
  const chosen = boxes.filter((box) => box.checked).length;
  for (const box of boxes) box.disabled = !box.checked && chosen >= 3;
}
for (const box of boxes) box.addEventListener("change", limit);
limit();

try {
  const [pattern, found] = await Promise.all([
    ask(`${address}/pattern?points=12000`),
    ask(`${address}/lines?${new URLSearchParams(types.map((type) => ["type", type]))}`),
  ]);
  placed = found.candidates;
  wavelength = pattern.wavelengths_angstrom[0];
  for (const [n, each] of placed.entries()) {
    const place = (name) => lanes[n].querySelector(`[data-${name}]`);
    place("explained").textContent = each.lines.length ? `${Math.round(100 * each.explained)} % of their height` : "none";
    place("cell").textContent = each.lattice ? cell(each.lattice.cell, each.lattice.uncertainty) : "cannot be told from this pattern";
    place("nearest").replaceChildren(...(each.nearest ?? []).slice(0, 3)
      .flatMap((one, k) => [k ? ", " : "", element("span", {}, chemical(one.readable_formula))]));
  }
  draw(pattern.two_theta, [{ values: pattern.intensity, colour: "--curve", label: "measured" }]);
  document.querySelector("[data-fit]").addEventListener("click", fitAll);
  const asked = new URLSearchParams(location.search);
  for (const n of (asked.get("structures") ?? "").split("-")) structures[Number(n) - 1]?.show();
  if (asked.has("fit")) await fitAll();
} catch (error) {
  tell(told, error);
}

// Refine: a job with progress and a way to stop it, then the fit.
import { ask, chemical, element, tell, withError } from "/static/api.js";
import { PatternPlot } from "/static/plot.js";
import { StructureView } from "/static/structure.js";

const main = document.getElementById("main");
const { result } = main.dataset;
const told = document.getElementById("told");
const form = document.getElementById("fit");
const part = (name) => document.querySelector(`[data-${name}]`);
const bar = form.querySelector("progress");
const STAGES = { identify: "Looking for the type", phases: "Looking for phases", refine: "Refining", fit: "Fitting the lattice", queued: "Waiting for its turn", running: "Beginning" };
const PROOF = {
  yes: ["known", "Borne out", "The fit bears this structure type out."],
  doubtful: ["uncertain", "Doubtful", "The fit neither bears it out nor rules it out."],
  no: ["unknown", "Not borne out", "The fit speaks against this structure type."],
};
const WORST_FIRST = ["no", "doubtful", "yes"];
const LANES = ["lane-1", "lane-3", "lane-4", "lane-5", "lane-6"];
const lane = (n) => LANES[n % LANES.length];
let plot = null;
let job = null;
let unwanted = false;

function wanted() {
  const given = Object.fromEntries(new FormData(form));
  const phases = Number(given.phases);
  // Of several phases the program finds the types itself.
  return { ...(phases > 1 ? {} : { type: given.type }), ...(given.formula.trim() ? { formula: given.formula.trim() } : {}), phases };
}

function say(text, busy = false) {
  part("stage").replaceChildren(element("span", busy ? { class: "busy" } : {}, [text]));
}

async function start(event) {
  event?.preventDefault();
  told.replaceChildren();
  const options = wanted();
  const query = new URLSearchParams(Object.entries(options).map(([k, v]) => [k, String(v)]));
  history.replaceState(null, "", `?${query}`);
  unwanted = false;
  working(true);
  say("Waiting for its turn …", true);
  try {
    job = await ask("/api/v1/jobs", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ kind: "refine", inputs: [{ result }], options }),
    });
    if (unwanted) await cancel();
    const ended = await follow(job.id);
    if (ended === "cancelled") {
      say("Cancelled.");
      return;
    }
    say("Fetching the fit …", true);
    show(await ask(`/api/v1/results/${result}/fit?${query}&points=8000`), query, options);
    say("Done.");
  } catch (error) {
    say("");
    tell(told, error);
  } finally {
    working(false);
    job = null;
  }
}

// Events of the job; after an interruption the browser goes on behind the last one.
function follow(id) {
  return new Promise((done) => {
    const events = new EventSource(`/api/v1/jobs/${id}/events`);
    const told = (name, use) => events.addEventListener(name, (event) => use(JSON.parse(event.data)));
    told("state", ({ state }) => {
      if (STAGES[state]) say(`${STAGES[state]} …`, true);
      if (["done", "failed", "cancelled"].includes(state)) {
        events.close();
        done(state);
      }
    });
    told("stage", ({ stage, note }) => say(`${STAGES[stage] ?? stage}${note ? `: ${note}` : ""} …`, true));
  });
}

function working(on) {
  part("start").disabled = on;
  part("cancel").hidden = !on;
  bar.hidden = !on;
}

function show(fit, query, options) {
  outcome(fit.phases);
  const percent = (x) => (x === null ? "–" : `${(100 * x).toFixed(1)} %`);
  part("rwp").textContent = percent(fit.rwp);
  part("rexp").textContent = percent(fit.rexp);
  part("phases").textContent = fit.phases.length;
  part("phase-rows").replaceChildren(...fit.phases.map((phase) => element("tr", {}, [
    element("td", {}, [...chemical(phase.type || phase.start), ...(phase.readable_formula ? [" from ", ...chemical(phase.readable_formula)] : [])]),
    element("td", {}, [percent(phase.share)]),
    element("td", {}, [verdict(phase.verified)]),
    element("td", {}, [cellText(phase)]),
    element("td", { class: "n" }, [withError(phase.volume, phase.volume_uncertainty, 2)]),
    element("td", {}, [String(phase.space_group)]),
  ])));
  part("sites").replaceChildren(...fit.phases.flatMap((phase) => phase.sites.map((site) => element("tr", {}, [
    element("td", {}, [site.label]),
    element("td", {}, [`${site.multiplicity}${site.wyckoff}`]),
    element("td", {}, [site.determined ? site.species.map(([name]) => name).join(", ") : site.elements.slice(0, 6).join(", ")]),
    ...site.xyz.map((x, n) => element("td", { class: "n" }, [withError(x, site.xyz_uncertainty[n])])),
    element("td", { class: "n" }, [withError(site.electrons, site.electrons_uncertainty, 1)]),
    element("td", { class: "n" }, [site.b_iso.toFixed(2)]),
  ]))));
  structures(fit.phases, options);
  part("cif").href = `/api/v1/results/${result}/structure.cif?${query}`;
  part("fit-shown").hidden = false;
  const left = fit.unexplained.map((line) => ({ two_theta: line.two_theta, intensity: 100 * line.height, text: `d = ${line.d.toFixed(3)} Å` }));
  part("left").hidden = !left.length;
  for (const old of document.querySelectorAll("[data-phase-lane]")) old.remove();
  part("left").before(...fit.phases.map((phase, n) => element("li", { "data-phase-lane": "" }, [
    element("span", { class: `swatch ${lane(n)}` }), element("span", {}, ["lines of ", ...chemical(phase.type || phase.start)])])));
  plot?.remove();
  plot = new PatternPlot(document.querySelector("[aria-labelledby=fit-title]"), {
    x: fit.curves.two_theta,
    curves: [
      { values: fit.curves.observed, colour: "--curve", label: "observed", dots: true },
      { values: fit.curves.background, colour: "--back", label: "background" },
      { values: fit.curves.calculated, colour: "--calc", label: "calculated", width: 1.4 },
    ],
    differences: [{ values: fit.curves.difference, colour: "--curve", label: "difference" }],
    wavelength: fit.wavelengths_angstrom[0],
    lanes: [
      ...fit.phases.map((phase, n) => ({
        label: phase.type || phase.readable_formula || phase.start,
        colour: `--${lane(n)}`,
        lines: relative(phase.reflections),
      })),
      ...(left.length ? [{ label: "not explained", colour: "--lane-2", lines: left, flat: true }] : []),
    ],
    remember: true,
  });
  main.dataset.ready = "yes";
}

function verdict(proof) {
  const [mark, word] = PROOF[proof] ?? PROOF.no;
  return element("span", { class: `verdict ${mark}` }, [word]);
}

// Of several phases the worst is told first; each has its own word in the table.
function outcome(phases) {
  const worst = WORST_FIRST.find((proof) => phases.some((phase) => phase.verified === proof)) ?? "no";
  const good = phases.filter((phase) => phase.verified === "yes").length;
  part("proof").replaceWith(Object.assign(verdict(worst), { id: "proof" }));
  document.getElementById("proof").dataset.proof = "";
  part("outcome").textContent = phases.length > 1 ? `The fit bears out ${good} of ${phases.length} phases.` : PROOF[worst][2];
  part("reasons").replaceChildren(...phases.flatMap((phase) => [
    ...(phases.length > 1 ? [element("strong", {}, [...chemical(phase.type || phase.start), ": "])] : []), `${phase.reasons.join(" ")} `]));
}

// A place for the structure of each phase whose atoms were fitted; drawn when somebody asks.
function structures(phases, options) {
  part("structures").hidden = !phases.some((phase) => phase.sites.length);
  part("structure-list").replaceChildren(...phases.flatMap((phase, n) => {
    if (!phase.sites.length) return [];
    const place = part("structure-place").content.cloneNode(true).firstElementChild;
    if (phases.length > 1) place.prepend(element("h3", {}, chemical(phase.type || phase.start)));
    new StructureView(place, `/api/v1/results/${result}`, { ...options, phase: n + 1 });
    return [place];
  }));
}

function relative(reflections) {
  const highest = Math.max(...reflections.map((each) => each.area ?? 0)) || 1;
  return reflections.map((each) => ({ ...each, intensity: (100 * Math.max(0, each.area ?? 0)) / highest, hkl: [each.hkl] }));
}

function cellText(phase) {
  const names = ["a", "b", "c", "α", "β", "γ"];
  const own = phase.cell.map((value, n) => ({ name: names[n], value, error: phase.cell_uncertainty[n], angle: n > 2 }));
  const edges = own.filter((each, n) => !each.angle && !phase.cell.slice(0, n).some((v) => Math.abs(v - each.value) < 1e-9));
  const angles = own.filter((each) => each.angle && Math.abs(each.value - 90) > 1e-6 && Math.abs(each.value - 120) > 1e-6);
  const text = ({ name, value, error }) => `${name} = ${withError(value, error)}`;
  return [`${edges.map(text).join(", ")} Å`, ...angles.map((each) => `${text(each)}°`)].join(", ");
}

const alone = () => { form.elements.type.disabled = Number(form.elements.phases.value) > 1; };
form.elements.phases.addEventListener("change", alone);
form.addEventListener("submit", start);
const cancel = () => ask(`/api/v1/jobs/${job.id}`, { method: "DELETE" }).catch((error) => tell(told, error));
part("cancel").addEventListener("click", () => {
  say("Cancelling …", true);
  unwanted = true;
  if (job) cancel();
});

const asked = new URLSearchParams(location.search);
for (const name of ["formula", "phases"]) if (asked.has(name)) form.elements[name].value = asked.get(name);
alone();
if (asked.has("type") || asked.has("phases")) start();

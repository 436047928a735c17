// Unknowns: groups that are alike, their patterns over each other, and a name by a CIF file.
import { ask, chemical, element, tell } from "/static/api.js";
import { PatternPlot } from "/static/plot.js";

const main = document.getElementById("main");
const told = document.getElementById("told");
const part = (name) => document.querySelector(`[data-${name}]`);
const COLOURS = ["--curve", "--lane-2", "--lane-3"];
const STEPS = 6000;
let groups = [];
let chosen = null;
let plot = null;

const titleOf = (group, n) => group.name ?? `Group ${n + 1}`;
const resultOf = (member) => member.results[0]; // none where it was deleted

function list() {
  part("groups").replaceChildren(...groups.map((group, n) => {
    const button = element("button", { type: "button", class: "name", "aria-pressed": String(group === chosen) }, [titleOf(group, n)]);
    button.addEventListener("click", () => choose(group).catch(fail));
    return element("li", { class: `candidate${group === chosen ? " chosen" : ""}` }, [
      element("div", { class: "row apart" }, [button, element("span", { class: "chance" }, [String(group.members.length)])]),
      element("p", { class: "small quiet" }, [
        group.members.length > 1 ? `alike to ${Math.round(100 * group.likeness)} %; ` : "alone so far; ",
        "nearest known type: ", ...chemical(group.nearest[0])]),
    ]);
  }));
}

async function choose(group) {
  chosen = group;
  list();
  const n = groups.indexOf(group);
  part("title").textContent = titleOf(group, n);
  const kept = group.members.filter(resultOf);
  part("members").replaceChildren(...group.members.map((each) => element("li", {}, [
    resultOf(each) ? element("a", { href: `/results/${resultOf(each)}` }, [each.file]) : element("span", { class: "quiet" }, [each.file])])));
  const some = kept.slice(0, COLOURS.length);
  const patterns = await Promise.all(some.map((each) => ask(`/api/v1/results/${resultOf(each)}/pattern?points=12000`)));
  if (chosen !== group) return;
  if (patterns.length) overlay(patterns);
  part("legend").replaceChildren(...some.map((each, k) => element("li", {}, [element("span", { class: `swatch${k ? ` lane-${k + 1}` : ""}` }), element("span", {}, [each.file])])));
  part("naming").hidden = !main.dataset.mayName;
  part("learn").hidden = !group.name;
  part("compared").replaceChildren();
  part("may-learn").hidden = !main.dataset.mayName;
  if (group.name) main.dataset.type = group.name; // what learn.js teaches
  if (group.name) part("command").textContent = `crystinet extend default --cif STRUCTURE.cif --name ${quoted(group.name)} -o ours`;
  history.replaceState(null, "", `?group=${group.id}`);
  main.dataset.ready = group.id;
}

// The group that the address names, or the one of a result that it names.
function asked() {
  const query = new URLSearchParams(location.search);
  const [group, result] = [query.get("group"), query.get("result")];
  const has = (each) => each.members.some(({ id, results }) => id === group || results.includes(result));
  return groups.find(has)?.id;
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// All on the angles of the first wavelength, so that patterns of different tubes lie over each other.
function overlay(patterns) {
  const wave = patterns[0].wavelengths_angstrom[0];
  const curves = patterns.map((pattern) => {
    const ratio = wave / pattern.wavelengths_angstrom[0];
    const x = pattern.two_theta.map((angle) => {
      const sine = Math.sin((angle * Math.PI) / 360) * ratio;
      return sine < 1 ? (360 / Math.PI) * Math.asin(sine) : NaN;
    });
    const good = x.map((v, n) => [v, pattern.intensity[n]]).filter(([v, y]) => Number.isFinite(v) && y !== null);
    return { x: good.map(([v]) => v), y: good.map(([, y]) => y) };
  });
  const low = Math.min(...curves.map(({ x }) => x[0]));
  const high = Math.max(...curves.map(({ x }) => x.at(-1)));
  const x = Array.from({ length: STEPS }, (_, n) => low + ((high - low) * n) / (STEPS - 1));
  plot?.remove();
  plot = new PatternPlot(document.querySelector("[aria-labelledby=overlay-title]"), {
    x,
    wavelength: wave,
    curves: curves.map((curve, n) => {
      const [least, most] = [Math.min(...curve.y), Math.max(...curve.y)];
      const values = at(curve, x).map((y) => (y === null ? null : (100 * (y - least)) / (most - least || 1) + 40 * n));
      return { values, colour: COLOURS[n], label: `${n + 1}` };
    }),
  });
}

function at({ x, y }, wanted) {
  let n = 0;
  return wanted.map((w) => {
    if (w < x[0] || w > x.at(-1)) return null;
    while (n + 2 < x.length && x[n + 1] < w) n += 1;
    const part = (w - x[n]) / (x[n + 1] - x[n] || 1);
    return y[n] + (y[n + 1] - y[n]) * Math.min(1, Math.max(0, part));
  });
}

const counted = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;

async function load(wanted) {
  const found = await ask("/api/v1/unknowns");
  groups = found.groups;
  part("said").textContent = groups.length
    ? `${counted(groups.reduce((sum, group) => sum + group.members.length, 0), "pattern")} in ${counted(groups.length, "group")}. Alike patterns probably are one and the same unknown structure.`
    : "There is none so far. Patterns that are judged to have none of the known types are gathered here by themselves.";
  part("shown").hidden = !groups.length;
  if (groups.length) await choose(groups.find((group) => group.id === (wanted ?? asked())) ?? groups[0]);
  else main.dataset.ready = "none";
}

document.getElementById("name").addEventListener("submit", async (event) => {
  event.preventDefault();
  const problem = document.getElementById("naming-problem");
  problem.replaceChildren();
  try {
    const [file] = document.getElementById("cif").files;
    const found = (await ask(`/api/v1/assign?${new URLSearchParams({ filename: file.name })}`, { method: "POST", body: file })).results[0];
    const name = document.getElementById("name-of").value;
    const named = await ask(`/api/v1/unknowns/${chosen.id}/name`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name }),
    });
    part("assigned").textContent = `${file.name}: space group ${found.space_group}, Pearson symbol ${found.pearson}; ${found.type ? `of the type ${found.type}` : "of no type that the catalogue knows"}.`;
    const learned = new DataTransfer(); // a list of its own, which the reset leaves alone
    learned.items.add(file);
    document.getElementById("cifs").files = learned.files;
    event.target.reset();
    await load(named.id);
    await compare();
  } catch (error) {
    tell(problem, error);
  }
});

const VERDICTS = { yes: ["known", "fits"], doubtful: ["uncertain", "open"], no: ["failed", "does not fit"] };

// Whether the structures that are to be taught have the lines of the group; it forbids nothing.
async function compare() {
  const [group, place] = [chosen, part("compared")];
  place.replaceChildren(element("p", { class: "busy small" }, ["Comparing with the patterns …"]));
  const told = [];
  for (const file of document.getElementById("cifs").files) {
    const query = new URLSearchParams({ filename: file.name });
    try {
      const found = await ask(`/api/v1/unknowns/${group.id}/compare?${query}`, { method: "POST", body: file });
      const [look, word] = VERDICTS[found.verified] ?? ["unknown", "not compared"];
      told.push(element("p", {}, [element("span", { class: `verdict ${look}` }, [word]), ` ${file.name}: ${found.text}`]));
      told.push(element("ul", { class: "small quiet" }, found.patterns.map((each) => element("li", {}, [
        `${each.file}: ${each.ok ? each.reasons.join(" ") : each.error.message}`]))));
    } catch (error) {
      told.push(element("p", {}, [element("span", { class: "verdict unknown" }, ["not compared"]), ` ${file.name}: ${error.message}`]));
    }
  }
  if (chosen === group) place.replaceChildren(...told);
}

document.getElementById("cifs").addEventListener("change", () => compare());

function fail(error) {
  part("said").textContent = "";
  tell(told, error);
}

load().catch(fail);

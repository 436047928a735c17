// A structure in three dimensions. 3Dmol, which draws it, is loaded only when somebody asks.
import { ask, cell, chemical, element, Problem, tell } from "/static/api.js";

const STEP_DEG = 10;
const ZOOM = 1.15;
const TURNS = { ArrowLeft: [-STEP_DEG, "y"], ArrowRight: [STEP_DEG, "y"], ArrowUp: [-STEP_DEG, "x"], ArrowDown: [STEP_DEG, "x"] };
const ORIGIN = {
  fit: "As it was fitted to this pattern.",
  compound: "The known compound that is most like the sample, at the size of the sample's cell.",
  reference: "The reference of the type, at the size of the sample's cell.",
};
const KEYS = "Arrow keys turn it, plus and minus zoom, a, b and c look along an edge, Escape shows it as at first.";
let loading = null;

function load() {
  loading ??= new Promise((done, failed) => {
    const script = element("script", { src: "/static/vendor/3Dmol-min.js" });
    script.addEventListener("load", () => done(window.$3Dmol));
    script.addEventListener("error", () => failed(new Problem({ detail: "The drawing program cannot be loaded.", hint: "Is the service still running?" })));
    document.head.append(script);
  });
  return loading;
}

const canDraw = () => Boolean(document.createElement("canvas").getContext("webgl2"));
const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const times = (v, factor) => v.map((x) => x * factor);
const plus = (...vectors) => [0, 1, 2].map((n) => vectors.reduce((sum, v) => sum + v[n], 0));
const dot = (u, v) => u.reduce((sum, x, n) => sum + x * v[n], 0);
const cross = (u, v) => [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
const unit = (v) => times(v, 1 / Math.hypot(...v));
const point = ([x, y, z]) => ({ x, y, z });

// The turn, as a quaternion, that brings one direction towards the eye and another one upwards.
function turnTo(towards, upwards) {
  const z = unit(towards);
  const y = unit(plus(upwards, times(z, -dot(upwards, z))));
  const m = [cross(y, z), y, z];
  const trace = m[0][0] + m[1][1] + m[2][2];
  if (trace > 0) {
    const s = 2 * Math.sqrt(trace + 1);
    return [(m[2][1] - m[1][2]) / s, (m[0][2] - m[2][0]) / s, (m[1][0] - m[0][1]) / s, s / 4];
  }
  const i = [0, 1, 2].reduce((best, n) => (m[n][n] > m[best][best] ? n : best), 0);
  const [j, k] = [(i + 1) % 3, (i + 2) % 3];
  const s = 2 * Math.sqrt(1 + m[i][i] - m[j][j] - m[k][k]);
  const q = [0, 0, 0, (m[k][j] - m[j][k]) / s];
  q[i] = s / 4;
  q[j] = (m[j][i] + m[i][j]) / s;
  q[k] = (m[k][i] + m[i][k]) / s;
  return q;
}

const siteText = (species) => species.map(([name, share]) => (share > 0.995 ? name : `${name} ${share.toFixed(2)}`)).join(", ");

export class StructureView {
  // `place` has a button [data-structure-show] and an area [data-structure-area].
  // `wanted` says which structure: its type, or also of which fit and phase.
  constructor(place, address, wanted, told = () => {}) {
    this.place = place;
    this.address = address;
    this.wanted = wanted;
    this.told = told;
    this.shown = false;
    this.button = place.querySelector("[data-structure-show]");
    this.area = place.querySelector("[data-structure-area]");
    this.button.addEventListener("click", () => this.show());
  }

  // Another candidate: drawn at once where one is drawn already.
  choose(wanted) {
    this.wanted = wanted;
    if (this.shown) this.show();
  }

  async show() {
    this.shown = true;
    this.told();
    this.button.hidden = true;
    const { wanted } = this;
    this.area.hidden = false;
    this.area.replaceChildren(element("p", { class: "quiet" }, [element("span", { class: "busy" }, ["Looking for its atoms …"])]));
    try {
      const found = await ask(`${this.address}/structure?${new URLSearchParams(Object.entries(wanted))}`);
      const program = canDraw() ? await load() : null;
      if (this.wanted === wanted) this.draw(found, program);
    } catch (error) {
      tell(this.area, error);
    }
  }

  draw(found, program) {
    const kinds = new Map(found.atoms.map((atom) => [siteText(atom.species), atom]));
    const stage = element("div", { class: "structure", tabindex: "0", role: "application", "aria-label": `Unit cell of ${found.name}, in three dimensions. ${KEYS}` });
    const source = found.source ? ` (${found.source})` : "";
    const facts = [
      element("p", {}, [element("strong", {}, chemical(found.name)), `${source}, ${cell(found.cell)}`]),
      element("p", { class: "quiet small" }, [ORIGIN[found.origin]]),
      element("ul", { class: "legend" }, [...kinds].map(([text, atom]) => {
        const mark = element("span", { class: "swatch atom" });
        if (program) mark.style.background = colourOfElement(program, atom.element);
        return element("li", {}, [mark, text]);
      })),
    ];
    if (!program) {
      this.area.replaceChildren(element("p", { class: "notice" }, ["This browser cannot draw in three dimensions: it has no WebGL."]), ...facts);
      return;
    }
    const words = [["a", "along a"], ["b", "along b"], ["c", "along c"], ["+", "closer"], ["-", "further away"], ["Escape", "as at first"]];
    const buttons = words.map(([key, text]) => {
      const button = element("button", { type: "button", class: "small" }, [text]);
      button.addEventListener("click", () => this.press(key));
      return button;
    });
    this.area.replaceChildren(stage, element("div", { class: "row", role: "group", "aria-label": "Look at the structure" }, buttons), ...facts);
    this.viewer = scene(program, stage, found);
    this.basis = found.basis;
    this.first = this.viewer.getView();
    this.stage = stage;
    this.note();
    stage.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || !this.press(event.key)) return;
      event.preventDefault();
    });
    // The wheel scrolls the page, as everywhere; with Ctrl it zooms.
    stage.addEventListener("wheel", (event) => { if (!event.ctrlKey) event.stopPropagation(); }, { capture: true });
    this.place.dataset.drawn = found.type;
  }

  // What a key does; false where it does nothing.
  press(key) {
    const axis = ["a", "b", "c"].indexOf(key);
    if (key in TURNS) this.viewer.rotate(...TURNS[key]);
    else if (key === "+" || key === "=") this.viewer.zoom(ZOOM);
    else if (key === "-") this.viewer.zoom(1 / ZOOM);
    else if (key === "Escape") this.viewer.setView(this.first);
    else if (axis >= 0) this.look(axis);
    else return false;
    this.note();
    return true;
  }

  // How it is looked at stands on the element, for whoever drives the page by a program.
  note() {
    this.stage.dataset.view = this.viewer.getView().map((x) => x.toFixed(3)).join(" ");
  }

  look(axis) {
    const upwards = this.basis[axis === 2 ? 1 : 2];
    const view = this.viewer.getView();
    this.viewer.setView([...view.slice(0, 4), ...turnTo(this.basis[axis], upwards)]);
  }
}

function colourOfElement(program, name) {
  const colours = program.elementColors.Jmol;
  return `#${(colours[name] ?? colours[name.toUpperCase()] ?? 0x999999).toString(16).padStart(6, "0")}`;
}

// How much nearer than where a ball around the cell would fit: a long cell fills its ball, a cube does not.
function closeness(corners, towards, upwards) {
  const up = unit(plus(upwards, times(towards, -dot(upwards, towards))));
  const right = cross(up, towards);
  const extent = (v) => Math.max(...corners.map((p) => dot(p, v))) - Math.min(...corners.map((p) => dot(p, v)));
  const across = Math.max(...corners.map((p) => Math.max(...corners.map((q) => Math.hypot(...plus(p, times(q, -1)))))));
  return Math.min(1.5, 1.1 * Math.min(across / extent(up), (4 / 3) * (across / extent(right))));
}

function scene(program, stage, found) {
  const viewer = program.createViewer(stage, { backgroundColor: colourOf("--ground"), antialias: true, upscale: false, orthographic: true });
  const model = viewer.addModel();
  const atoms = found.atoms.map((atom, index) => ({ elem: atom.element, ...point(atom.xyz), index, serial: index, bonds: [], bondOrder: [] }));
  for (const [first, second] of found.bonds) {
    for (const [own, other] of [[first, second], [second, first]]) {
      atoms[own].bonds.push(other);
      atoms[own].bondOrder.push(1);
    }
  }
  model.addAtoms(atoms);
  model.setStyle({}, { sphere: { scale: 0.25, colorscheme: "Jmol" }, stick: { radius: 0.07, colorscheme: "Jmol" } });
  const [a, b, c] = found.basis;
  const corners = [[0, 0, 0], a, b, c, plus(a, b), plus(a, c), plus(b, c), plus(a, b, c)];
  const edges = [[0, 1], [0, 2], [0, 3], [1, 4], [1, 5], [2, 4], [2, 6], [3, 5], [3, 6], [4, 7], [5, 7], [6, 7]];
  for (const [start, end] of edges) viewer.addLine({ start: point(corners[start]), end: point(corners[end]), color: colourOf("--quiet") });
  for (const [name, edge] of [["a", a], ["b", b], ["c", c]]) {
    const place = times(edge, 1 + 0.9 / Math.hypot(...edge));
    viewer.addLabel(name, { position: point(place), fontColor: colourOf("--ink"), backgroundOpacity: 0, fontSize: 14, inFront: true });
  }
  viewer.zoomTo();
  // A little from above and from the side, with c upwards: no atom hides a row of others.
  const view = viewer.getView();
  const towards = unit(plus(unit(a), times(unit(b), 0.32), times(unit(c), 0.22)));
  viewer.setView([...view.slice(0, 4), ...turnTo(towards, c)]);
  viewer.zoom(closeness(corners, towards, c));
  viewer.render();
  return viewer;
}

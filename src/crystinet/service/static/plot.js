// The plot of a pattern: curves, lanes of ticks below it, a difference panel, 2theta, d or Q,
// linear, root or logarithm. Everything is also there for the keyboard.

const AXES = {
  two_theta: { label: "2θ / °", of: (x) => x, digits: 3 },
  d: { label: "d / Å", of: (x, wave) => wave / (2 * Math.sin((x * Math.PI) / 360)), digits: 4 },
  q: { label: "Q / Å⁻¹", of: (x, wave) => (4 * Math.PI * Math.sin((x * Math.PI) / 360)) / wave, digits: 4 },
};
const SCALES = {
  linear: { of: (y) => y, back: (y) => y },
  root: { of: (y) => Math.sign(y) * Math.sqrt(Math.abs(y)), back: (y) => Math.sign(y) * y * y },
  log: { of: (y, floor) => Math.log10(Math.max(y, floor)), back: (y) => 10 ** y },
};
const LANE = 20;
const NEAR = 7;
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

// root: holds [data-plot], its buttons and its readout. what: {x, curves, wavelength, lanes,
// difference, heat, window}; x in degrees 2theta. A curve: {values, colour, label, dots}.
export class PatternPlot {
  constructor(root, what) {
    this.root = root;
    this.place = root.querySelector("[data-plot]");
    this.readout = root.querySelector("[data-plot-readout]");
    this.what = { lanes: [], ...what };
    this.axis = "two_theta";
    this.scale = "linear";
    this.range = null;
    this.end = new AbortController();
    if (this.what.remember) this.#recall();
    const positive = this.what.curves[0].values.filter((y) => y > 0);
    const highest = positive.reduce((a, b) => Math.max(a, b), 0);
    const lowest = positive.reduce((a, b) => Math.min(a, b), Infinity);
    this.floor = Math.max(lowest, highest * 1e-6) || 1e-9;
    this.#controls();
    this.#draw();
    const signal = this.end.signal;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw(), { signal });
    this.sizes = new ResizeObserver(() => this.#resize());
    this.sizes.observe(this.place);
  }

  remove() {
    this.end.abort();
    this.sizes.disconnect();
    for (const chart of this.charts) chart.destroy();
    this.charts = [];
  }

  // The address holds the view, so that a link shows the same.
  #recall() {
    const query = new URLSearchParams(location.search);
    if (AXES[query.get("x")]) this.axis = query.get("x");
    if (SCALES[query.get("y")]) this.scale = query.get("y");
    const ends = [Number(query.get("from")), Number(query.get("to"))];
    if (query.has("to") && ends[0] < ends[1]) this.range = ends;
    for (const [name, value] of [["x", this.axis], ["y", this.scale]]) {
      for (const button of this.root.querySelectorAll(`[data-plot-${name}] button`)) button.setAttribute("aria-pressed", String(button.value === value));
    }
  }

  #note() {
    if (!this.what.remember) return;
    const query = new URLSearchParams(location.search);
    const set = (name, value, usual) => (value === usual ? query.delete(name) : query.set(name, value));
    set("x", this.axis, "two_theta");
    set("y", this.scale, "linear");
    set("from", this.range?.[0].toFixed(3), undefined);
    set("to", this.range?.[1].toFixed(3), undefined);
    const text = `${query}`;
    if (text !== location.search.slice(1)) history.replaceState(null, "", `${location.pathname}${text && "?"}${text}`);
  }

  setLanes(lanes) {
    this.what.lanes = lanes;
    this.#draw();
  }

  show(from, to) {
    this.range = [from, to];
    this.#draw();
  }

  #controls() {
    const group = (name, set) => {
      for (const button of this.root.querySelectorAll(`[data-plot-${name}] button`)) {
        button.addEventListener("click", () => {
          for (const each of button.parentElement.children) each.setAttribute("aria-pressed", String(each === button));
          set(button.value);
          this.#draw();
        }, { signal: this.end.signal });
      }
    };
    group("x", (value) => { this.axis = value; });
    group("y", (value) => { this.scale = value; });
    this.root.querySelector("[data-plot-reset]")?.addEventListener("click", () => { this.range = null; this.#draw(); }, { signal: this.end.signal });
    this.place.addEventListener("keydown", (event) => this.#key(event), { signal: this.end.signal });
  }

  #colour(name) {
    return getComputedStyle(this.place).getPropertyValue(name).trim();
  }

  // Degrees 2theta to the axis that is shown, and back by search.
  #to(x) { return AXES[this.axis].of(x, this.what.wavelength); }

  #height() {
    const free = Math.round(Math.min(430, Math.max(250, this.place.clientWidth * 0.52)));
    return free + this.what.lanes.length * LANE;
  }

  #draw() {
    for (const chart of this.charts ?? []) chart.destroy();
    this.place.replaceChildren();
    const backwards = this.axis === "d";
    const turned = (values) => (backwards ? values.slice().reverse() : values);
    this.x = turned(this.what.x.map((x) => this.#to(x)));
    this.angles = turned(this.what.x);
    const { of } = SCALES[this.scale];
    this.curves = this.what.curves.map((curve) =>
      turned(curve.values).map((y) => (y === null ? null : of(y, this.floor))));
    const main = this.#chart(this.curves, this.what.curves, { height: this.#height(), lanes: this.what.lanes });
    this.charts = [main];
    if (this.what.difference) {
      const values = turned(this.what.difference);
      this.charts.push(this.#chart([values], [{ label: "difference", colour: "--curve" }],
        { height: 110, lanes: [], plain: true }));
    }
    if (this.range) this.#zoom(...this.range.map((x) => this.#to(x)).sort((a, b) => a - b));
    this.place.dataset.drawn = `${this.axis} ${this.scale}`;
    this.#note();
  }

  #chart(values, curves, { height, lanes, plain = false }) {
    const ink = this.#colour("--quiet");
    const grid = { stroke: this.#colour("--grid"), width: 1 };
    const below = lanes.length * LANE;
    const axis = { stroke: ink, grid, ticks: { show: false }, font: FONT, labelFont: FONT };
    const last = plain || !this.what.difference;
    const options = {
      width: this.place.clientWidth,
      height,
      legend: { show: false },
      padding: [10, 12, 0, 0],
      scales: {
        x: { time: false, dir: this.axis === "d" ? -1 : 1, distr: this.axis === "d" ? 3 : 1, log: 10 },
        y: { range: (_, low, high) => spread(low, high, plain) },
      },
      axes: [
        { ...axis, size: (last ? 26 : 8) + below, gap: 5 + below, label: last ? AXES[this.axis].label : "", labelSize: last ? 18 : 0,
          values: last ? (_, all) => all.map((v) => (v === null ? "" : `${+v.toPrecision(4)}`)) : () => [] ,
          ...(this.axis === "d" ? { splits: (_, __, low, high) => ladder(low, high), filter: (_, all) => all } : {}) },
        { ...axis, size: 62, gap: 4, label: plain ? "difference" : "intensity", labelSize: 18,
          ...(plain ? { space: 26 } : this.scale === "linear" ? {} : { splits: (_, __, low, high) => this.#splits(low, high), filter: (_, all) => all }),
          values: (_, all) => all.map((y) => (y === null ? "" : brief(plain ? y : SCALES[this.scale].back(y)))) },
      ],
      cursor: {
        sync: { key: this.#key_of_sync() },
        drag: { x: true, y: false, uni: 20 },
        points: { size: 8 },
        dataIdx: (chart, series, at) => (plain || at === null ? at : snapped(chart, values[0], at)),
        bind: { dblclick: () => () => { this.range = null; this.#draw(); } },
      },
      series: [{}, ...curves.map((curve) => ({
        label: curve.label,
        stroke: this.#colour(curve.colour),
        width: curve.width ?? 1.2,
        points: curve.dots ? { show: true, size: 2.6, fill: this.#colour(curve.colour), width: 0 } : { show: false },
        ...(curve.dots ? { paths: () => null } : {}),
        spanGaps: false,
      }))],
      hooks: {
        drawClear: [(chart) => { if (!plain) this.#heat(chart); }],
        draw: [(chart) => this.#ticks(chart, lanes)],
        setCursor: [(chart) => { if (!plain) this.#tell(chart); }],
        setScale: [(chart, key) => { if (key === "x") this.#follow(chart); }],
      },
    };
    return new uPlot(options, [this.x, ...values], this.place);
  }

  #key_of_sync() {
    this.sync ??= `plot-${Math.random()}`;
    return this.sync;
  }

  // All panels show the same range.
  #follow(chart) {
    if (this.following || !this.charts?.includes(chart)) return;
    this.following = true;
    const { min, max } = chart.scales.x;
    for (const other of this.charts) if (other !== chart) other.setScale("x", { min, max });
    const ends = [min, max].map((x) => this.angles[nearest(this.x, x)]).sort((a, b) => a - b);
    this.range = min <= this.x[0] && max >= this.x.at(-1) ? null : ends;
    this.following = false;
    this.#note();
  }

  #zoom(min, max) {
    for (const chart of this.charts) chart.setScale("x", { min, max });
  }

  #splits(low, high) {
    const { of, back } = SCALES[this.scale];
    if (this.scale === "log") {
      const found = [];
      const steps = high - low < 2.2 ? [1, 2, 5] : [1];
      for (let power = Math.floor(low); power <= Math.ceil(high); power += 1) {
        for (const step of steps) found.push(power + Math.log10(step));
      }
      return found.filter((y) => y >= low && y <= high);
    }
    const top = back(high);
    return [0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.7, 1].map((part) => of(+(part * top).toPrecision(1)))
      .filter((y, n, all) => y >= low && y <= high && (n === 0 || y - all[n - 1] > (high - low) * 0.06));
  }

  #heat({ ctx, bbox, valToPos, scales }) {
    const { heat } = this.what;
    if (!heat) return;
    const values = this.axis === "d" ? heat.slice().reverse() : heat;
    ctx.save();
    ctx.fillStyle = this.#colour("--heat");
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (let n = 0; n + 1 < this.x.length; n += 1) {
      if (!(values[n] > 0.02) || this.x[n + 1] < scales.x.min || this.x[n] > scales.x.max) continue;
      const [a, b] = [valToPos(this.x[n], "x", true), valToPos(this.x[n + 1], "x", true)];
      ctx.globalAlpha = 0.55 * values[n];
      ctx.fillRect(Math.min(a, b), bbox.top, Math.max(1, Math.abs(b - a)), bbox.height);
    }
    ctx.restore();
  }

  #ticks(chart, lanes) {
    const { ctx, bbox } = chart;
    const ratio = devicePixelRatio;
    ctx.save();
    lanes.forEach((lane, n) => {
      const top = bbox.top + bbox.height + (n * LANE + 4) * ratio;
      const tall = (LANE - 5) * ratio;
      ctx.strokeStyle = this.#colour(lane.colour);
      ctx.lineWidth = Math.max(1, 1.3 * ratio);
      for (const line of lane.lines) {
        const x = chart.valToPos(this.#to(line.two_theta), "x", true);
        if (!(x >= bbox.left && x <= bbox.left + bbox.width)) continue;
        const part = lane.flat ? 1 : 0.4 + 0.6 * Math.sqrt(Math.min(1, line.intensity / 100));
        ctx.globalAlpha = lane.flat ? 1 : 0.45 + 0.55 * part;
        ctx.beginPath();
        ctx.moveTo(x, top);
        ctx.lineTo(x, top + tall * part);
        ctx.stroke();
      }
    });
    ctx.restore();
  }

  #tell(chart) {
    const at = chart.cursor.idxs?.[1] ?? chart.cursor.idx;
    if (at === null || at === undefined) return;
    this.at = at;
    const angle = this.angles[at];
    const { wavelength } = this.what;
    const parts = [
      ["2θ", `${angle.toFixed(3)}°`],
      ["d", `${AXES.d.of(angle, wavelength).toFixed(4)} Å`],
      ["Q", `${AXES.q.of(angle, wavelength).toFixed(4)} Å⁻¹`],
      ["intensity", brief(this.what.curves[0].values[this.axis === "d" ? this.x.length - 1 - at : at] ?? NaN)],
    ];
    const here = chart.valToPos(this.x[at], "x");
    for (const lane of this.what.lanes) {
      let best = null;
      for (const line of lane.lines) {
        const far = Math.abs(chart.valToPos(this.#to(line.two_theta), "x") - here);
        if (far <= NEAR && (best === null || (line.intensity ?? 0) > (best.intensity ?? 0))) best = line;
      }
      if (best?.hkl) parts.push([lane.label, best.hkl.slice(0, 3).map((hkl) => `(${hkl.map(index).join(" ")})`).join(" ")]);
      else if (best) parts.push([lane.label, best.text ?? ""]);
    }
    this.readout?.replaceChildren(...parts.map(([name, value]) => {
      const span = document.createElement("span");
      const strong = document.createElement("b");
      strong.textContent = value;
      span.append(`${name} `, strong);
      return span;
    }));
  }

  #key(event) {
    const [chart] = this.charts;
    const { min, max } = chart.scales.x;
    const move = (to) => {
      const at = Math.max(0, Math.min(this.x.length - 1, to));
      this.readout?.setAttribute("aria-live", "polite");
      chart.setCursor({ left: chart.valToPos(this.x[at], "x"), top: chart.valToPos(this.curves[0][at] ?? 0, "y") });
    };
    const span = Math.max(1, Math.round(this.x.filter((x) => x >= min && x <= max).length / 200));
    const middle = this.at ?? Math.floor(this.x.length / 2);
    const side = this.axis === "d" ? -1 : 1;
    const zoom = (by) => {
      const at = this.x[middle];
      this.#zoom(at - (at - min) * by, at + (max - at) * by);
    };
    const keys = {
      ArrowRight: () => move(middle + side * span * (event.shiftKey ? 10 : 1)),
      ArrowLeft: () => move(middle - side * span * (event.shiftKey ? 10 : 1)),
      "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2),
      Escape: () => { this.range = null; this.#draw(); },
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  #resize() {
    const [chart] = this.charts;
    const width = this.place.clientWidth;
    if (!width || chart.width === width) return;
    for (const [n, each] of this.charts.entries()) each.setSize({ width, height: n ? 110 : this.#height() });
  }
}

function spread(low, high, symmetric) {
  if (!Number.isFinite(low)) return [0, 1];
  if (symmetric) {
    const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
    return [-most * 1.08, most * 1.08];
  }
  const room = (high - low) * 0.05 || 1;
  return [low >= 0 && low < (high - low) * 0.3 ? Math.min(0, low) : low - room * 0.4, high + room];
}

// The highest point within some pixels of the cursor.
function snapped(chart, values, at) {
  const here = chart.valToPos(chart.data[0][at], "x");
  let best = at;
  for (const step of [-1, 1]) {
    for (let n = at + step; n >= 0 && n < values.length; n += step) {
      if (Math.abs(chart.valToPos(chart.data[0][n], "x") - here) > NEAR) break;
      if ((values[n] ?? -Infinity) > (values[best] ?? -Infinity)) best = n;
    }
  }
  return best;
}

function nearest(rising, x) {
  let [low, high] = [0, rising.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (rising[middle] > x) high = middle;
    else low = middle;
  }
  return Math.abs(rising[low] - x) <= Math.abs(rising[high] - x) ? low : high;
}

// Round numbers between two, for a logarithmic axis of d.
function ladder(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    for (const step of high / low > 30 ? [1, 2, 5] : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8]) found.push(+(step * 10 ** power).toPrecision(3));
  }
  return found.filter((x) => x >= low && x <= high);
}

function brief(y) {
  if (!Number.isFinite(y)) return "–";
  const size = Math.abs(y);
  if (size >= 1e6) return `${+(y / 1e6).toPrecision(3)} M`;
  if (size >= 1e4) return `${+(y / 1e3).toPrecision(3)} k`;
  return `${+y.toPrecision(4)}`;
}

// -1 as crystallographers write it: a bar over the number.
function index(value) {
  return value < 0 ? `${-value}\u0305` : `${value}`;
}

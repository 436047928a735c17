// The plot of a pattern: curves, lanes of ticks below it, a difference panel, 2theta, d or Q,
// linear, root or logarithm. Everything is also there for the keyboard.
import { AXES, brief, index, ladder, nearest, NEAR, SCALES, snapped, spread } from "/static/axes.js";
import { savePicture } from "/static/picture.js";

const LANE = 20;
// Heights of a panel of differences, alone and among others, without its axis.
const PANEL = 66;
const SMALL_PANEL = 56;
const FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

// root: holds [data-plot], its buttons and its readout. what: {x, curves, wavelength, lanes,
// differences, heat}; x in degrees 2theta. A curve: {values, colour, label, dots}. Differences are
// curves too; each has a panel of its own, all on one scale.
export class PatternPlot {
  constructor(root, what) {
    this.root = root;
    this.place = root.querySelector("[data-plot]");
    this.readout = root.querySelector("[data-plot-readout]");
    this.what = { lanes: [], differences: [], ...what };
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
    const { x } = this.what;
    const ends = [Math.max(x[0], Number(query.get("from"))), Math.min(x.at(-1), Number(query.get("to")))];
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
    this.root.querySelector("[data-plot-save]")?.addEventListener("click", () => savePicture(this), { signal: this.end.signal });
    this.place.addEventListener("keydown", (event) => this.#key(event), { signal: this.end.signal });
    this.place.addEventListener("mousemove", (event) => this.#pointAtTick(event), { signal: this.end.signal });
  }

  // Degrees 2theta to the axis that is shown, and back by search.
  #to(x) { return AXES[this.axis].of(x, this.what.wavelength); }

  #height(width) {
    const free = Math.round(Math.min(430, Math.max(250, width * 0.52)));
    return free + this.what.lanes.length * LANE;
  }

  get #panel() { return this.what.differences.length > 1 ? SMALL_PANEL : PANEL; }

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
    this.differences = this.what.differences.map((curve) => turned(curve.values));
    this.charts = this.panels(this.place, this.place.clientWidth, 1);
    if (this.range) this.#zoom(...this.range.map((x) => this.#to(x)).sort((a, b) => a - b));
    this.place.dataset.drawn = `${this.axis} ${this.scale}`;
    this.#note();
  }

  // All charts, one above the other, in an element of some width; everything `size` times as large.
  panels(place, width, size) {
    const { curves, lanes, differences } = this.what;
    const below = differences.length;
    return [
      this.#chart(place, this.curves, curves, { width, size, lanes, height: this.#height(width), last: !below }),
      ...differences.map((curve, n) => this.#chart(place, [this.differences[n]], [curve],
        { label: n === below >> 1 ? "difference" : "", width, size, lanes: [], height: this.#panel + (n === below - 1 ? 44 : 8), last: n === below - 1, plain: true })),
    ];
  }

  #chart(place, values, curves, { width, size, height, lanes, last, label = "intensity", plain = false }) {
    const colour = (name) => getComputedStyle(place).getPropertyValue(name).trim();
    const grid = { stroke: colour("--grid"), width: size };
    const below = lanes.length * LANE;
    const font = `${12 * size}px ${FAMILY}`;
    const axis = { stroke: colour("--quiet"), grid, ticks: { show: false }, font, labelFont: font };
    const options = {
      width: width * size,
      height: height * size,
      legend: { show: false },
      padding: [10 * size, 12 * size, 0, 0],
      scales: {
        // Its own range of a logarithmic axis would be whole powers of ten, whatever is asked for.
        x: { time: false, dir: this.axis === "d" ? -1 : 1, distr: this.axis === "d" ? 3 : 1, log: 10, range: (_, low, high) => [low, high] },
        y: { range: (chart, low, high) => (plain ? this.#common(chart) : spread(low, high)) },
      },
      axes: [
        { ...axis, size: ((last ? 26 : 8) + below) * size, gap: (5 + below) * size, label: last ? AXES[this.axis].label : "", labelSize: last ? 18 * size : 0, space: 50 * size,
          values: last ? (_, all) => all.map((v) => (v === null ? "" : `${+v.toPrecision(4)}`)) : () => [] ,
          ...(this.axis === "d" ? { splits: (_, __, low, high) => ladder(low, high), filter: (_, all) => all } : {}) },
        { ...axis, size: 62 * size, gap: 4 * size, label, labelSize: 18 * size, space: (plain ? 26 : 30) * size,
          ...(plain ? {} : this.scale === "linear" ? {} : { splits: (_, __, low, high) => this.#splits(low, high), filter: (_, all) => all }),
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
        stroke: colour(curve.colour),
        width: (curve.width ?? 1.2) * size,
        points: curve.dots ? { show: true, size: 2.6 * size, fill: colour(curve.colour), width: 0 } : { show: false },
        ...(curve.dots ? { paths: () => null } : {}),
        spanGaps: false,
      }))],
      hooks: {
        drawClear: [(chart) => { if (!plain) this.#heat(chart, colour); }],
        draw: [(chart) => this.#ticks(chart, lanes, size, colour)],
        setCursor: [(chart) => { if (!plain) this.#tell(chart); }],
        setScale: [(chart, key) => { if (key === "x") this.#follow(chart); }],
      },
    };
    return new uPlot(options, [this.x, ...values], place);
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

  // Differences are compared, so one scale shows what is largest of all of them in the range.
  #common(chart) {
    const [first, last] = chart.series[0].idxs ?? [0, this.x.length - 1];
    let most = 0;
    for (const values of this.differences) {
      for (let n = first; n <= last; n += 1) most = Math.max(most, Math.abs(values[n] ?? 0));
    }
    return [-(most || 1) * 1.08, (most || 1) * 1.08];
  }

  // Never beyond the data: a logarithmic axis has no place for what is not above zero.
  #zoom(from, to) {
    const [min, max] = [Math.max(this.x[0], from), Math.min(this.x.at(-1), to)];
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

  #heat({ ctx, bbox, valToPos, scales }, colour) {
    const { heat } = this.what;
    if (!heat) return;
    const values = this.axis === "d" ? heat.slice().reverse() : heat;
    ctx.save();
    ctx.fillStyle = colour("--heat");
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

  #ticks(chart, lanes, size, colour) {
    const { ctx, bbox } = chart;
    const ratio = devicePixelRatio * size;
    ctx.save();
    lanes.forEach((lane, n) => {
      const top = bbox.top + bbox.height + (n * LANE + 4) * ratio;
      const tall = (LANE - 5) * ratio;
      ctx.strokeStyle = colour(lane.colour);
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
    const parts = [["intensity", brief(this.what.curves[0].values[this.axis === "d" ? this.x.length - 1 - at : at] ?? NaN)]];
    const here = chart.valToPos(this.x[at], "x");
    for (const lane of this.what.lanes) {
      let best = null;
      for (const line of lane.lines) {
        const far = Math.abs(chart.valToPos(this.#to(line.two_theta), "x") - here);
        if (far <= NEAR && (best === null || (line.intensity ?? 0) > (best.intensity ?? 0))) best = line;
      }
      if (best) parts.push([lane.label, nameOf(best)]);
    }
    this.#say(this.angles[at], parts);
  }

  // A mark below the curve is pointed at: its own place and indices are told.
  #pointAtTick(event) {
    const [chart] = this.charts;
    const box = chart.over.getBoundingClientRect();
    const lane = event.clientY > box.bottom && this.what.lanes[Math.floor((event.clientY - box.bottom - 2) / LANE)];
    if (!lane) return;
    const far = (line) => Math.abs(chart.valToPos(this.#to(line.two_theta), "x") - (event.clientX - box.left));
    const best = lane.lines.reduce((least, line) => (least === null || far(line) < far(least) ? line : least), null);
    if (!best || far(best) > NEAR) return;
    chart.setCursor({ left: chart.valToPos(this.#to(best.two_theta), "x"), top: box.height / 2 });
    this.#say(best.two_theta, [[lane.label, nameOf(best)]]);
  }

  #say(angle, more) {
    const { wavelength } = this.what;
    const parts = [
      ["2θ", `${angle.toFixed(3)}°`],
      ["d", `${AXES.d.of(angle, wavelength).toFixed(4)} Å`],
      ["Q", `${AXES.q.of(angle, wavelength).toFixed(4)} Å⁻¹`],
      ...more,
    ];
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
    for (const [n, each] of this.charts.entries()) each.setSize({ width, height: n ? each.height : this.#height(width) });
  }
}

// What a line is called: its indices, where it has some.
function nameOf(line) {
  return line.hkl ? line.hkl.slice(0, 3).map((hkl) => `(${hkl.map(index).join(" ")})`).join(" ") : (line.text ?? "");
}

// A picture of a plot as it stands, for a paper: large, on white, with its legend above.
import { element, lowered } from "/static/api.js";

const WIDTH = 900;
const SIZE = 3; // 2700 points: 16 cm at more than 400 dpi
const ROW = 22;
const FONT = `${13 * SIZE}px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif`;

export async function savePicture(plot) {
  // In colours for paper, out of sight, and gone at once.
  const place = element("div", { class: "paper", "aria-hidden": "true" });
  document.body.append(place);
  const charts = plot.panels(place, WIDTH, SIZE);
  try {
    const [{ min, max }] = plot.charts.map((chart) => chart.scales.x);
    for (const chart of charts) chart.setScale("x", { min, max });
    await new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); });
    const picture = await new Promise((done) => { together(plot, place, charts).toBlob(done, "image/png"); });
    const address = URL.createObjectURL(picture);
    element("a", { href: address, download: `${fileName()}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  } finally {
    for (const chart of charts) chart.destroy();
    place.remove();
  }
}

function together(plot, place, charts) {
  const canvas = document.createElement("canvas");
  const scale = charts[0].ctx.canvas.width / WIDTH; // of the screen, too
  const rows = legendRows(plot, scale / SIZE);
  const top = rows.length * ROW * scale;
  canvas.width = charts[0].ctx.canvas.width;
  canvas.height = top + charts.reduce((sum, chart) => sum + chart.ctx.canvas.height, 0);
  const ink = canvas.getContext("2d");
  ink.fillStyle = "#fff";
  ink.fillRect(0, 0, canvas.width, canvas.height);
  const colour = (name) => getComputedStyle(place).getPropertyValue(name).trim();
  ink.font = fontAt(scale / SIZE);
  ink.textBaseline = "middle";
  rows.forEach((row, n) => {
    for (const { label, mark, x } of row) {
      const y = (n + 0.5) * ROW * scale;
      ink.fillStyle = colour(mark);
      ink.fillRect(x, y - 1.5 * scale, 18 * scale, 3 * scale);
      ink.fillStyle = colour("--ink");
      ink.fillText(label, x + 24 * scale, y);
    }
  });
  let y = top;
  for (const { ctx } of charts) {
    ink.drawImage(ctx.canvas, 0, y);
    y += ctx.canvas.height;
  }
  return canvas;
}

const fontAt = (ratio) => FONT.replace(/^\d+/, (pixels) => String(Math.round(pixels * ratio)));

// Entries of the legend with their places, in as many rows as they need.
function legendRows(plot, ratio) {
  const { curves, lanes, differences } = plot.what;
  const seen = new Set();
  const entries = [...curves, ...lanes, ...differences].map(({ label, colour }) => ({ label: withSubscripts(label), mark: colour }))
    .filter(({ label, mark }) => !seen.has(label + mark) && seen.add(label + mark));
  const measure = document.createElement("canvas").getContext("2d");
  measure.font = fontAt(ratio);
  const [gap, most] = [22 * SIZE * ratio, (WIDTH - 20) * SIZE * ratio];
  const rows = [[]];
  let x = gap;
  for (const each of entries) {
    const wide = measure.measureText(each.label).width + 24 * SIZE * ratio + gap;
    if (x + wide > most && rows.at(-1).length) {
      rows.push([]);
      x = gap;
    }
    rows.at(-1).push({ ...each, x });
    x += wide;
  }
  return rows;
}

// TiO2 with its numbers below the line, where a picture has text alone.
function withSubscripts(text) {
  return lowered(text).map((part, n) => (n % 2 ? [...part].map((d) => "₀₁₂₃₄₅₆₇₈₉"[d] ?? d).join("") : part)).join("");
}

function fileName() {
  const named = document.querySelector("[data-file]")?.textContent.replace(/\.\w+$/, "") ?? "patterns";
  return named.replace(/[^\w.-]+/g, "-").slice(0, 80) || "pattern";
}

// What the plot calculates: axes, scales, ranges and how numbers are written.

export const AXES = {
  two_theta: { label: "2θ / °", of: (x) => x, digits: 3 },
  d: { label: "d / Å", of: (x, wave) => wave / (2 * Math.sin((x * Math.PI) / 360)), digits: 4 },
  q: { label: "Q / Å⁻¹", of: (x, wave) => (4 * Math.PI * Math.sin((x * Math.PI) / 360)) / wave, digits: 4 },
};
export const SCALES = {
  linear: { of: (y) => y, back: (y) => y },
  root: { of: (y) => Math.sign(y) * Math.sqrt(Math.abs(y)), back: (y) => Math.sign(y) * y * y },
  log: { of: (y, floor) => Math.log10(Math.max(y, floor)), back: (y) => 10 ** y },
};
// Pixels around the cursor in which it finds a line or the top of a peak.
export const NEAR = 7;

export function spread(low, high) {
  if (!Number.isFinite(low)) return [0, 1];
  const room = (high - low) * 0.05 || 1;
  return [low >= 0 && low < (high - low) * 0.3 ? Math.min(0, low) : low - room * 0.4, high + room];
}

// The highest point within some pixels of the cursor.
export function snapped(chart, values, at) {
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

export function nearest(rising, x) {
  let [low, high] = [0, rising.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (rising[middle] > x) high = middle;
    else low = middle;
  }
  return Math.abs(rising[low] - x) <= Math.abs(rising[high] - x) ? low : high;
}

// Round numbers between two, for a logarithmic axis of d.
export function ladder(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    for (const step of high / low > 30 ? [1, 2, 5] : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8]) found.push(+(step * 10 ** power).toPrecision(3));
  }
  return found.filter((x) => x >= low && x <= high);
}

export function brief(y) {
  if (!Number.isFinite(y)) return "–";
  const size = Math.abs(y);
  if (size >= 1e6) return `${+(y / 1e6).toPrecision(3)} M`;
  if (size >= 1e4) return `${+(y / 1e3).toPrecision(3)} k`;
  return `${+y.toPrecision(4)}`;
}

// -1 as crystallographers write it: a bar over the number.
export function index(value) {
  return value < 0 ? `${-value}\u0305` : `${value}`;
}

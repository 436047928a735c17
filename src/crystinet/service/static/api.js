// Asking the service, and telling what went wrong in its own words.

export class Problem extends Error {
  constructor(document) {
    super(document.detail);
    this.hint = document.hint ?? "";
    this.code = document.code ?? "";
  }
}

export async function ask(address, options = {}) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Problem({ detail: "The service does not answer.", hint: "Is it still running?" });
  }
  if (response.status === 204) return null;
  const found = await response.json().catch(() => ({ detail: response.statusText }));
  if (!response.ok) throw new Problem(found);
  return found;
}

export function tell(place, error) {
  place.replaceChildren(element("div", { class: "notice wrong" }, [
    element("p", {}, [element("strong", {}, [error.message])]),
    ...(error.hint ? [element("p", {}, [error.hint])] : []),
  ]));
}

// Text is always a text node: what comes from a file is never read as HTML.
export function element(name, attributes = {}, children = []) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Parts of a formula or of the name of a type, those with an odd number below the line: TiO2. Of a
// space group, as in Apatite#-(HE,P63/m), that is the second digit of its screw axis alone.
export const lowered = (text) => String(text).split(/((?<=,P6)\d|(?<=[A-Za-z)\]])(?<!,[A-Z]|\/m)\d+(?:\.\d+)?)/);

export function chemical(text) {
  return lowered(text).map((part, n) => (n % 2 ? element("sub", {}, [part]) : part)).filter(Boolean);
}

// What an answer says first, as crystinet.model.in_short tells it: its standing, and the most
// probable type of all.
export function told(entry) {
  const [best] = entry.candidates;
  const own = { type: best.type, probability: best.probability_of_all ?? best.probability, standing: entry.verdict };
  const first = entry.further?.types[0];
  if (!first || entry.verdict === "known" || first.probability <= own.probability) return own;
  const known = entry.verdict === "unknown" && entry.further.known;
  return { ...first, standing: known ? "further" : entry.verdict };
}

export function cell(values, uncertainty = []) {
  const names = ["a", "b", "c"];
  const edges = names.filter((_, n) => !values.slice(0, n).some((v) => Math.abs(v - values[n]) < 1e-9))
    .map((name) => `${name} = ${withError(values[names.indexOf(name)], uncertainty[names.indexOf(name)])}`);
  const angles = ["α", "β", "γ"].map((name, n) => [name, values[3 + n], uncertainty[3 + n]])
    .filter(([name, v]) => Math.abs(v - 90) > 1e-6 && !(name === "γ" && Math.abs(v - 120) < 1e-6))
    .map(([name, v, e]) => `${name} = ${withError(v, e, 2)}°`);
  return [`${edges.join(", ")} Å`, ...angles].join(", ");
}

export function withError(value, error, digits = 4) {
  if (!(error > 0)) return value.toFixed(digits);
  let places = Math.max(0, -Math.floor(Math.log10(error)));
  if (Math.round(error * 10 ** places) < 2) places += 1;
  return `${value.toFixed(places)}(${Math.round(error * 10 ** places)})`;
}

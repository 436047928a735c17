// Why: heat, matched and unexplained lines, and what the answer hangs on.
import { ask, chemical, element, tell } from "/static/api.js";
import { PatternPlot } from "/static/plot.js";

const main = document.getElementById("main");
const { result, type } = main.dataset;
const WEIGHTY = 0.05;

function row(cells) {
  return element("tr", {}, cells.map(([text, number]) => element("td", number ? { class: "n" } : {}, [].concat(text))));
}

function speaks(change) {
  const size = Math.abs(change);
  if (size < WEIGHTY) return "hardly";
  const strength = size > 1 ? "strongly " : size > 0.3 ? "" : "a little ";
  return `${strength}${change < 0 ? "for it" : "against it"}`;
}

try {
  const found = await ask(`/api/v1/results/${result}/explanation?type=${encodeURIComponent(type)}&points=8000`);
  const lane = (matched) => found.peaks.filter((peak) => peak.matched === matched)
    .map((peak) => ({ two_theta: peak.two_theta, intensity: 100 * peak.intensity, text: `${Math.round(100 * peak.intensity)} % high` }));
  new PatternPlot(document.querySelector("[aria-labelledby=why-title]"), {
    x: found.curves.two_theta,
    curves: [
      { values: found.curves.intensity, colour: "--curve", label: "prepared" },
      { values: found.curves.expected, colour: "--calc", label: "average" },
    ],
    heat: found.curves.heat,
    wavelength: found.wavelength_angstrom,
    lanes: [
      { label: "matched", colour: "--lane-1", lines: lane(true), flat: true },
      { label: "not explained", colour: "--lane-2", lines: lane(false), flat: true },
    ],
    remember: true,
  });
  const left = found.peaks.filter((peak) => !peak.matched).sort((a, b) => b.intensity - a.intensity);
  document.querySelector("[data-lines-said]").textContent = left.length
    ? `${found.peaks.length - left.length} of ${found.peaks.length} lines belong to this type. The highest of those that do not:`
    : `All ${found.peaks.length} lines belong to this type.`;
  document.querySelector("[data-unexplained]").replaceChildren(...left.slice(0, 10).map((peak) => row([
    [peak.two_theta.toFixed(2), true], [peak.d_angstrom.toFixed(4), true], [(100 * peak.intensity).toFixed(1), true]])));
  const windows = [...found.sensitivity].sort((a, b) => Math.abs(b.change) - Math.abs(a.change)).slice(0, 10);
  document.querySelector("[data-windows]").replaceChildren(...windows.map((each) => row([
    [each.two_theta.map((x) => x.toFixed(1)).join("–"), true], [speaks(each.change)], [chemical(each.answer)]])));
  main.dataset.ready = "yes";
} catch (error) {
  tell(document.getElementById("told"), error);
}

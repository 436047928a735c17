// A batch: the table fills as answers come, and shows one kind of verdict where that is wanted.
import { ask, chemical, element, tell, told as inShort } from "/static/api.js";

const main = document.getElementById("main");
const job = `/api/v1/jobs/${main.dataset.job}`;
const told = document.getElementById("told");
const part = (name) => document.querySelector(`[data-${name}]`);
const WORDS = { known: "Known type", uncertain: "Not certain", unknown: "None of the known types", further: "Known further type", failed: "Not read" };
const STATES = { queued: "Waiting for its turn", running: "Working", done: "Done", failed: "Failed", cancelled: "Cancelled" };
const AT_ONCE = 500;
const entries = [];
let cursor = 0;
let filter = new URLSearchParams(location.search).get("verdict") ?? "";
let shown = AT_ONCE;
let reading = Promise.resolve();

const verdictOf = (entry) => (entry.ok ? inShort(entry).standing : "failed");

function row(entry) {
  const verdict = verdictOf(entry);
  const mark = element("span", { class: `verdict ${verdict}` }, [WORDS[verdict]]);
  if (!entry.ok) {
    return element("tr", {}, [element("td", {}, [entry.file]), element("td", {}, [mark]),
      element("td", { colspan: "2" }, [`${entry.error.message} ${entry.error.hint}`])]);
  }
  const best = inShort(entry);
  return element("tr", {}, [
    element("td", {}, [element("a", { href: `/results/${entry.id}` }, [entry.file])]),
    element("td", {}, [mark]),
    element("td", {}, chemical(best.type)),
    element("td", { class: "n" }, [`${(100 * best.probability).toFixed(1)} %`]),
  ]);
}

function show() {
  const wanted = entries.filter((entry) => !filter || verdictOf(entry) === filter);
  part("rows").replaceChildren(...wanted.slice(0, shown).map(row));
  part("more").hidden = wanted.length <= shown;
  part("count").textContent = `${Math.min(shown, wanted.length)} of ${wanted.length} shown`;
  for (const button of part("filter").children) {
    const count = button.value ? entries.filter((entry) => verdictOf(entry) === button.value).length : entries.length;
    button.dataset.word ??= button.textContent;
    button.textContent = `${button.dataset.word} ${count}`;
    button.setAttribute("aria-pressed", String(button.value === filter));
  }
}

async function read() {
  for (;;) {
    const response = await fetch(`${job}/results?cursor=${cursor}&limit=1000`);
    const lines = (await response.text()).split("\n").filter(Boolean);
    if (!response.ok || !lines.length) break;
    cursor = Number(response.headers.get("Crystinet-Cursor"));
    entries.push(...lines.map((line) => JSON.parse(line)));
  }
  entries.sort((a, b) => a.input - b.input);
  show();
}

const more = () => { reading = reading.then(read).catch((error) => tell(told, error)); return reading; };

for (const button of part("filter").children) {
  button.addEventListener("click", () => {
    filter = button.value;
    shown = AT_ONCE;
    history.replaceState(null, "", filter ? `?verdict=${filter}` : location.pathname);
    show();
  });
}
part("more").addEventListener("click", () => { shown += AT_ONCE; show(); });
part("cancel").addEventListener("click", () => ask(job, { method: "DELETE" }).catch((error) => tell(told, error)));

function progress(done, failed, total) {
  main.querySelector("progress").value = done;
  part("said").textContent = `${done} of ${total} done${failed ? `, ${failed} not read` : ""}`;
}

const events = new EventSource(`${job}/events`);
events.addEventListener("progress", (event) => {
  const { done, failed, total } = JSON.parse(event.data);
  progress(done, failed ?? 0, total ?? main.querySelector("progress").max);
  more();
});
events.addEventListener("state", async (event) => {
  const { state } = JSON.parse(event.data);
  if (!["done", "failed", "cancelled"].includes(state)) return;
  events.close();
  part("cancel").hidden = true;
  await more();
  const now = await ask(job);
  progress(now.done, now.failed, now.total);
  part("said").textContent = `${STATES[state]}: ${part("said").textContent}`;
  main.dataset.ready = state;
});
more();

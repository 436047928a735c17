// Teaching a model the type of a group: the CIF files go in, a job works, a new model comes out.
import { ask, tell } from "/static/api.js";
import { showModels } from "/static/models.js";

const part = (name) => document.querySelector(`[data-${name}]`);
const problem = document.getElementById("learning-problem");
const bar = part("learning").querySelector("progress");
let job = null;

document.getElementById("teach").addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.replaceChildren();
  part("learned").hidden = true;
  try {
    const body = new FormData();
    for (const file of document.getElementById("cifs").files) body.append("file", file);
    const { uploads } = await ask("/api/v1/uploads", { method: "POST", body });
    const inputs = uploads.map(({ upload, file }) => ({ upload, file }));
    const type = document.getElementById("main").dataset.type;
    ({ id: job } = await ask("/api/v1/jobs", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ kind: "learn", inputs, options: { type } }),
    }));
    follow();
  } catch (error) {
    tell(problem, error);
  }
});

part("cancel").addEventListener("click", () => ask(`/api/v1/jobs/${job}`, { method: "DELETE" }).catch((error) => tell(problem, error)));

function follow() {
  busy(true);
  part("stage").textContent = "Waiting for its turn";
  const events = new EventSource(`/api/v1/jobs/${job}/events`);
  events.addEventListener("stage", (event) => {
    const { stage, fraction } = JSON.parse(event.data);
    part("stage").textContent = stage;
    if (fraction === null) bar.removeAttribute("value");
    else bar.value = fraction;
  });
  events.addEventListener("state", (event) => {
    const { state, error } = JSON.parse(event.data);
    if (!["done", "failed", "cancelled"].includes(state)) return;
    events.close();
    busy(false);
    if (state === "failed") tell(problem, { message: error.message, hint: error.hint });
    if (state === "cancelled") tell(problem, { message: "It was cancelled; nothing was learned." });
    if (state === "done") show().catch((wrong) => tell(problem, wrong));
  });
}

function busy(now) {
  part("learning").hidden = !now;
  document.getElementById("teach").querySelector("button").disabled = now;
  bar.removeAttribute("value");
}

async function show() {
  const { model } = await ask(`/api/v1/jobs/${job}/results`); // one line: one document
  part("model").textContent = model.name;
  part("learned").hidden = false;
  await showModels();
}

// Files come in: dropped anywhere, pasted, or chosen. One is an answer, several are a batch.
import { ask, element, tell } from "/static/api.js";

const AT_A_TIME = 50;
const state = document.getElementById("state") ?? document.getElementById("told");
const problem = document.getElementById("problem") ?? document.getElementById("told");

function known() {
  const query = new URLSearchParams();
  for (const field of document.querySelectorAll("#known [name]")) {
    if (field.value.trim()) query.set(field.name, field.value.trim());
  }
  return query;
}

async function take(files) {
  if (!files.length) return;
  problem.replaceChildren();
  try {
    location.assign(files.length === 1 ? await takeOne(files[0]) : await takeMany(files));
  } catch (error) {
    state.replaceChildren();
    tell(problem, error);
    problem.scrollIntoView({ block: "nearest" });
  }
}

async function takeOne(file) {
  say(`Looking at ${file.name} …`);
  const query = known();
  query.set("filename", file.name);
  const found = await ask(`/api/v1/identify?${query}`, { method: "POST", body: file });
  return `/results/${found.results.find((each) => each.ok).id}`;
}

export async function takeMany(files) {
  const inputs = [];
  for (let first = 0; first < files.length; first += AT_A_TIME) {
    say(`Sending ${Math.min(first + AT_A_TIME, files.length)} of ${files.length} files …`);
    const form = new FormData();
    for (const file of files.slice(first, first + AT_A_TIME)) form.append("file", file, file.name);
    const kept = await ask("/api/v1/uploads", { method: "POST", body: form });
    inputs.push(...kept.uploads.map(({ upload, file }) => ({ upload, file })));
  }
  const options = Object.fromEntries(known());
  const job = await ask("/api/v1/jobs", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kind: "batch", inputs, options }),
  });
  return `/batches/${job.id}`;
}

function say(text) {
  state.replaceChildren(element("span", { class: "busy" }, [text]));
}

// Folders that are dropped give all their files.
async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  const found = [];
  const walk = async (entry) => {
    if (entry.isFile) {
      found.push(await new Promise((done, failed) => entry.file(done, failed)));
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (!some.length) return;
      for (const each of some) await walk(each);
    }
  };
  for (const entry of entries) await walk(entry);
  return found.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

const elsewhere = (event) => event.target.closest?.("[data-own-drop]");
let inside = 0;
const over = (on) => document.body.classList.toggle("over", on);
addEventListener("dragenter", (event) => {
  if (![...event.dataTransfer.types].some((kind) => kind === "Files" || kind === "text/plain")) return;
  inside += 1;
  over(true);
});
addEventListener("dragleave", () => { inside = Math.max(0, inside - 1); over(inside > 0); });
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", async (event) => {
  inside = 0;
  over(false);
  if (elsewhere(event)) return;
  event.preventDefault();
  const files = await filesOf(event.dataTransfer);
  take(files.length ? files : ofText(event.dataTransfer.getData("text/plain")));
});
addEventListener("paste", (event) => {
  if (event.target.closest?.("input, textarea")) return;
  const files = [...event.clipboardData.files];
  take(files.length ? files : ofText(event.clipboardData.getData("text/plain")));
});

function ofText(text) {
  return text.trim() ? [new File([text], "pasted.xy", { type: "text/plain" })] : [];
}

document.getElementById("file")?.addEventListener("change", (event) => {
  const files = [...event.target.files];
  event.target.value = "";
  take(files);
});
document.getElementById("send-numbers")?.addEventListener("click", () =>
  take(ofText(document.getElementById("numbers").value)));

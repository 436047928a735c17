// Models that this service has learned: what they know more, and how to be rid of one.
import { ask, chemical, element, tell } from "/static/api.js";

const mayDelete = document.getElementById("main").dataset.mayName;
const part = (name) => document.querySelector(`[data-${name}]`);
const problem = document.getElementById("models-problem");

export async function showModels() {
  const { models } = await ask("/api/v1/models");
  const known = new Set(models.find((each) => each.default).types.map(({ type }) => type));
  const learned = models.filter((each) => each.learned);
  part("models").hidden = !learned.length;
  part("model-list").replaceChildren(...learned.map((model) => {
    const more = model.types.filter(({ type }) => !known.has(type)).flatMap(({ type }, n) => [n ? ", " : "", ...chemical(type)]);
    return element("li", {}, [element("strong", {}, [model.name]), element("span", {}, ["also knows ", ...more]), ...(mayDelete ? [button(model)] : [])]);
  }));
}

function button(model) {
  const made = element("button", { type: "button", class: "push", "aria-label": `Delete ${model.name}` }, ["Delete"]);
  made.addEventListener("click", async () => {
    problem.replaceChildren();
    if (!confirm(`Delete the model ${model.name} for good? What was answered with it stays.`)) return;
    try {
      await ask(`/api/v1/models/${encodeURIComponent(model.name)}`, { method: "DELETE" });
      await showModels();
    } catch (error) {
      tell(problem, error);
    }
  });
  return made;
}

showModels().catch((error) => tell(problem, error));

// The first page: a file goes in, its verdict comes out.
const file = document.getElementById("file");
const answer = document.getElementById("answer");

file.addEventListener("change", async () => {
  const [chosen] = file.files;
  if (!chosen) return;
  answer.textContent = "Reading …";
  const address = `/api/v1/identify?filename=${encodeURIComponent(chosen.name)}`;
  const response = await fetch(address, { method: "POST", body: chosen });
  const found = await response.json();
  if (!response.ok) {
    answer.textContent = `${found.detail} ${found.hint}`;
    return;
  }
  const [first] = found.results;
  answer.textContent = `${first.verdict}: ${first.candidates.map((c) => c.type).join(", ")}`;
});

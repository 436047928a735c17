// Export: the line for the paper goes to the clipboard.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const place = document.getElementById(button.dataset.copy);
    const told = document.querySelector("[data-copied]");
    try {
      await navigator.clipboard.writeText(place.textContent);
      told.textContent = "Copied.";
    } catch { // without permission, or without TLS: selected for Ctrl-C
      getSelection().selectAllChildren(place);
      told.textContent = "Selected: press Ctrl+C.";
    }
  });
}

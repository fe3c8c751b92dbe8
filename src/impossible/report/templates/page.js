// Only the filter boxes need a script; without one they stay hidden.
for (const box of document.querySelectorAll("[data-filters]")) {
  const list = document.getElementById(box.dataset.filters);
  const input = box.querySelector("input");
  const count = box.querySelector("output");
  const items = [...list.querySelectorAll("li")];
  box.hidden = false;
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    let shown = 0;
    for (const item of items) {
      item.hidden = !item.textContent.toLowerCase().includes(wanted);
      shown += item.hidden ? 0 : 1;
    }
    count.textContent = wanted ? `${shown} of ${items.length}` : "";
  });
}

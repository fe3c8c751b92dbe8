// Pages work without this script. It fetches only what changes: a part is HTML whose elements replace those with
// the same ids. It handles no model output.

document.documentElement.dataset.script = "";

function showMessage(text) {
  const message = document.getElementById("message");
  if (message) message.textContent = text;
}

function swap(html) {
  const focused = document.activeElement?.id;
  const parts = [...new DOMParser().parseFromString(html, "text/html").body.children];
  for (const part of parts) {
    const old = part.id && document.getElementById(part.id);
    if (old) old.replaceWith(part);
  }
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
}

async function fetchPart(address, options = {}) {
  try {
    const response = await fetch(address, { ...options, headers: { "X-Part": "1" } });
    const text = await response.text();
    if (response.status === 200 || response.status === 400) swap(text);
    else showMessage(text || `the server answered ${response.status}`);
    return response.ok;
  } catch {
    showMessage("the server does not answer; is impossible explore still running?");
    return false;
  }
}

// One request at a time; of those made meanwhile only the last is sent.
let busy = false;
let next = null;
async function load(address) {
  if (busy) {
    next = address;
    return;
  }
  busy = true;
  document.body.dataset.busy = "";
  if (await fetchPart(address)) history.replaceState(null, "", address);
  busy = false;
  delete document.body.dataset.busy;
  if (next) {
    const later = next;
    next = null;
    load(later);
  }
}

function addressOf(form) {
  const fields = [...new FormData(form)].filter(([name, value]) => {
    const now = form.elements[name]?.dataset?.now;
    return value !== "" && name !== "file" && name !== "change" && !(now && Number(now) === Number(value));
  });
  return `${form.getAttribute("action")}?${new URLSearchParams(fields)}`;
}

async function post(form, button) {
  const fields = new URLSearchParams(new FormData(form));
  if (button.name) fields.set(button.name, button.value);
  const label = button.textContent;
  const generates = form.classList.contains("play");
  if (generates) button.textContent = "Generating …";
  button.setAttribute("aria-busy", "true");
  await fetchPart(form.getAttribute("action"), { method: "POST", body: fields });
  button.removeAttribute("aria-busy");
  if (generates) button.textContent = label;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter ?? form.querySelector("button");
  event.preventDefault();
  if ((button.getAttribute("formmethod") ?? form.method) === "post") {
    if (!button.hasAttribute("aria-busy")) post(form, button);
  } else load(addressOf(form));
});

let wait = 0;
document.addEventListener("input", (event) => {
  const input = event.target;
  const form = input.form;
  if (input.dataset.for) document.getElementById(input.dataset.for).value = input.value;
  const slider = form?.querySelector(`[data-for="${input.name}"]`);
  if (slider && input.value !== "") slider.value = input.value;
  if (!form?.hasAttribute("data-live") || input.name === "file" || input.name === "change") return;
  clearTimeout(wait);
  wait = setTimeout(() => load(addressOf(form)), input.type === "range" ? 0 : 150);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-part]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  load(link.getAttribute("href"));
  const order = document.getElementById("sort");
  if (order) order.value = new URL(link.href).searchParams.get("sort") ?? "";
});

// Keys work only while the focus is in a row, so that they do not interfere elsewhere.
document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("table.ledger tbody tr");
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { j: "nextElementSibling", k: "previousElementSibling" }[event.key];
  if (step) row[step]?.querySelector("button")?.focus();
  else row.querySelector(`button[data-key="${CSS.escape(event.key)}"]`)?.click();
});

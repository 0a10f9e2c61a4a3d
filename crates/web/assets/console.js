// Three conveniences; every page works without them. Copy buttons, print buttons, and regions that
// refresh themselves while somebody looks at them.
"use strict";

for (const button of document.querySelectorAll("button.copy")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

for (const button of document.querySelectorAll("button.print")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// A region names its pace in seconds. It is left alone while the page is hidden, or while the
// keyboard or a selection is inside, so that nothing moves under the reader's hand.
const inUse = (region) =>
  document.hidden ||
  region.contains(document.activeElement) ||
  (getSelection().toString() !== "" && region.contains(getSelection().anchorNode));

const refresh = async (id) => {
  const region = document.getElementById(id);
  if (!region || inUse(region)) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(id);
  if (fresh && !inUse(region)) region.replaceWith(fresh);
};

for (const region of document.querySelectorAll("[data-live]")) {
  const pace = Number(region.dataset.live) * 1000;
  // A failed fetch leaves the old figures; the next tick tries again.
  if (pace >= 1000) setInterval(() => refresh(region.id).catch(() => {}), pace);
}

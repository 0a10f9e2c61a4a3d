// Conveniences; every page works without them. Copy buttons, print buttons, clocks that count, and
// regions that follow what they show.
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

// What is answered once is asked once: a second press would be refused, and that answer would hide the
// first one.
for (const form of document.querySelectorAll("form[data-once]")) {
  const button = form.querySelector("button");
  form.addEventListener("submit", () => { button.disabled = true; });
  addEventListener("pageshow", () => { button.disabled = false; });
}

// A region with `data-live` is asked for again: when one of its `data-topics` has changed, as the
// server tells, and at its pace in seconds, which is all there is when the stream is not open. It is
// left alone while the page is hidden, or while the keyboard, a selection or something half-typed is
// inside, so that nothing moves under the reader's hand; it follows when they have left.
const SLOW_MS = 60_000;
const ANSWER_MS = 10_000;
const regions = () => [...document.querySelectorAll("[data-live]")];
const topicsOf = (region) => (region.dataset.topics ?? "").split(" ").filter(Boolean);
const refreshed = new Map();
const waiting = new Set();
let stream;
let isLeaving = false;

const isTyped = (field) => {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") {
    const kept = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(kept, 0);
  }
  return field.type !== "hidden" && field.value !== field.defaultValue;
};

const inUse = (region) =>
  document.hidden ||
  region.contains(document.activeElement) ||
  (getSelection().toString() !== "" && region.contains(getSelection().anchorNode)) ||
  [...region.querySelectorAll("input, textarea, select")].some(isTyped);

/** What the reader opened stays open. */
const keepOpen = (region, fresh) => {
  const [old, now] = [region, fresh].map((it) => [...it.querySelectorAll("details")]);
  old.forEach((details, place) => { if (now[place]) now[place].open = details.open; });
};

let clockAhead = 0;
let shownAt = Date.now();
const setClock = (page) => {
  const told = page.querySelector("footer time");
  if (!told) return;
  shownAt = Date.parse(told.dateTime);
  clockAhead = shownAt - Date.now();
};

/** What is on the page is as old as it says there, until the office answers again. */
const setStale = (stale) => {
  const line = document.getElementById("stale");
  if (!line || line.hidden === !stale) return;
  if (stale) {
    const clock = new Intl.DateTimeFormat("en-GB", { timeZone: line.dataset.zone, timeStyle: "medium" });
    line.textContent = line.dataset.words.replace("HH:MM:SS", clock.format(shownAt));
  }
  line.hidden = !stale;
  document.body.classList.toggle("is-stale", stale);
};
const isStale = () => document.getElementById("stale")?.hidden === false;

const refresh = async (wanted) => {
  for (const region of wanted) {
    refreshed.set(region.id, Date.now());
    if (inUse(region)) waiting.add(region.id);
  }
  const free = wanted.filter((region) => !waiting.has(region.id));
  if (free.length === 0) return;
  const answer = await fetch(location.href, {
    headers: { accept: "text/html" }, signal: AbortSignal.timeout(ANSWER_MS),
  });
  const isSignedOut = new URL(answer.url).pathname === "/sign-in";
  if (answer.status >= 500 || isSignedOut) throw new Error("no page");
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  setClock(page);
  setStale(false);
  for (const { id } of free) {
    const region = document.getElementById(id);
    const fresh = page.getElementById(id);
    if (!region) continue;
    if (inUse(region)) waiting.add(id);
    else if (fresh) { keepOpen(region, fresh); region.replaceWith(fresh); }
    else if ("mayGo" in region.dataset) region.remove();
  }
  count();
};

// A failed fetch leaves the old figures, and says so; the next time tries again.
const ask = (wanted) => refresh(wanted).catch(() => { if (!isLeaving) setStale(true); });

const catchUp = () => {
  const ids = [...waiting].filter((id) => document.getElementById(id));
  waiting.clear();
  if (ids.length > 0) ask(ids.map((id) => document.getElementById(id)));
};
document.addEventListener("focusout", () => setTimeout(catchUp, 500));

/** One stream for the page, closed while nobody looks: a browser opens only so many. */
const listen = () => {
  const topics = new Set(regions().flatMap(topicsOf));
  if (stream || topics.size === 0 || document.hidden) return;
  const opened = new EventSource(`/live?topics=${encodeURIComponent([...topics].join(","))}`);
  stream = opened;
  let wasOpen = false;
  opened.addEventListener("open", () => {
    if (wasOpen || isStale()) ask(regions());
    setStale(false);
    wasOpen = true;
  });
  opened.addEventListener("changed", (event) => {
    const changed = event.data.split(" ");
    ask(regions().filter((region) => topicsOf(region).some((topic) => changed.includes(topic))));
  });
  opened.addEventListener("error", () => {
    if (opened.readyState === EventSource.CLOSED) stream = undefined;
    if (isLeaving) return;
    // A stream that was never open may only have been refused: there are enough. The page is asked.
    if (wasOpen) setStale(true);
    else ask(regions());
  });
};

addEventListener("pagehide", () => {
  isLeaving = true;
  stream?.close();
  stream = undefined;
});
addEventListener("pageshow", () => {
  isLeaving = false;
  listen();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    stream?.close();
    stream = undefined;
  } else {
    listen();
    ask(regions());
  }
});

// Clocks count: `data-until` is an instant, and what is left until it (or over it, with a plus) stands
// in hours, minutes and seconds.
const count = () => {
  for (const clock of document.querySelectorAll("[data-until]")) {
    const left = Math.round((Date.parse(clock.dataset.until) - Date.now() - clockAhead) / 1000);
    const seconds = Math.abs(left);
    const two = (number) => String(number).padStart(2, "0");
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    clock.textContent = `${left < 0 ? "+" : ""}${hours}:${two(minutes)}:${two(seconds % 60)}`;
    clock.classList.toggle("over", left < 0);
    clock.hidden = false;
    // The clock says it to the second.
    const rest = clock.parentElement.querySelector(".rest");
    if (rest) rest.hidden = true;
  }
};

setClock(document);
count();
listen();
let ticks = 0;
setInterval(() => {
  count();
  ticks += 1;
  // A stream that was refused is tried again, and sooner when nothing is heard at all.
  if (ticks % (isStale() ? 5 : 30) === 0) {
    listen();
    if (isStale()) ask(regions());
  }
  const isOpen = stream?.readyState === EventSource.OPEN;
  const due = regions().filter((region) => {
    const pace = Number(region.dataset.live) * 1000;
    const since = Date.now() - (refreshed.get(region.id) ?? performance.timeOrigin);
    // What the stream does not tell of keeps its pace.
    const isTold = isOpen && topicsOf(region).length > 0;
    return pace >= 1000 && since >= (isTold ? Math.max(pace, SLOW_MS) : pace);
  });
  if (due.length > 0) ask(due);
}, 1000);

// Walks the console as a newcomer would, in a real browser: signs in, adds a sending domain, sends
// a mail, finds it in the sandbox with its signature verified, looks it up in the log, and visits
// every room in both languages, at two widths, with and without JavaScript.
//
//   READY_FILE=…  what `yakusoku up --ready-file` wrote
//   SHOTS=…       where pictures go (default: ./shots)
//
// Prints one line a check and `N passed, N failed` at the end; exit status 1 if any failed.

import fs from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";
import { compose, send } from "./smtp.mjs";

const ready = JSON.parse(fs.readFileSync(process.env.READY_FILE, "utf8"));
const shots = process.env.SHOTS ?? "shots";
fs.mkdirSync(shots, { recursive: true });

const DOMAIN = "walk.example";
const ARRIVAL_MS = 30_000;
const ROOMS = ["/", "/mail", "/promises", "/contracts/customers-mail-cloud", "/checks", "/checks-new", "/log", "/queue", "/sandbox", "/domains", "/users"];

let passed = 0;
const failures = [];

async function check(name, deed) {
  try {
    const result = await deed();
    passed += 1;
    console.log(`ok      ${name}`);
    return result;
  } catch (error) {
    failures.push(name);
    console.log(`FAILED  ${name}\n        ${String(error.message).split("\n").slice(0, 4).join("\n        ")}`);
    return undefined;
  }
}

function expect(truth, what) {
  if (!truth) throw new Error(what);
}

/** Asks again until it holds or the time is up; the console is reloaded by the question itself. */
async function until(what, milliseconds, question) {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${milliseconds / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});

/** A visitor of their own: cookies, language, width. Notes errors and requests to elsewhere. */
async function visitor(options) {
  const context = await browser.newContext({
    baseURL: ready.console, timezoneId: "Asia/Tokyo", ignoreHTTPSErrors: true, ...options,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const troubles = [];
  page.on("pageerror", (error) => troubles.push(`script: ${error.message}`));
  page.on("console", (message) => {
    // The frame of a hostile mail is meant to be refused things; its page is not.
    const frame = message.location().url.endsWith("/html");
    if (message.type() === "error" && !frame) troubles.push(message.text());
  });
  const strangers = [];
  context.on("requestfinished", (request) => {
    if (!request.url().startsWith(ready.console) && !request.url().startsWith("data:")) {
      strangers.push(request.url());
    }
  });
  return { context, page, troubles, strangers };
}

async function shoot(page, name) {
  await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true });
}

async function signIn(page) {
  await page.goto("/sign-in");
  await page.fill("input[name=login]", ready.administrator.login);
  await page.fill("input[name=password]", ready.administrator.password);
  await page.click("main button");
  await page.waitForURL((url) => url.pathname === "/");
}

async function fits(page) {
  const over = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(over <= 0, `${page.url()} is ${over} px too wide`);
}

/** Every room: it opens, has a heading, speaks the language, and fits. */
async function tour(page, label, lang) {
  for (const room of ROOMS) {
    await check(`${label}: ${room}`, async () => {
      const answer = await page.goto(room);
      expect(answer.status() === 200, `status ${answer.status()}`);
      expect((await page.locator("h1").count()) === 1, "one heading");
      expect((await page.getAttribute("html", "lang")) === lang, `lang is ${lang}`);
      await fits(page);
      await shoot(page, `${label}-${room === "/" ? "first" : room.slice(1).replaceAll("/", "-")}`);
    });
  }
}

// ---- strangers --------------------------------------------------------------------------------

const main = await visitor({ locale: "en-US", viewport: { width: 1280, height: 900 } });
const { page } = main;

await check("a stranger is sent to the sign-in page and back", async () => {
  await page.goto("/log?to=a%40example.jp");
  const url = new URL(page.url());
  expect(url.pathname === "/sign-in", url.pathname);
  expect(url.searchParams.get("next") === "/log?to=a%40example.jp", "the way back is kept");
  await shoot(page, "sign-in");
});

await check("a page of ours has a strict policy", async () => {
  const headers = (await page.goto("/sign-in")).headers();
  expect(headers["content-security-policy"].includes("default-src 'none'"), "policy");
  expect(headers["x-content-type-options"] === "nosniff", "nosniff");
  expect(headers["cache-control"] === "no-store", "not cached");
});

await check("a form without its token or from elsewhere is refused", async () => {
  const form = { login: "x", password: "y" };
  const bare = await main.context.request.post("/sign-in", { form });
  expect(bare.status() === 403, `without a token: ${bare.status()}`);
  const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  const foreign = await main.context.request.post("/sign-in", { form, headers });
  expect(foreign.status() === 403, `from elsewhere: ${foreign.status()}`);
});

await check("a wrong password is told without saying which part", async () => {
  await page.goto("/sign-in");
  await page.fill("input[name=login]", ready.administrator.login);
  await page.fill("input[name=password]", "not the password");
  await page.click("main button");
  await page.waitForSelector("[role=alert]");
  await shoot(page, "sign-in-wrong");
});
main.troubles.length = 0; // the browser reports the 401 above as an error

await check("signing in leads to the promise board", () => signIn(page));
await check("the session's cookie is closed to scripts", async () => {
  const cookies = await main.context.cookies();
  const session = cookies.find((cookie) => cookie.name === "yakusoku_session");
  expect(session?.httpOnly && session.sameSite === "Lax", JSON.stringify(cookies));
});
await shoot(page, "board-first");

// ---- checks -----------------------------------------------------------------------------------

await check("an empty list of checks leads to a form that looks at once", async () => {
  await page.goto("/checks");
  await page.locator("main a[href='/checks-new']").click();
  await page.locator("a[href='/checks-new?kind=http']").click();
  await page.fill("input[name=name]", "walk-page");
  await page.fill("input[name=url]", `${ready.console}/sign-in`);
  await page.click("button[value=look]");
  const said = await page.locator(".said").innerText();
  expect(said.startsWith("Answers"), `our own page answers: ${said}`);
  await shoot(page, "check-tried");
});

await check("a check is added, shows what it saw, rests, and is removed", async () => {
  await page.click("button[value=store]");
  await page.waitForURL((url) => url.pathname === "/checks/walk-page");
  expect((await page.locator(".facts .chip").first().innerText()) === "Answers", "it answers");
  expect((await page.locator("#measure-lines").innerText()).includes("added:walk-page"), "lines");
  for (const span of ["7d", "40d", "1y", "24h"]) await page.click(`.switch a[href='?span=${span}']`);
  await shoot(page, "check");
  await page.locator("form[action$='/pause'] button").click();
  expect((await page.locator(".facts .chip").innerText()) === "Paused", "paused");
  await page.locator("main a.danger").click();
  await page.click("main button.danger");
  await page.waitForURL((url) => url.pathname === "/checks");
  await page.goto("/");
});

// ---- promises ---------------------------------------------------------------------------------

await check("every promise of the contract has a row with its clause and its state", async () => {
  expect((await page.locator("table.promises tbody tr").count()) >= 10, "rows");
  const text = await page.locator("table.promises tbody tr").first().innerText();
  expect(text.includes("第19条") && text.includes("99.9 %"), text);
  expect((await page.locator("table.promises .chip").count()) >= 10, "states");
});

await check("what we measure of ourselves shows within a minute", async () => {
  await until("a measured promise", ARRIVAL_MS, async () => {
    await page.goto("/");
    const text = await page.locator("table.promises tbody tr").first().innerText();
    return text.includes("Uptime");
  });
});

await check("a row leads to its statement, and that to the month before", async () => {
  await page.locator("table.promises tbody a").first().click();
  await page.waitForSelector("article.statement");
  const figure = await page.locator(".statement .figure b").innerText();
  expect(/-?\d+\.\d{6} %$/.test(figure), figure);
  await page.locator("a[rel=prev]").click();
  await page.waitForSelector("a[rel=next]");
  expect((await page.locator("button.print:visible").count()) === 1, "a print button");
  await shoot(page, "statement");
});

await check("a statement is downloaded as JSON with the same figure", async () => {
  const figure = await page.locator(".statement .figure b").innerText();
  const answer = await main.context.request.get(await page.getAttribute("a[download]", "href"));
  const statement = JSON.parse(await answer.text());
  expect(figure.endsWith(`${statement.uptime_percent} %`), `${statement.uptime_percent} and ${figure}`);
});

await check("a statement prints without the menu", async () => {
  await page.emulateMedia({ media: "print" });
  for (const part of [".side", ".buttons", "body > footer"]) {
    expect(!(await page.locator(part).first().isVisible()), `${part} would be printed`);
  }
  expect(await page.locator(".statement h1").isVisible(), "the statement is");
  await page.pdf({ path: path.join(shots, "statement.pdf"), format: "A4" });
  await page.emulateMedia({ media: "screen" });
});

// ---- a domain, a mail, its story --------------------------------------------------------------

await check("a sending domain is added and shows its records", async () => {
  await page.goto("/domains");
  if ((await page.getByRole("link", { name: DOMAIN, exact: true }).count()) === 0) {
    await page.fill("input[name=name]", DOMAIN);
    await page.click("main form button");
    await page.waitForURL(`**/domains/${DOMAIN}**`);
  } else {
    await page.goto(`/domains/${DOMAIN}`);
  }
  const text = await page.locator("main").innerText();
  for (const part of ["v=spf1", "v=DKIM1", "v=DMARC1", `_dmarc.${DOMAIN}`]) {
    expect(text.includes(part), `no ${part}`);
  }
  expect(await page.locator("button.copy").first().isVisible(), "copy buttons");
  await shoot(page, "domain");
});

const reference = `walk-${Date.now().toString(36)}`;
const subject = `約束 ${reference}`;
const from = `walker@${DOMAIN}`;
const to = ["taro@example.jp", "hanako@example.com"];

/** Sends until a mail arrives signed: the relay learns of a new domain a moment after we do. */
async function arriveSigned() {
  const deadline = Date.now() + ARRIVAL_MS;
  for (let n = 0; ; n += 1) {
    const name = n === 0 ? subject : `${subject} (${n})`;
    const content = compose({ from, to, subject: name, reference: `${reference}-${n}` });
    await send(ready.smtp, { from, to, content, user: ready.api_user });
    await until("the mail arrives", ARRIVAL_MS, async () => {
      await page.goto("/sandbox");
      return (await page.getByRole("link", { name, exact: true }).count()) > 0;
    });
    await page.getByRole("link", { name, exact: true }).first().click();
    await page.waitForSelector("iframe.mail");
    const signed = await page.locator(".signatures li").count();
    if (signed > 0) return `${reference}-${n}`;
    if (Date.now() > deadline) throw new Error("the mail is never signed");
  }
}

const sent = await check("a mail over SMTP arrives in the sandbox, signed", arriveSigned);

await check("every signature is verified", async () => {
  const verdicts = await page.locator(".signatures .chip").allInnerTexts();
  expect(verdicts.length >= 1 && verdicts.every((v) => v === "Verified"), verdicts.join(", "));
  await shoot(page, "message");
});

await check("hostile HTML is shown without running or fetching", async () => {
  const frame = page.frameLocator("iframe.mail");
  await frame.locator("h1").waitFor();
  expect((await frame.locator("h1").innerText()) === "こんにちは", "the text is there");
  expect(!(await page.title()).includes("owned"), "its script ran");
  const headers = (await main.context.request.get(`${page.url()}/html`)).headers();
  expect(headers["content-security-policy"].startsWith("sandbox;"), "the frame's own policy");
});

await check("an attachment is offered as a download only", async () => {
  const link = page.locator("a[href*='/attachments/']").first();
  const answer = await main.context.request.get(await link.getAttribute("href"));
  const headers = answer.headers();
  expect(headers["content-disposition"].startsWith("attachment"), "attachment");
  expect(headers["content-type"] === "application/octet-stream", headers["content-type"]);
  expect((await answer.text()).includes("alert('attachment')"), "the content");
});

await check("the log finds it by its reference, and tells the story", async () => {
  await until("the log has it", ARRIVAL_MS, async () => {
    await page.goto(`/log?reference=${encodeURIComponent(sent)}`);
    return (await page.locator("table.log .chip.succeeded").count()) === to.length;
  });
  await shoot(page, "log-found");
  await page.locator("table.log tbody a").first().click();
  await page.waitForSelector("ol.story li.succeeded");
  const text = await page.locator("main").innerText();
  expect(text.includes(sent) && text.includes(from), "reference and sender");
  expect((await page.locator("ol.story li").count()) >= 2, "accepted, then delivered");
  await shoot(page, "story");
});

await check("the log searches by address, domain and status", async () => {
  for (const [field, value] of [["to", to[0]], ["to", "@example.com"], ["sender", from]]) {
    await page.goto("/log");
    await page.fill(`input[name=${field}]`, value);
    await page.click("form.search button");
    expect((await page.locator("table.log tbody tr").count()) > 0, `${field} ${value}`);
  }
  await page.goto("/log?to=nobody%40nowhere.example");
  expect((await page.locator(".empty").count()) === 1, "an empty result says so");
});

await check("the queue adds up and refreshes itself", async () => {
  await page.goto("/queue");
  expect((await page.locator(".custody .chip.succeeded").count()) === 1, "conserved");
  const again = page.waitForResponse((r) => new URL(r.url()).pathname === "/queue", { timeout: 9_000 });
  await again;
});

await check("an account is added, its password changed, and removed", async () => {
  const name = `api-${reference}@${DOMAIN}`;
  await page.goto("/users");
  const form = page.locator("form:has(input[name=kind][value=api-user])");
  await form.locator("input[name=name]").fill(name);
  await form.locator("input[name=password]").fill("walk-Passw0rd");
  await form.locator("button").click();
  await page.getByRole("cell", { name, exact: true }).waitFor();
  const row = page.getByRole("row", { name });
  await row.locator("a").first().click();
  await page.fill("input[name=password]", "walk-Passw0rd-2");
  await page.click("main button");
  await page.waitForSelector(".notice:not(#stale)");
  await page.getByRole("row", { name }).locator("a.danger").click();
  await page.click("button.danger");
  await page.waitForSelector(".notice:not(#stale)");
  expect((await page.getByRole("cell", { name, exact: true }).count()) === 0, "it is gone");
});

await check("no errors, no refused loads, no requests to elsewhere", async () => {
  expect(main.troubles.length === 0, main.troubles.join("\n"));
  expect(main.strangers.length === 0, main.strangers.join("\n"));
});

await check("a wrong address is a page, not a blank", async () => {
  const answer = await page.goto("/log/zzzzzzzzzzz/0");
  expect(answer.status() === 404 && (await page.locator("h1").count()) === 1, "404");
  await shoot(page, "nowhere");
});
main.troubles.length = 0;

// ---- both languages, dark and narrow ----------------------------------------------------------

await tour(page, "en", "en");
await check("the language is switched in place", async () => {
  await page.goto("/log?to=%40example.jp");
  await page.getByRole("link", { name: "日本語" }).click();
  await page.waitForURL("**/log?to=%40example.jp");
  expect((await page.getAttribute("html", "lang")) === "ja", "lang");
  expect((await page.locator("h1").innerText()) === "配信ログ", "heading");
});
await tour(page, "ja", "ja");

const phone = await visitor({
  locale: "ja-JP", viewport: { width: 390, height: 844 }, colorScheme: "dark", hasTouch: true,
});
await check("signing in on a phone", () => signIn(phone.page));
await tour(phone.page, "phone-ja-dark", "ja");
await check("a message, a story and a domain fit a phone", async () => {
  for (const [list, link, name] of [
    ["/sandbox", "td.subject a", "message"], ["/log", "table.log tbody a", "story"], ["/domains", "td.address a", "domain"],
  ]) {
    await phone.page.goto(list);
    await phone.page.locator(link).first().click();
    await phone.page.waitForLoadState();
    await fits(phone.page);
    await shoot(phone.page, `phone-ja-dark-${name}`);
  }
});
await check("no errors on the phone", async () => {
  expect(phone.troubles.length === 0, phone.troubles.join("\n"));
});

// ---- without JavaScript -----------------------------------------------------------------------

const plain = await visitor({ locale: "en-US", viewport: { width: 1280, height: 900 }, javaScriptEnabled: false });
await check("without JavaScript: in, through the log, into a message, out", async () => {
  const p = plain.page;
  await signIn(p);
  await p.click("nav a[href='/log']");
  await p.fill("input[name=reference]", sent ?? reference);
  await p.click("form.search button");
  await p.locator("table.log tbody a").first().click();
  expect((await p.locator("ol.story li").count()) >= 2, "the story");
  await p.click("nav a[href='/sandbox']");
  await p.locator("td.subject a").first().click();
  expect((await p.locator(".signatures .chip").count()) > 0, "the signatures");
  expect((await p.locator("button.copy:visible").count()) === 0, "no button that would do nothing");
  await p.getByRole("link", { name: "日本語" }).click();
  await p.getByRole("button", { name: "サインアウト" }).click();
  expect(new URL(p.url()).pathname === "/sign-in", "signed out");
  await p.goto("/log");
  expect(new URL(p.url()).pathname === "/sign-in", "and stays out");
});

await browser.close();
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);

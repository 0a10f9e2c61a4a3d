// From an empty folder to the first live promise, in a real browser, without a restart; then an outage
// that shows on the board and in its incident while nobody reloads anything.
//
//   YAKUSOKU_BIN=…  the program; it is started in a folder of its own, without a configuration
//   SHOTS=…         where pictures go (default: ./shots)
//
// Prints one line a check and `N passed, N failed` at the end; exit status 1 if any failed.

import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { check, expect, finish, folder, open, shots, signIn, up } from "./steps.mjs";

const FIRST_PROMISE_MS = 120_000;
const HEARD_MS = 45_000;

/** A service that answers connections until it is stopped. */
function service(port = 0) {
  return new Promise((resolve) => {
    const open = new Set();
    const server = net.createServer((socket) => {
      open.add(socket);
      socket.on("close", () => open.delete(socket));
      socket.on("error", () => {});
    });
    server.listen(port, "127.0.0.1", () => resolve({
      port: server.address().port,
      stop: () => new Promise((done) => {
        server.close(done);
        for (const socket of open) socket.destroy();
      }),
    }));
  });
}

const place = folder("live");
const { program, ready } = await up(place, [
  "--data", path.join(place, "data"), "--smtp", "127.0.0.1:0", "--console", "127.0.0.1:0",
]);
let target = await service();
const { browser, context, page, troubles } = await open(ready.console);
const shoot = (name) => page.screenshot({ path: path.join(shots, `live-${name}.png`), fullPage: true });

const start = Date.now();
await check("the first page says what to do", async () => {
  await signIn(page, ready.administrator.login, ready.administrator.password);
  await page.waitForURL((url) => url.pathname === "/");
  expect((await page.locator(".guide li").count()) === 4, "four steps");
  await shoot("guide");
  await page.click(".guide .next a");
});

await check("a contract that cannot be is refused with the reason, and stays in the form", async () => {
  await page.fill("[name=service]", "Order site");
  await page.fill("[name=name]", "order-site");
  await page.fill("[name=provider]", "We");
  await page.fill("[name=customer]", "Acme");
  await page.fill("[name=target]", "100.5");
  await page.click("main form button.main");
  expect((await page.locator(".refused").count()) === 1, "refused");
  expect((await page.inputValue("[name=customer]")) === "Acme", "what was typed");
});

await check("a contract of one's own", async () => {
  await page.fill("[name=target]", "99.9");
  await page.click("main form button.main");
  await page.waitForURL((url) => url.pathname === "/contracts/order-site/measure");
  await shoot("measure");
});

await check("a check for its function, with its first result", async () => {
  await page.click("a[href^='/checks-new?for=']");
  await page.click("a[href*='kind=tcp']");
  await page.fill("[name=name]", "order-port");
  await page.fill("[name=host]", "127.0.0.1");
  await page.fill("[name=port]", String(target.port));
  await page.fill("[name=every]", "1");
  await page.click("button[value=look]");
  expect((await page.locator(".said .chip.succeeded").count()) === 1, "it answers");
  await shoot("look");
  await page.click("button[value=store]");
  await page.waitForURL((url) => url.pathname === "/checks/order-port");
  expect((await page.locator("main").innerText()).includes("order-site"), "it measures the contract");
});

await check("the promise is live within two minutes of the first page", async () => {
  await page.goto("/");
  // No reload from here on: the row follows by itself.
  const row = page.locator("table.promises tbody tr").first();
  await row.locator(".left:not(.blank)").waitFor({ timeout: HEARD_MS });
  await page.locator("#live-guide").waitFor({ state: "detached", timeout: HEARD_MS });
  const took = Date.now() - start;
  console.log(`        ${(took / 1000).toFixed(1)} s`);
  expect(took < FIRST_PROMISE_MS, `${took} ms`);
  await shoot("board");
});

await check("an outage shows on the board without a reload", async () => {
  const row = page.locator("table.promises tbody tr").first();
  const before = await row.innerText();
  await page.evaluate(() => { document.body.dataset.same = "page"; });
  await target.stop();
  await page.waitForFunction(
    (text) => document.querySelector("table.promises tbody tr").innerText !== text, before,
    { timeout: HEARD_MS },
  );
  expect((await page.getAttribute("body", "data-same")) === "page", "the page was not loaded again");
});

await check("it becomes an incident, whose timeline grows without a reload", async () => {
  await page.goto("/incidents");
  await page.evaluate(() => { document.body.dataset.same = "page"; });
  await page.locator("#live-incidents tbody tr").first().waitFor({ timeout: HEARD_MS });
  expect((await page.getAttribute("body", "data-same")) === "page", "the page was not loaded again");
  await page.click("#live-incidents tbody a");
  await page.evaluate(() => { document.body.dataset.same = "page"; });
  const notes = "form:has(input[name=deed][value=note])";
  const note = page.locator(`${notes} input[name=text]`);
  await note.fill("half a sentence");
  const lines = await page.locator("ol.story li").count();
  const other = await context.newPage();
  await other.goto(page.url());
  await other.fill(`${notes} input[name=text]`, "seen by another person");
  await other.locator(`${notes} button`).click();
  await page.waitForFunction(
    (count) => document.querySelectorAll("ol.story li").length > count, lines, { timeout: HEARD_MS },
  );
  await other.close();
  expect((await page.getAttribute("body", "data-same")) === "page", "the page was not loaded again");
  expect((await note.inputValue()) === "half a sentence", "what was half-typed is left alone");
  await shoot("incident");
});

await check("it recovers in the timeline without a reload", async () => {
  const lines = await page.locator("ol.story li").count();
  target = await service(target.port);
  await page.waitForFunction(
    (count) => document.querySelectorAll("ol.story li").length > count, lines, { timeout: HEARD_MS },
  );
});

await check("a template becomes a contract beside it", async () => {
  await page.goto("/contracts-new");
  await page.click("a[href='/contracts-new?template=five-tiers']");
  await shoot("template");
  await page.click("main form button.main");
  await page.waitForURL((url) => url.pathname === "/contracts/five-tiers/measure");
  await page.selectOption("[name='function:http']", "check:order-port");
  await page.click("main form button.main");
  await page.waitForURL((url) => url.pathname === "/");
  expect((await page.locator("section.contract").count()) === 2, "two contracts");
});

await check("a stream ends with its session, and not with the patience of the stop", async () => {
  const stream = await page.evaluate(async () => {
    const answer = await fetch("/live?topics=evidence");
    const reader = answer.body.getReader();
    await reader.read();
    window.ended = (async () => { while (!(await reader.read()).done); return true; })();
    return answer.headers.get("content-type");
  });
  expect(stream === "text/event-stream", stream);
  const other = await context.newPage();
  await other.goto("/checks");
  await other.locator(".who button").click();
  expect(await page.evaluate(() => window.ended), "ended");
  await other.close();
});

await check("no script failed and nothing was refused by the policy", async () => {
  const ours = troubles.filter((text) => !text.includes("status of 422"));
  expect(ours.length === 0, ours.join("; "));
});

await check("the program stops at once while a page listens", async () => {
  await signIn(page, ready.administrator.login, ready.administrator.password);
  await page.waitForURL((url) => url.pathname === "/");
  await page.waitForTimeout(1_000);
  const asked = Date.now();
  const stopped = new Promise((resolve) => program.once("exit", resolve));
  program.kill("SIGTERM");
  await stopped;
  expect(Date.now() - asked < 4_000, `it took ${Date.now() - asked} ms`);
});

await check("a page whose office is gone says so at once", async () => {
  const line = page.locator("#stale");
  await line.waitFor({ timeout: 5_000 });
  expect(/\d\d:\d\d:\d\d/.test(await line.innerText()), "the time that the page is of");
  await shoot("stale");
});

await browser.close();
program.kill("SIGKILL");
await target.stop();
fs.rmSync(place, { recursive: true, force: true });
finish();

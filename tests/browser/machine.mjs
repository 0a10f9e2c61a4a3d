// A machine from the form of the console to its first values, with the real agent; then its token is taken
// back. And a contract that was added in the console: who is told of it, and a notice that reaches them.
//
//   YAKUSOKU_BIN=…  the program; office and agent are started in a folder of their own
//   SHOTS=…         where pictures go (default: ./shots)
//
// Prints one line a check and `N passed, N failed` at the end; exit status 1 if any failed.

import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { check, eventually, expect, finish, folder, open, shots, signIn, up } from "./steps.mjs";

const LOGIN = "tanaka";
const PASSWORD = "an-old-oak-by-the-river";

/** Ports that nobody has now. */
async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => resolve(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

const place = folder("machine");
const file = (name) => path.join(place, name);
const [smtp, console_, link] = await freePorts(3);
fs.writeFileSync(file("office.toml"), `
data = "data"
[[composition]]
name = "main"
delivery = "sandbox"
listen = ["127.0.0.1:${smtp}"]
admission = { rule = "address", addresses = ["127.0.0.1"] }
[console]
listen = "127.0.0.1:${console_}"
[link]
listen = "127.0.0.1:${link}"
[[courier]]
name = "mail"
kind = "mail"
channel = "email"
server = "127.0.0.1:${smtp}"
from = "notices@provider.example"
tls = "off"
own_relay = true
`);
const { program } = await up(place, ["--config", "office.toml"]);
execFileSync(process.env.YAKUSOKU_BIN, ["user", "add", LOGIN, "--admin", "--config", "office.toml"], {
  cwd: place, input: `${PASSWORD}\n`, stdio: ["pipe", "ignore", "ignore"],
});
const { browser, page, troubles } = await open(`http://127.0.0.1:${console_}`);
const shoot = async (name) => {
  for (const [lang, width] of [["ja", 390], ["ja", 1280], ["en", 390], ["en", 1280]]) {
    if (name.endsWith("token") && lang === "ja") continue;
    await page.setViewportSize({ width, height: 900 });
    const address = new URL(page.url());
    if (!name.endsWith("token")) {
      address.searchParams.set("lang", lang);
      await page.goto(address.href);
    }
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(over <= 0, `${name} is ${over} px too wide at ${width}`);
    await page.screenshot({ path: path.join(shots, `machine-${name}-${lang}-${width}.png`), fullPage: true });
  }
};
let agent, token;

await check("an office without machines leads to the form", async () => {
  await signIn(page, LOGIN, PASSWORD);
  await page.goto("/machines");
  await page.click("main a[href='/machines-new']");
  await shoot("form");
});

await check("a name that cannot be is refused with the reason, and stays in the form", async () => {
  await page.fill("[name=name]", "web 1");
  await page.locator("main form").evaluate((form) => { form.noValidate = true; });
  await page.click("main form button.main");
  expect((await page.locator(".refused").count()) === 1, "refused");
  expect((await page.inputValue("[name=name]")) === "web 1", "what was typed");
});

await check("its token is shown once, with what to do on the machine", async () => {
  await page.fill("[name=name]", "web-1");
  await page.click("main form button.main");
  token = (await page.locator("#token").innerText()).trim();
  expect(token.startsWith("ykst1."), token.slice(0, 8));
  expect(!page.url().includes("ykst1"), "not in the address");
  await shoot("token");
  await page.goto("/machines/web-1");
  expect(!(await page.content()).includes(token), "not a second time");
});

await check("the agent takes the token, and its values come without a reload", async () => {
  fs.writeFileSync(file("agent.token"), `${token}\n`, { mode: 0o600 });
  fs.writeFileSync(file("agent.toml"), `
station = "web-1"
office = "https://127.0.0.1:${link}"
token = "file:${file("agent.token")}"
state = "${file("agent")}"
interval = "10s"
`, { mode: 0o644 });
  await page.evaluate(() => { document.body.dataset.same = "page"; });
  agent = spawn(process.env.YAKUSOKU_BIN, ["agent", "--config", file("agent.toml")], {
    stdio: ["ignore", "ignore", fs.openSync(file("agent.log"), "w")],
  });
  await page.locator("dt", { hasText: "Memory in use" }).waitFor({ timeout: 30_000 });
  expect((await page.evaluate(() => document.body.dataset.same)) === "page", "nobody reloaded it");
  await shoot("page");
});

await check("it is revoked after a question, and the agent is refused", async () => {
  await page.goto("/machines/web-1");
  await page.click("a[href='/machines/web-1/revoke']");
  await shoot("revoke");
  await page.click("main form button.danger");
  await eventually(() => fs.readFileSync(file("agent.log"), "utf8").includes("was it revoked"), "the agent is told");
  agent.kill("SIGTERM");
});

await check("a contract that is added here: who is told of it", async () => {
  await page.goto("/contracts-new");
  await page.fill("[name=service]", "Order site");
  await page.fill("[name=name]", "order-site");
  await page.fill("[name=provider]", "We");
  await page.fill("[name=customer]", "Acme");
  await page.fill("[name=target]", "99.9");
  await page.click("main form button.main");
  await page.waitForURL((url) => url.pathname === "/contracts/order-site/measure");
  await page.click("main a[href='/contracts/order-site/audience']");
  await page.fill("[name=mail]", "ops@customer.example\nnot-an-address");
  await page.click("main form button.main");
  expect((await page.locator(".refused").innerText()).includes("not-an-address"), "which line is wrong");
  await page.fill("[name=mail]", "ops@customer.example");
  await page.click("main form button.main");
  await page.goto("/contracts/order-site/audience");
  expect((await page.inputValue("[name=mail]")).trim() === "ops@customer.example", "kept");
  await shoot("audience");
});

await check("a notice reaches them", async () => {
  execFileSync(process.env.YAKUSOKU_BIN, [
    "notice", "send", "order-site", "--about", "update", "--at", "2030-01-01 00:00",
    "--subject", "A new order form", "--text", "-", "--send", "--config", "office.toml",
  ], { cwd: place, input: "From January on.\n", stdio: ["pipe", "ignore", "ignore"] });
  await eventually(async () => {
    await page.goto("/sandbox");
    return (await page.locator("main").innerText()).includes("A new order form");
  }, "the mail is in the sandbox");
});

await check("no page complained", async () => {
  const ours = troubles.filter((text) => !text.includes("status of 422"));
  expect(ours.length === 0, ours.join("; "));
});

await browser.close();
agent?.kill("SIGKILL");
program.kill("SIGKILL");
fs.rmSync(place, { recursive: true, force: true });
finish();

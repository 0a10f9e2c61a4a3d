// What a story in a browser is made of: checks that stand on each other, a program in a folder of its own, and
// a browser that keeps what went wrong in its pages.

import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

export const shots = process.env.SHOTS ?? "shots";
fs.mkdirSync(shots, { recursive: true });

let passed = 0;
const failures = [];

/** Each check stands on the one before it: after the first failure the rest is not tried. */
export async function check(name, deed) {
  if (failures.length > 0) return;
  try {
    await deed();
    passed += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    failures.push(name);
    console.log(`FAILED  ${name}\n        ${String(error.message).split("\n").slice(0, 4).join("\n        ")}`);
  }
}

export function expect(truth, what) {
  if (!truth) throw new Error(what);
}

/** Tries until it holds. */
export async function eventually(holds, what, ms = 30_000) {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`not within ${ms / 1000} s: ${what}`);
}

/** A folder of its own. */
export function folder(name) {
  return fs.mkdtempSync(path.join(os.tmpdir(), `yakusoku-${name}-`));
}

/** Starts `yakusoku up` with these arguments; what its ready file says when it listens. */
export async function up(place, args) {
  const readyFile = path.join(place, "ready.json");
  const program = spawn(process.env.YAKUSOKU_BIN, ["up", ...args, "--ready-file", readyFile], {
    cwd: place, stdio: ["ignore", "ignore", fs.openSync(path.join(place, "log"), "w")],
  });
  const isReady = () => fs.existsSync(readyFile) && fs.statSync(readyFile).size > 0;
  await eventually(() => isReady() || program.exitCode !== null, "the program starts");
  if (!isReady()) throw new Error(fs.readFileSync(path.join(place, "log"), "utf8"));
  return { program, ready: JSON.parse(fs.readFileSync(readyFile, "utf8")) };
}

/** A browser with one page; what its console complained of. */
export async function open(baseURL) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  });
  const context = await browser.newContext({
    baseURL, locale: "en-US", timezoneId: "Asia/Tokyo", viewport: { width: 1280, height: 900 },
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const troubles = [];
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  return { browser, context, page, troubles };
}

export async function signIn(page, login, password) {
  await page.goto("/sign-in");
  await page.fill("input[name=login]", login);
  await page.fill("input[name=password]", password);
  await page.click("main button");
  await page.waitForURL((url) => url.pathname !== "/sign-in");
}

/** Says how it went and ends. */
export function finish() {
  console.log(`${passed} passed, ${failures.length} failed`);
  process.exit(failures.length === 0 ? 0 : 1);
}

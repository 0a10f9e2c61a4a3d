// A small SMTP client: one mail over one plain connection, enough for a test on loopback.

import net from "node:net";

const REPLY_WAIT_MS = 20_000;

class Dialogue {
  #socket;
  #buffer = "";
  #wake = () => {};

  constructor(socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text) => { this.#buffer += text; this.#wake(); });
    socket.on("close", () => { this.closed = true; this.#wake(); });
    socket.on("error", (error) => { this.error = error; this.#wake(); });
  }

  /** The next whole reply, all its lines. */
  async reply() {
    const deadline = Date.now() + REPLY_WAIT_MS;
    for (;;) {
      const end = /^(\d{3})(?: [^\r\n]*)?\r\n/m.exec(this.#buffer);
      if (end) {
        const text = this.#buffer.slice(0, end.index + end[0].length);
        this.#buffer = this.#buffer.slice(text.length);
        return { code: Number(end[1]), text };
      }
      if (this.error) throw this.error;
      if (this.closed) throw new Error("the server closed the connection");
      if (Date.now() > deadline) throw new Error("no reply in time");
      await new Promise((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 250);
      });
    }
  }

  /** Sends a line and expects a reply of that class. */
  async say(line, kind) {
    this.#socket.write(`${line}\r\n`);
    const reply = await this.reply();
    if (Math.floor(reply.code / 100) !== kind) {
      throw new Error(`${line.split(" ")[0]} was answered by ${reply.text.trim()}`);
    }
    return reply;
  }
}

/** Sends one mail; returns the reply to its content. Signs in when asked and offered. */
export async function send(address, { from, to, content, user }) {
  const at = address.lastIndexOf(":");
  const socket = net.connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)) });
  try {
    const dialogue = new Dialogue(socket);
    await dialogue.reply();
    const { text } = await dialogue.say("EHLO walk.example", 2);
    if (user?.password && /^250[- ]AUTH\b.*\bPLAIN\b/m.test(text)) {
      const secret = Buffer.from(`\0${user.name}\0${user.password}`).toString("base64");
      await dialogue.say(`AUTH PLAIN ${secret}`, 2);
    }
    await dialogue.say(`MAIL FROM:<${from}>`, 2);
    for (const recipient of to) await dialogue.say(`RCPT TO:<${recipient}>`, 2);
    await dialogue.say("DATA", 3);
    const stuffed = content.replace(/\r?\n/g, "\r\n").replace(/^\./gm, "..");
    const reply = await dialogue.say(`${stuffed}\r\n.`, 2);
    await dialogue.say("QUIT", 2);
    return reply.text.trim();
  } finally {
    socket.destroy();
  }
}

const word = (text) => `=?utf-8?B?${Buffer.from(text).toString("base64")}?=`;

/** A mail with text, hostile HTML and an attachment. */
export function compose({ from, to, subject, reference }) {
  const pixel = `http://tracker.invalid/${reference}.png`;
  const html =
    `<html><head><title>x</title><link rel="stylesheet" href="${pixel}"></head>` +
    `<body style="font-family: sans-serif"><h1 style="color: #24518c">こんにちは</h1>` +
    `<img src="${pixel}" alt="tracker"><script>top.document.title = "owned"</script>` +
    `<form action="${pixel}"><button>press</button></form></body></html>`;
  const base64 = (text) => Buffer.from(text).toString("base64").replace(/.{76}/g, "$&\n");
  return [
    `From: Walker <${from}>`,
    `To: ${to.join(", ")}`,
    `Subject: ${word(subject)}`,
    `Message-ID: <${reference}@walk.example>`,
    `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`,
    `X-Api-Data: ${reference}`,
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="outer"',
    "",
    "--outer",
    'Content-Type: multipart/alternative; boundary="inner"',
    "",
    "--inner",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    base64(`こんにちは。\n.点で始まる行\n<script>alert(1)</script>\n`),
    "--inner",
    "Content-Type: text/html; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    base64(html),
    "--inner--",
    "--outer",
    "Content-Type: text/html; charset=utf-8",
    `Content-Disposition: attachment; filename*=UTF-8''${encodeURIComponent("請求書.html")}`,
    "Content-Transfer-Encoding: base64",
    "",
    base64("<script>alert('attachment')</script>"),
    "--outer--",
  ].join("\n");
}

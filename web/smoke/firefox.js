// Firefox, over WebDriver BiDi: sign in, send, receive, lose the server and come back. Run by tests/web/test_firefox.py.
//
// On its standard input it is told what to wait for, a JSON object a line; it answers each with a line.
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const [url, executablePath] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
const page = await browser.newPage();
const faults = [];
// That the line was lost is part of the story, and told by Firefox as an error of the page.
const EXPECTED = /establish a connection|connection to .* was interrupted/;
page.on("pageerror", (error) => {
  if (!EXPECTED.test(String(error))) faults.push(String(error));
});

const TIMEOUT = 60_000;
const says = (texts) =>
  JSON.stringify([...document.querySelectorAll("[role=log] [data-seq] .text")].map((one) => one.textContent.trim())) ===
  JSON.stringify(texts);

/** @type {Record<string, (argument: any) => Promise<unknown>>} */
const steps = {
  async signIn({ name, password }) {
    await page.goto(url);
    await page.type("input[name=username]", name);
    await page.type("input[name=password]", password);
    await page.keyboard.press("Enter");
    await page.waitForSelector("nav", { timeout: TIMEOUT });
  },
  async open({ room }) {
    await page.goto(`${url}/chat/${room}`);
    await page.waitForSelector("#composer", { timeout: TIMEOUT });
  },
  async write({ text }) {
    await page.focus("#composer");
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
  },
  sees: ({ texts }) => page.waitForFunction(says, { timeout: TIMEOUT }, texts),
  isLost: () => page.waitForSelector(".banner", { timeout: TIMEOUT }),
  isBack: () => page.waitForFunction(() => document.querySelector(".banner") === null, { timeout: TIMEOUT }),
  pending: ({ count }) =>
    page.waitForFunction(
      (wanted) => document.querySelectorAll("[data-pending]").length === wanted,
      { timeout: TIMEOUT },
      count,
    ),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { step, ...rest } = JSON.parse(line);
  try {
    await steps[step](rest);
    console.log(JSON.stringify({ ok: faults.length === 0, faults }));
  } catch (error) {
    console.log(JSON.stringify({ ok: false, faults: [...faults, String(error)] }));
  }
}
await browser.close();

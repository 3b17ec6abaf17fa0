import { expect } from "chai";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SCREENSHOTS = join(ROOT, "screenshots");
const CHROMIUM = process.env.HASHLANE_CHROMIUM ?? "/usr/bin/chromium";
/** Only ends what would hang. */
const PATIENCE_MS = 30_000;
export const DESK = { width: 1280, height: 900 } as const;
export const PHONE = { width: 390, height: 844 } as const;

/** A window that keeps what no page of ours may do: fail, complain, or ask another host. */
export class Window {
  readonly page: Page;
  readonly #faults: string[] = [];
  readonly #origins = new Set<string>();

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => this.#faults.push(`page error: ${error.message}`));
    page.on("console", (message) => {
      const text = message.text();
      // What the server refuses or does not answer is on the page; the browser notes it too.
      if (message.type() === "error" && !text.startsWith("Failed to load resource")) this.#faults.push(text);
    });
    page.on("request", (request) => {
      if (request.url().startsWith("http")) this.#origins.add(new URL(request.url()).origin);
    });
  }

  static async open(browser: Browser, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Window> {
    const context = await browser.newContext({ viewport: DESK, locale: "en-GB", ...options });
    return new Window(await context.newPage());
  }

  /** `at`: behind the #. */
  async go(url: string, at: string): Promise<void> {
    await this.page.goto(`${url}/#/${at}`);
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).filter({ visible: true }).first().waitFor();
  }

  async shoot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }

  /** What holds for every page: one heading, names for what can be used, nothing wider than the window. */
  async expectUsable(): Promise<void> {
    // What a page shows while it waits for its figures is short.
    await this.page.waitForFunction(
      () => (document.querySelector("main")?.textContent.trim().length ?? 0) > 10,
    );
    const found = await this.page.evaluate(() => ({
      headings: document.querySelectorAll("h1").length,
      nameless: [...document.querySelectorAll("button, input, select, a")].filter((element) => {
        const { textContent, title } = element as HTMLElement;
        const label = element.getAttribute("aria-label") ?? element.closest("label")?.textContent ?? "";
        return `${textContent}${title}${label}`.trim() === "";
      }).length,
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      text: document.querySelector("main")?.textContent.trim().length ?? 0,
    }));
    expect(found.headings, "headings of the first order").to.equal(1);
    expect(found.nameless, "controls without a name").to.equal(0);
    expect(found.overflow, "pixels beyond the window's width").to.be.at.most(0);
    expect(found.text, "letters on the page").to.be.greaterThan(10);
  }

  async close(url: string): Promise<void> {
    await this.page.context().close();
    expect(this.#faults).to.deep.equal([]);
    const { origin } = new URL(url);
    expect(
      [...this.#origins].filter((one) => one !== origin),
      "other hosts that were asked",
    ).to.deep.equal([]);
  }
}

export function startBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) {
    throw new Error(
      `there is no ${CHROMIUM}: install Debian's chromium, or name another with HASHLANE_CHROMIUM`,
    );
  }
  if (!existsSync(join(ROOT, "dist", "dashboard", "index.html"))) {
    throw new Error("the pages are not built: run npm run build:dashboard");
  }
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
  });
}

/** What the journeys share: a server, a page that is signed in, and a look for violations. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test as base, type Page } from "@playwright/test";
import { Server, type Keys } from "./server";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  id: string;
  impact: string;
  help: string;
  nodes: { target: string[]; html: string }[];
}

/** With CONSOLE_SITE the pages come from a directory, so that the server need not be built for each change. */
async function siteFrom(page: Page, directory: string | undefined): Promise<void> {
  if (!directory) return;
  await page.context().route("**/_grantry/console/**", async (route) => {
    const path = new URL(route.request().url()).pathname.replace("/_grantry/console/", "");
    // The headers of the page are the server's own.
    if (path === "") await route.fulfill({ response: await route.fetch(), path: `${directory}/index.html` });
    else await route.fulfill({ path: `${directory}/${path}` });
  });
}

export async function signIn(page: Page, server: Server, keys: Keys = server.root): Promise<void> {
  await page.goto(server.console);
  await page.getByLabel("Access key ID").fill(keys.accessKeyId);
  await page.getByLabel("Secret access key").fill(keys.secretAccessKey);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: /^Buckets/ })).toBeVisible();
}

/** Goes to another page of the console without losing the session. */
export async function open(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
}

const MODES = ["light", "dark"] as const;

async function show(page: Page, mode: (typeof MODES)[number]): Promise<void> {
  await page.evaluate((dark) => document.body.classList.toggle("awsui-dark-mode", dark), mode === "dark");
}

/** Cloudscape gives its toolbar for phones an attribute that says nothing wrong and nothing useful. */
const isToolbar = ({ id }: Violation, { html }: { html: string }): boolean =>
  id === "aria-allowed-attr" && /^<nav [^>]*aria-orientation/.test(html);

/** Fails on serious and critical violations of accessibility, in light and in dark; and leaves pictures for
 * whoever asks for them. */
export async function accessible(page: Page, name: string): Promise<void> {
  const directory = process.env.SCREENS;
  for (const mode of MODES) {
    await show(page, mode);
    if (directory) await page.screenshot({ path: `${directory}/${name}-${mode}.png`, fullPage: true });
    expect(await violations(page), `${name}, ${mode}`).toBe("");
  }
  await show(page, "light");
}

async function violations(page: Page): Promise<string> {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const run = (window as unknown as { axe: { run: (context: Document, options: object) => Promise<{ violations: Violation[] }> } }).axe.run;
    return (await run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"] })).violations;
  });
  const serious = found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map((violation) => ({ ...violation, nodes: violation.nodes.filter((node) => !isToolbar(violation, node)) }))
    .filter(({ nodes }) => nodes.length > 0);
  return serious.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((node) => `  ${node.target.join(" ")} ${node.html.slice(0, 200)}`).join("\n")}`).join("\n");
}

export const test = base.extend<{ console: Page; watched: void }, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  // The policy of the page must never have had to hold anything back, and no page may break.
  watched: [
    async ({ page }, use) => {
      await siteFrom(page, process.env.CONSOLE_SITE);
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => {
        // Who frames the console is refused, and that is what its page says.
        if (/Content Security Policy|violates/.test(message.text()) && !message.text().startsWith("Framing")) problems.push(message.text().slice(0, 300));
      });
      await use();
      expect(problems).toEqual([]);
    },
    { auto: true },
  ],
  console: async ({ page, server }, use) => {
    await signIn(page, server);
    await use(page);
  },
});

export { expect };

import { defineConfig } from "@playwright/test";

// Debian's Chromium, without what it would fetch by itself.
const args = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export default defineConfig({
  testDir: "e2e",
  timeout: 90_000,
  expect: { timeout: 15_000 },
  workers: 2,
  fullyParallel: false,
  reporter: [["list"]],
  outputDir: "e2e/results",
  use: {
    headless: true,
    // What is on its way across the page has colours of its own.
    contextOptions: { reducedMotion: "reduce" },
    actionTimeout: 15_000,
    viewport: { width: 1440, height: 1000 },
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args },
    screenshot: "only-on-failure",
  },
});

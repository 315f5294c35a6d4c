import { accessible, expect, signIn, test } from "./fixtures";

test("signs in, keeps the session in memory only, and signs out", async ({ page, server }) => {
  await page.goto(server.console);
  await accessible(page, "sign-in");
  await signIn(page, server);
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  expect(kept).not.toContain(server.root.secretAccessKey);
  expect(kept).not.toContain("ASIA");
  await page.getByRole("button", { name: /@ \d{12}/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
});

test("says why a key is refused", async ({ page, server }) => {
  await page.goto(server.console);
  await page.getByLabel("Access key ID").fill(server.root.accessKeyId);
  await page.getByLabel("Secret access key").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("SignatureDoesNotMatch")).toBeVisible();
});

test("reloading signs out", async ({ console: page }) => {
  await page.reload();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
});

test("ends the session when nothing happens", async ({ page, server }) => {
  await page.clock.install();
  await signIn(page, server);
  await page.clock.fastForward("14:00");
  await expect(page.getByRole("heading", { name: /^Buckets/ })).toBeVisible();
  await page.clock.fastForward("02:00");
  await expect(page.getByText("nothing happened for 15 minutes")).toBeVisible();
});

import { accessible, expect, open, test } from "./fixtures";

test("shows requests, refusals, latency and what is stored", async ({ console: page, server }) => {
  await expect(server.aws("s3api", "head-bucket", "--bucket", "nowhere-at-all")).rejects.toThrow();
  await open(page, "#/health");
  await expect(page.getByText("Ready", { exact: true })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Refusals by error code" })).toBeVisible();
  await expect(page.locator("text=NoSuchBucket >> visible=true").first()).toBeVisible();
  await expect(page.getByRole("application", { name: "Requests per second" })).toBeVisible({ timeout: 20_000 });
  await accessible(page, "health");
});

test("works on a phone", async ({ console: page, server }) => {
  await server.aws("s3api", "create-bucket", "--bucket", "phone");
  await page.setViewportSize({ width: 390, height: 800 });
  for (const [name, hash] of [["buckets", "#/buckets"], ["permissions", "#/buckets/phone/permissions"], ["upload", "#/buckets/phone/upload"], ["account", "#/account"]] as const) {
    await open(page, hash);
    await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect([name, width]).toEqual([name, 390]);
    await accessible(page, `phone-${name}`);
  }
});

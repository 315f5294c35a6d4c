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

test("shows refusals by rule over time, and what the watch found", async ({ console: page, server }) => {
  await server.aws("s3api", "create-bucket", "--bucket", "closed-to-all");
  expect((await fetch(`${server.url}/closed-to-all/key`)).status).toBe(403);
  await server.watchReport(`grantry_watch_level{check="write"} 2
grantry_watch_last_run_timestamp_seconds{check="write"} ${Date.now() / 1000}
grantry_watch_step_up{step="put"} 1
grantry_watch_step_seconds{step="put"} 0.025
grantry_watch_step_up{step="get"} 0
grantry_watch_level{check="pictures"} 0
grantry_watch_objects{check="pictures",state="present"} 17
`);
  await open(page, "#/health");
  await expect(page.getByRole("application", { name: "Refusals by rule" })).toBeVisible();
  await expect(page.getByText(/\(§[0-9.]+\)|\([A-Z]+-[0-9a-z]+\)/).first()).toBeVisible();
  await page.getByRole("button", { name: "90 days" }).click();
  await expect(page.getByRole("application", { name: "Stored bytes" })).toBeVisible();
  const row = (name: string) => page.getByRole("table", { name: "Checks of the watch" }).getByRole("row").filter({ hasText: name });
  await expect(row("Writing and reading back")).toContainText("Failing");
  await expect(row("Writing and reading back")).toContainText("put 25 ms");
  await expect(row("Profile pictures")).toContainText("17 present");
  await accessible(page, "health-history");
});

const ON_A_PHONE = {
  buckets: "#/buckets",
  "create-bucket": "#/create-bucket",
  objects: "#/buckets/phone/objects",
  properties: "#/buckets/phone/properties",
  permissions: "#/buckets/phone/permissions",
  upload: "#/buckets/phone/upload",
  object: "#/buckets/phone/object?key=a-key-that-is-longer-than-the-screen-of-a-phone-is-wide.txt",
  "object-acl": "#/buckets/phone/object-acl?key=a-key-that-is-longer-than-the-screen-of-a-phone-is-wide.txt",
  "bucket-acl": "#/buckets/phone/acl",
  policy: "#/buckets/phone/policy",
  ownership: "#/buckets/phone/ownership",
  cors: "#/buckets/phone/cors",
  account: "#/account",
  users: "#/iam/users",
  simulator: "#/iam/simulator",
  why: "#/why",
  health: "#/health",
};

test("works on a phone", async ({ console: page, server }) => {
  await server.aws("s3api", "create-bucket", "--bucket", "phone", "--object-ownership", "ObjectWriter");
  await server.aws("s3api", "put-object", "--bucket", "phone", "--key", "a-key-that-is-longer-than-the-screen-of-a-phone-is-wide.txt");
  await page.setViewportSize({ width: 390, height: 800 });
  for (const [name, hash] of Object.entries(ON_A_PHONE)) {
    await open(page, hash);
    await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
    await expect(page.getByRole("progressbar")).toHaveCount(0);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect([name, width]).toEqual([name, 390]);
    await accessible(page, `phone-${name}`);
  }
});

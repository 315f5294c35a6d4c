/** Whatever somebody stores, nothing of it runs in the console. */
import { writeFile } from "node:fs/promises";
import { expect, open, test } from "./fixtures";

const SCRIPT = "<img src=x onerror=\"window.stolen=1\"><script>window.stolen=1</script>";
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" onload="window.stolen=1"><script>window.stolen=1</script></svg>`;

test("names, metadata, tags and previews do not run", async ({ console: page, server }, info) => {
  const put = async (key: string, body: string, type: string) => {
    await writeFile(info.outputPath("body"), body);
    await server.aws("s3api", "put-object", "--bucket", "hostile", "--key", key, "--body", info.outputPath("body"), "--content-type", type, "--metadata", JSON.stringify({ note: SCRIPT }));
  };
  const never = async () => expect(await page.evaluate(() => (window as unknown as { stolen?: number }).stolen)).toBeUndefined();
  await server.aws("s3api", "create-bucket", "--bucket", "hostile");
  await server.aws("s3api", "put-bucket-policy", "--bucket", "hostile", "--policy", JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Sid: "a", Effect: "Deny", Principal: "*", Action: "s3:DeleteBucket", Resource: "arn:aws:s3:::hostile", Condition: { StringEquals: { "aws:Referer": SCRIPT } } }],
  }));
  const name = `${SCRIPT}.html`;
  await put(name, `<html><body onload="window.stolen=1">${SCRIPT}`, "text/html");
  await put("a.svg", SVG, "image/svg+xml");
  await put("javascript:alert(1)", "x", "text/plain");
  await put("looks.png", `<html>${SCRIPT}`, "image/png");

  await open(page, "#/buckets/hostile/objects");
  await expect(page.getByRole("link", { name: "a.svg" })).toBeVisible();
  await never();
  await open(page, `#/buckets/hostile/objects?prefix=${encodeURIComponent("<img src=x onerror=\"window.stolen=1\"><script>window.stolen=1<")}/`);
  await expect(page.getByRole("heading", { name: "Objects" })).toBeVisible();
  await never();
  for (const key of [name, "a.svg", "javascript:alert(1)", "looks.png"]) {
    await open(page, `#/buckets/hostile/object?key=${encodeURIComponent(key)}`);
    await expect(page.getByText(SCRIPT, { exact: true })).toBeVisible();
    await never();
    await open(page, `#/buckets/hostile/object?key=${encodeURIComponent(key)}&tab=preview`);
    await expect(page.getByRole("heading", { name: "Preview" })).toBeVisible();
    if (key === name) await expect(page.getByText("<html><body onload", { exact: false })).toBeVisible();
    if (key === "a.svg") await expect(page.getByText("<svg xmlns", { exact: false })).toBeVisible();
    await never();
  }
  await open(page, "#/buckets/hostile/permissions");
  await expect(page.getByText("aws:Referer")).toBeVisible();
  await never();
  await open(page, `#/${encodeURIComponent(SCRIPT)}`);
  await expect(page.getByText("There is no such page")).toBeVisible();
  await never();
  expect(await page.locator("iframe, object, embed").count()).toBe(0);
});

test("a page of the same origin gets neither the console's window nor a frame of it", async ({ page, server }, info) => {
  await server.aws("s3api", "create-bucket", "--bucket", "site");
  await server.aws("s3api", "delete-public-access-block", "--bucket", "site");
  await server.aws("s3api", "put-bucket-policy", "--bucket", "site", "--policy", JSON.stringify({
    Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::site/*" }],
  }));
  await writeFile(info.outputPath("page.html"), `<title>hostile</title><body><script>
    const frame = document.createElement("iframe"); frame.src = "/_grantry/console/"; document.body.append(frame);
    function steal() { window.got = window.open("/_grantry/console/"); }
  </script>`);
  await server.aws("s3api", "put-object", "--bucket", "site", "--key", "page.html", "--body", info.outputPath("page.html"), "--content-type", "text/html");
  await page.goto(`${server.url}/site/page.html`);
  const opened = page.context().waitForEvent("page");
  await page.evaluate(() => (window as unknown as { steal: () => void }).steal());
  const console_ = await opened;
  await expect(console_.getByLabel("Access key ID")).toBeVisible();
  // The handle says that the window is gone, although it is there.
  await expect.poll(() => page.evaluate(() => (window as unknown as { got: Window }).got.closed)).toBe(true);
  expect(await console_.evaluate(() => window.opener)).toBeNull();
  await expect(page.frameLocator("iframe").getByLabel("Access key ID")).toHaveCount(0);
});

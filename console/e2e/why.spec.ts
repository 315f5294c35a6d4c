import { writeFile } from "node:fs/promises";
import { accessible, expect, open, test } from "./fixtures";

test("explains a refusal, and carries the suggested change out after one confirmation", async ({ console: page, server }, info) => {
  await server.aws("s3api", "create-bucket", "--bucket", "asked");
  await writeFile(info.outputPath("cat.txt"), "cat");
  await server.aws("s3api", "put-object", "--bucket", "asked", "--key", "cat.txt", "--body", info.outputPath("cat.txt"));
  const ask = () => fetch(`${server.url}/asked/cat.txt`);
  const refused = await ask();
  expect(refused.status).toBe(403);
  const id = refused.headers.get("x-amz-request-id") ?? "";

  await open(page, "#/why");
  await page.getByRole("textbox", { name: "Bucket" }).fill("asked");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.getByRole("link", { name: id })).toBeVisible();
  await accessible(page, "why");
  await page.getByRole("link", { name: id }).click();
  await expect(page.getByRole("heading", { name: `Request ${id}` })).toBeVisible();
  await page.getByRole("button", { name: /rules? w(as|ere) asked/ }).click();
  await accessible(page, "why-request");
  const suggestion = page.getByRole("button", { name: "Apply" }).first();
  await suggestion.click();
  await page.getByRole("dialog").getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByText("The change was made.")).toBeVisible();
  expect((await ask()).status).toBe(200);
});

test("says that a request is unknown", async ({ console: page }) => {
  await open(page, "#/why?id=ABCDEFGHIJKLMNOP");
  await expect(page.getByText(/No decision with this request id|cannot be explained/)).toBeVisible();
});

import { accessible, expect, open, test } from "./fixtures";

test("creates a bucket with the settings of a new one", async ({ console: page, server }) => {
  await page.getByRole("button", { name: "Create bucket" }).first().click();
  await expect(page.getByLabel("Bucket name")).toBeVisible();
  await accessible(page, "create-bucket");
  await page.getByLabel("Bucket name").fill("plain-bucket");
  await page.getByRole("button", { name: "Create bucket" }).click();
  await expect(page.getByRole("heading", { name: "plain-bucket" })).toBeVisible();
  const { OwnershipControls } = await server.aws("s3api", "get-bucket-ownership-controls", "--bucket", "plain-bucket");
  expect(OwnershipControls.Rules).toEqual([{ ObjectOwnership: "BucketOwnerEnforced" }]);
  const { PublicAccessBlockConfiguration } = await server.aws("s3api", "get-public-access-block", "--bucket", "plain-bucket");
  expect(Object.values(PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
});

test("asks for acknowledgement before ACLs are enabled and public access is let in", async ({ console: page, server }) => {
  await open(page, "#/create-bucket");
  await page.getByLabel("Bucket name").fill("open-bucket");
  await page.getByLabel("ACLs enabled").check();
  await page.getByLabel("Object writer").check();
  await page.getByLabel("Block all public access").uncheck();
  await page.getByLabel("Enable", { exact: true }).check();
  const create = page.getByRole("button", { name: "Create bucket" });
  await expect(create).toBeDisabled();
  await page.getByLabel("I acknowledge that ACLs will be enabled").check();
  await expect(create).toBeDisabled();
  await page.getByLabel("I acknowledge that the current settings").check();
  await create.click();
  await expect(page.getByText("Created bucket open-bucket.")).toBeVisible();
  const versioning = await server.aws("s3api", "get-bucket-versioning", "--bucket", "open-bucket");
  expect(versioning.Status).toBe("Enabled");
  const { OwnershipControls } = await server.aws("s3api", "get-bucket-ownership-controls", "--bucket", "open-bucket");
  expect(OwnershipControls.Rules).toEqual([{ ObjectOwnership: "ObjectWriter" }]);
  await expect(server.aws("s3api", "get-public-access-block", "--bucket", "open-bucket")).rejects.toThrow(/NoSuchPublicAccessBlock/);
});

test("shows in the list who can reach each bucket", async ({ page, server }) => {
  const make = async (name: string, ...args: string[]) => server.aws("s3api", "create-bucket", "--bucket", name, ...args);
  await make("list-private");
  await make("list-acls", "--object-ownership", "ObjectWriter");
  await server.aws("s3api", "delete-public-access-block", "--bucket", "list-acls");
  await make("list-public");
  await server.aws("s3api", "delete-public-access-block", "--bucket", "list-public");
  const statement = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::list-public/*" };
  await server.aws("s3api", "put-bucket-policy", "--bucket", "list-public", "--policy", JSON.stringify({ Version: "2012-10-17", Statement: [statement] }));
  await make("list-restricted");
  await server.aws("s3api", "delete-public-access-block", "--bucket", "list-restricted");
  statement.Resource = "arn:aws:s3:::list-restricted/*";
  await server.aws("s3api", "put-bucket-policy", "--bucket", "list-restricted", "--policy", JSON.stringify({ Version: "2012-10-17", Statement: [statement] }));
  await server.aws("s3api", "put-public-access-block", "--bucket", "list-restricted", "--public-access-block-configuration", "RestrictPublicBuckets=true");
  const { signIn } = await import("./fixtures");
  await signIn(page, server);
  const row = (name: string) => page.getByRole("row").filter({ hasText: name });
  await page.getByPlaceholder("Find buckets by name").fill("list-");
  await expect(row("list-private")).toContainText("Bucket and objects not public");
  await expect(row("list-acls")).toContainText("Objects can be public");
  await expect(row("list-public").first()).toContainText("Public");
  await expect(row("list-restricted")).toContainText("Only authorized users of this account");
  await expect(page.getByRole("row").filter({ hasText: "plain-bucket" })).toHaveCount(0);
  await accessible(page, "buckets");
});

test("deletes a bucket only when its name is typed, and says why it did not", async ({ console: page, server }) => {
  await server.aws("s3api", "create-bucket", "--bucket", "doomed");
  await server.aws("s3api", "put-object", "--bucket", "doomed", "--key", "a");
  await server.aws("s3api", "put-bucket-versioning", "--bucket", "doomed", "--versioning-configuration", "Status=Enabled");
  await server.aws("s3api", "put-object", "--bucket", "doomed", "--key", "a");
  await server.aws("s3api", "delete-object", "--bucket", "doomed", "--key", "a");
  await page.getByRole("button", { name: "Refresh" }).click();
  const select = () => page.getByRole("radio", { name: "doomed" }).click();
  await select();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Delete bucket doomed?" });
  const confirm = dialog.getByRole("button", { name: "Delete bucket" });
  await dialog.getByRole("textbox").fill("doom");
  await expect(confirm).toBeDisabled();
  await dialog.getByRole("textbox").fill("doomed");
  await confirm.click();
  await expect(page.getByText("BucketNotEmpty", { exact: false }).first()).toBeVisible();
  await expect(page.getByText(/request id [0-9A-Z]+/)).toBeVisible();
  await expect(page.getByRole("link", { name: "Why?" }).last()).toBeVisible();

  await page.getByRole("button", { name: "Empty" }).click();
  const emptying = page.getByRole("dialog", { name: "Empty bucket doomed?" });
  await emptying.getByRole("textbox").fill("permanently delete");
  await emptying.getByRole("button", { name: "Empty" }).click();
  await expect(emptying.getByText("3 objects deleted")).toBeVisible();
  await emptying.getByRole("button", { name: "Close" }).last().click();

  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await dialog.getByRole("textbox").fill("doomed");
  await confirm.click();
  await expect(page.getByText("Deleted bucket doomed.")).toBeVisible();
  await expect(server.aws("s3api", "head-bucket", "--bucket", "doomed")).rejects.toThrow(/404/);
});

test("edits versioning and tags of a bucket", async ({ console: page, server }) => {
  await server.aws("s3api", "create-bucket", "--bucket", "properties");
  await open(page, "#/buckets/properties/properties");
  await page.getByRole("button", { name: "Enable", exact: true }).click();
  await expect(page.getByRole("button", { name: "Suspend" })).toBeVisible();
  await page.getByRole("button", { name: "Edit: Tags" }).click();
  await page.getByRole("button", { name: "Add tag" }).click();
  await page.getByLabel("Key 1").fill("team");
  await page.getByLabel("Value 1").fill("red + blue");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("red + blue")).toBeVisible();
  await accessible(page, "bucket-properties");
  const { TagSet } = await server.aws("s3api", "get-bucket-tagging", "--bucket", "properties");
  expect(TagSet).toEqual([{ Key: "team", Value: "red + blue" }]);
  expect((await server.aws("s3api", "get-bucket-versioning", "--bucket", "properties")).Status).toBe("Enabled");
});

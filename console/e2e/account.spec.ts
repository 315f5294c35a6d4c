import { readFile } from "node:fs/promises";
import { accessible, expect, open, signIn, test } from "./fixtures";

test("shows the account and blocks public access of all of it", async ({ console: page, server }) => {
  const { Account } = await server.aws("sts", "get-caller-identity");
  const { Owner } = await server.aws("s3api", "list-buckets");
  await open(page, "#/account");
  await expect(page.getByText(Owner.ID)).toBeVisible();
  await expect(page.getByRole("button", { name: "Copy Canonical user ID" })).toBeVisible();
  await accessible(page, "account");
  await page.getByRole("button", { name: "Edit: Block Public Access" }).click();
  await page.getByLabel("Block public access granted through new public bucket policies").check();
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("confirm");
  await page.getByRole("dialog").getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByText("Block public access granted through new public bucket policies: On")).toBeVisible();
  await server.aws("s3api", "create-bucket", "--bucket", "below-the-account");
  await server.aws("s3api", "delete-public-access-block", "--bucket", "below-the-account");
  await open(page, "#/buckets/below-the-account/permissions");
  await expect(page.getByText("(by the settings of the account)")).toBeVisible();
  // Other journeys on this server publish things.
  await open(page, "#/account/block-public-access");
  await expect(page.getByRole("heading", { name: `Edit Block Public Access (${Account})` })).toBeVisible();
  await page.getByLabel("Block public access granted through new public bucket policies").uncheck();
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("confirm");
  await page.getByRole("dialog").getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByText("Block public access granted through new public bucket policies: Off")).toBeVisible();
});

test("makes a user with a policy and a key that is shown once", async ({ console: page, server }) => {
  await open(page, "#/iam/users");
  await accessible(page, "iam-users");
  await page.getByRole("button", { name: "Create user" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("alice");
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  await page.getByRole("link", { name: "alice" }).click();
  await page.getByRole("button", { name: "Attach policy" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess");
  await page.getByRole("dialog").getByRole("button", { name: "Attach policy" }).click();
  await expect(page.getByRole("link", { name: "AmazonS3ReadOnlyAccess" })).toBeVisible();
  await page.getByRole("button", { name: "Add inline policy" }).click();
  await page.getByRole("dialog").getByLabel("Policy name").fill("more");
  await page.getByRole("dialog").getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("button", { name: "Edit more" })).toBeVisible();
  await page.getByRole("button", { name: "Create access key" }).click();
  await expect(page.getByText("The secret is shown this once")).toBeVisible();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download CSV" }).click();
  const [, line = ""] = (await readFile(await (await download).path(), "utf8")).split("\r\n");
  const [accessKeyId = "", secretAccessKey = ""] = line.split(",");
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await accessible(page, "iam-user");
  const keys = { accessKeyId, secretAccessKey };
  expect((await server.awsAs(keys, "sts", "get-caller-identity")).Arn).toMatch(/:user\/alice$/);

  // The user has no rights in IAM and sees what the server answers.
  const other = await page.context().newPage();
  await signIn(other, server, keys);
  await open(other, "#/create-bucket");
  await other.getByLabel("Bucket name").fill("of-alice");
  await other.getByRole("button", { name: "Create bucket" }).click();
  await expect(other.getByText(/is not authorized to perform: s3:CreateBucket/)).toBeVisible();
  await other.close();

  await page.getByRole("button", { name: `Deactivate ${accessKeyId}` }).click();
  await expect(page.getByText("Inactive")).toBeVisible();
  await open(page, "#/iam/simulator");
  await page.getByLabel("ARN of a user, group or role").fill((await server.aws("iam", "get-user", "--user-name", "alice")).User.Arn);
  await page.getByRole("button", { name: "Simulate" }).click();
  await expect(page.getByText("Allowed", { exact: true })).toBeVisible();
  await expect(page.getByText("Not allowed by any statement")).toBeVisible();
  await accessible(page, "simulator");
  await open(page, "#/iam/users");
  await page.getByRole("radio", { name: "alice" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("alice");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("Deleted alice.")).toBeVisible();
  await expect(server.aws("iam", "get-user", "--user-name", "alice")).rejects.toThrow(/NoSuchEntity/);
});

test("makes groups, roles and policies, and switches to a role", async ({ console: page, server }) => {
  await open(page, "#/iam/groups");
  for (const [list, action, name] of [["groups", "Create group", "readers"], ["policies", "Create policy", "own"], ["roles", "Create role", "visitor"]] as const) {
    await open(page, `#/iam/${list}`);
    await page.getByRole("button", { name: action }).click();
    await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
    await expect(page.getByText(`Created ${name}.`)).toBeVisible();
    await expect(page.getByRole("link", { name, exact: true })).toBeVisible();
  }
  await accessible(page, "iam-roles");
  await page.getByRole("link", { name: "visitor" }).click();
  await expect(page.getByText("sts:AssumeRole")).toBeVisible();
  await accessible(page, "iam-role");

  const { Account } = await server.aws("sts", "get-caller-identity");
  await server.aws("iam", "create-user", "--user-name", "bob");
  await server.aws("iam", "attach-user-policy", "--user-name", "bob", "--policy-arn", "arn:aws:iam::aws:policy/AdministratorAccess");
  await server.aws("iam", "attach-role-policy", "--role-name", "visitor", "--policy-arn", "arn:aws:iam::aws:policy/AdministratorAccess");
  const { AccessKey } = await server.aws("iam", "create-access-key", "--user-name", "bob");
  const other = await page.context().newPage();
  await signIn(other, server, { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey });
  await other.getByRole("button", { name: /@ \d{12}/ }).click();
  await other.getByRole("menuitem", { name: "Switch role" }).click();
  await other.getByLabel("Role", { exact: true }).fill("visitor");
  await other.getByRole("dialog").getByRole("button", { name: "Switch role" }).click();
  await expect(other.getByRole("button", { name: new RegExp(`assumed-role/visitor/console @ ${Account}`) })).toBeVisible();
  // A role's session is one that IAM takes: nothing has to be unlocked.
  await open(other, "#/iam/users");
  await expect(other.getByRole("link", { name: "bob" })).toBeVisible();
  await other.getByRole("button", { name: /@ \d{12}/ }).click();
  await other.getByRole("menuitem", { name: "Leave the role" }).click();
  await expect(other.getByRole("button", { name: new RegExp(`user/bob @ ${Account}`) })).toBeVisible();
});

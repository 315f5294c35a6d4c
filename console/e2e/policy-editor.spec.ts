import { accessible, expect, open, signIn, test } from "./fixtures";

const policy = (bucket: string, statement: object) => JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${bucket}/*`, ...statement }],
}, null, 2);

test("the server says while one types what a policy means, with the line", async ({ console: page, server }) => {
  await server.aws("s3api", "create-bucket", "--bucket", "typed");
  await open(page, "#/buckets/typed/policy");
  const editor = page.getByRole("textbox", { name: "Policy", exact: true });
  await editor.fill(policy("typed", {}));
  await expect(page.getByText("Line 4: everybody is let in: Amazon calls this statement public")).toBeVisible();
  // What only who knows the language can say.
  const Condition = { StringEquals: { "aws:UserAgent": "a" }, StringNotEquals: { "aws:UserAgent": "a" } };
  await editor.fill(policy("typed", { Condition }));
  await expect(page.getByText("Line 4: no request can ever satisfy this statement")).toBeVisible();
  await expect(page.getByText("everybody is let in")).toHaveCount(0);
  await editor.fill(policy("typed", { Action: "s3:GetObjekt" }));
  await expect(page.getByText("Line 7: there is no action of S3 that s3:GetObjekt means")).toBeVisible();
  await accessible(page, "policy-findings");
  const { Account } = await server.aws("sts", "get-caller-identity");
  await editor.fill(policy("typed", { Principal: { AWS: Account } }));
  await expect(page.getByText("No problems found.")).toBeVisible();
});

test("who may not ask the server still has the page's own look", async ({ console: page, server }) => {
  await server.aws("s3api", "create-bucket", "--bucket", "unasked");
  await server.aws("iam", "create-user", "--user-name", "unasking");
  const document = { Version: "2012-10-17", Statement: { Effect: "Allow", Action: ["s3:*", "sts:*"], Resource: "*" } };
  await server.aws("iam", "put-user-policy", "--user-name", "unasking", "--policy-name", "s3", "--policy-document", JSON.stringify(document));
  const { AccessKey } = await server.aws("iam", "create-access-key", "--user-name", "unasking");
  const other = await page.context().newPage();
  await signIn(other, server, { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey });
  await open(other, "#/buckets/unasked/policy");
  const refused = other.waitForResponse((answer) => answer.url().endsWith("/policy/validation"));
  await other.getByRole("textbox", { name: "Policy", exact: true }).fill(policy("unasked", { Effect: "allow" }));
  expect((await refused).status()).toBe(403);
  await expect(other.getByText("Effect is Allow or Deny")).toBeVisible();
});

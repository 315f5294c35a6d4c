import { accessible, expect, open, signIn, test } from "./fixtures";
import type { Server } from "./server";

const OTHER = "0123456789abcdef".repeat(4);
const ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery";

interface Grant {
  Grantee: { URI?: string; ID?: string };
  Permission: string;
}

const grantsOf = (acl: { Grants: Grant[] }) =>
  acl.Grants.map(({ Grantee, Permission }) => `${Grantee.URI?.split("/").at(-1) ?? Grantee.ID} ${Permission}`);

/** A bucket with ACLs, and without anything that blocks public ones. */
async function aclBucket(server: Server, name: string): Promise<string> {
  await server.aws("s3api", "create-bucket", "--bucket", name, "--object-ownership", "ObjectWriter");
  await server.aws("s3api", "delete-public-access-block", "--bucket", name);
  return (await server.aws("s3api", "get-bucket-acl", "--bucket", name)).Owner.ID as string;
}

test("edits the ACL of a bucket by the table of the S3 console", async ({ console: page, server }) => {
  const owner = await aclBucket(server, "acl-table");
  await open(page, "#/buckets/acl-table/permissions");
  await page.getByRole("button", { name: "Edit: Access control list (ACL)" }).click();
  const save = page.getByRole("button", { name: "Save changes" });
  // Write for groups is not offered.
  for (const group of ["Everyone (public access)", "Authenticated Users group (anyone with an AWS account)"]) {
    await expect(page.getByRole("checkbox", { name: `${group}: Objects – List` })).toBeVisible();
    await expect(page.getByRole("checkbox", { name: `${group}: Objects – Write` })).toHaveCount(0);
    await expect(page.getByRole("checkbox", { name: `${group}: Bucket ACL – Write` })).toHaveCount(0);
  }
  await page.getByRole("checkbox", { name: "S3 log delivery group: Objects – Write" }).check();
  await page.getByRole("checkbox", { name: "Everyone (public access): Objects – List" }).check();
  await expect(page.getByText("anyone in the world can access this bucket")).toBeVisible();
  await expect(save).toBeDisabled();
  await page.getByLabel("I understand the effects").check();
  await accessible(page, "edit-bucket-acl");
  await save.click();
  await expect(page.getByText("Saved: Access control list (ACL).")).toBeVisible();
  expect(grantsOf(await server.aws("s3api", "get-bucket-acl", "--bucket", "acl-table"))).toEqual([`${owner} FULL_CONTROL`, "AllUsers READ", "LogDelivery WRITE"]);
  await expect(page.getByText("Public", { exact: true })).toBeVisible();
  await accessible(page, "bucket-permissions");
});

test("combines duplicate grantees and leaves what nobody touched as it is", async ({ console: page, server }) => {
  const owner = await aclBucket(server, "acl-twice");
  const group = (URI: string, Permission: string) => ({ Grantee: { Type: "Group", URI }, Permission });
  const Grants = [
    { Grantee: { Type: "CanonicalUser", ID: owner }, Permission: "FULL_CONTROL" },
    group(LOGS, "WRITE"), group(LOGS, "READ_ACP"), group(LOGS, "WRITE"), group(AUTHENTICATED, "WRITE"), group(AUTHENTICATED, "READ"),
  ];
  await server.aws("s3api", "put-bucket-acl", "--bucket", "acl-twice", "--access-control-policy", JSON.stringify({ Owner: { ID: owner }, Grants }));
  await open(page, "#/buckets/acl-twice/acl");
  await expect(page.getByText("They are shown combined")).toBeVisible();
  await expect(page.getByText("S3 log delivery group", { exact: true })).toHaveCount(1);
  // A public write that is there already can be taken away.
  const write = page.getByRole("checkbox", { name: "Authenticated Users group (anyone with an AWS account): Objects – Write" });
  await expect(write).toBeChecked();
  await expect(page.getByText("never grant any kind of public write access")).toBeVisible();
  await write.uncheck();
  await page.getByLabel("I understand the effects").check();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Saved: Access control list (ACL).")).toBeVisible();
  expect(grantsOf(await server.aws("s3api", "get-bucket-acl", "--bucket", "acl-twice"))).toEqual([
    `${owner} FULL_CONTROL`, "AuthenticatedUsers READ", "LogDelivery WRITE", "LogDelivery READ_ACP", "LogDelivery WRITE",
  ]);
});

test("adds another account by its canonical id, and removes it again", async ({ console: page, server }) => {
  const owner = await aclBucket(server, "acl-others");
  await open(page, "#/buckets/acl-others/acl");
  await page.getByRole("button", { name: "Add grantee" }).click();
  await page.getByLabel("Canonical ID").fill("not an id");
  await expect(page.getByText("64 hexadecimal digits")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save changes" })).toBeDisabled();
  await page.getByLabel("Canonical ID").fill(OTHER);
  await expect(page.getByRole("checkbox", { name: `Other AWS account ${OTHER}: Objects – Write` })).toBeDisabled();
  await page.getByRole("checkbox", { name: `Other AWS account ${OTHER}: Objects – List` }).check();
  await expect(page.getByText("can delegate what they are granted")).toBeVisible();
  await page.getByRole("button", { name: "Save changes" }).click();
  // There is no such account: the server's own words.
  await expect(page.getByText("The ACL was not saved: InvalidArgument")).toBeVisible();
  await page.getByRole("button", { name: `Remove ${OTHER}` }).click();
  await expect(page.getByText(OTHER)).toHaveCount(0);
  expect(grantsOf(await server.aws("s3api", "get-bucket-acl", "--bucket", "acl-others"))).toEqual([`${owner} FULL_CONTROL`]);
});

test("shows the ACL read-only where ACLs are disabled (CON-9)", async ({ console: page, server }) => {
  await server.aws("s3api", "create-bucket", "--bucket", "boe");
  await open(page, "#/buckets/boe/permissions");
  await expect(page.getByText("bucket owner enforced setting applied")).toBeVisible();
  await expect(page.getByRole("button", { name: "Edit: Access control list (ACL)" })).toBeDisabled();
  await expect(page.getByText("Bucket and objects not public")).toBeVisible();
});

test("edits the ACL of an object, and says whether everyone can read it", async ({ console: page, server }) => {
  const owner = await aclBucket(server, "acl-object");
  await server.aws("s3api", "put-object", "--bucket", "acl-object", "--key", "pic tures/ä.png");
  await open(page, "#/buckets/acl-object/object?key=pic+tures%2F%C3%A4.png&tab=permissions");
  await expect(page.getByText("No. An anonymous request was answered with 403.")).toBeVisible();
  await page.getByRole("button", { name: "Edit" }).click();
  await expect(page.getByRole("checkbox", { name: "Everyone (public access): Object ACL – Write" })).toHaveCount(0);
  await page.getByRole("checkbox", { name: "Everyone (public access): Object – Read" }).check();
  await page.getByLabel("I understand the effects").check();
  await accessible(page, "edit-object-acl");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Yes. Everyone can read this object.")).toBeVisible();
  await expect(page.getByText("The object ACL grants Read to Everyone.")).toBeVisible();
  await accessible(page, "object-permissions");
  const acl = await server.aws("s3api", "get-object-acl", "--bucket", "acl-object", "--key", "pic tures/ä.png");
  expect(grantsOf(acl)).toEqual([`${owner} FULL_CONTROL`, "AllUsers READ"]);
  expect(acl.Grants[1].Grantee.URI).toBe(ALL_USERS);
});

test("edits the ACL of one version only", async ({ console: page, server }) => {
  await aclBucket(server, "acl-version");
  await server.aws("s3api", "put-bucket-versioning", "--bucket", "acl-version", "--versioning-configuration", "Status=Enabled");
  const old = (await server.aws("s3api", "put-object", "--bucket", "acl-version", "--key", "v")).VersionId as string;
  await server.aws("s3api", "put-object", "--bucket", "acl-version", "--key", "v");
  await open(page, `#/buckets/acl-version/object-acl?key=v&versionId=${encodeURIComponent(old)}`);
  await page.getByRole("checkbox", { name: "Everyone (public access): Object – Read" }).check();
  await page.getByLabel("I understand the effects").check();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Saved: Access control list (ACL).")).toBeVisible();
  const acl = async (...args: string[]) => grantsOf(await server.aws("s3api", "get-object-acl", "--bucket", "acl-version", "--key", "v", ...args));
  expect(await acl("--version-id", old)).toHaveLength(2);
  expect(await acl()).toHaveLength(1);
});

test("Block Public Access changes when `confirm` is typed", async ({ console: page, server }) => {
  await server.aws("s3api", "create-bucket", "--bucket", "bpa");
  await open(page, "#/buckets/bpa/block-public-access");
  await page.getByLabel("Block public access granted through new public bucket policies").uncheck();
  await accessible(page, "block-public-access");
  await page.getByRole("button", { name: "Save changes" }).click();
  const dialog = page.getByRole("dialog");
  const confirm = dialog.getByRole("button", { name: "Confirm" });
  await expect(confirm).toBeDisabled();
  await dialog.getByRole("textbox").fill("confirm");
  await confirm.click();
  await expect(page.getByText("Saved: Block Public Access.")).toBeVisible();
  const { PublicAccessBlockConfiguration } = await server.aws("s3api", "get-public-access-block", "--bucket", "bpa");
  expect(PublicAccessBlockConfiguration).toEqual({ BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: false, RestrictPublicBuckets: true });
});

test("edits the policy with lines of problems, examples and a builder", async ({ console: page, server }) => {
  await server.aws("s3api", "create-bucket", "--bucket", "policy");
  await open(page, "#/buckets/policy/policy");
  const editor = page.getByRole("textbox", { name: "Policy", exact: true });
  await editor.fill('{\n  "Version": "2012-10-17",\n  "Statement": [{ "Effect": "allow" }]\n}');
  await expect(page.getByText("Line 3: Effect is Allow or Deny")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save changes" })).toBeDisabled();
  await page.getByRole("button", { name: "Examples" }).click();
  await page.getByRole("menuitem", { name: "Everyone reads all objects" }).click();
  await expect(page.getByText("this statement allows everyone")).toBeVisible();
  await accessible(page, "edit-policy");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("The policy was not saved: AccessDenied")).toBeVisible();
  await expect(page.getByText("Block Public Access refuses public policies")).toBeVisible();
  await editor.fill("");
  await page.getByRole("button", { name: "Add a statement" }).click();
  await page.getByLabel("Principal").fill("arn:aws:iam::111122223333:root");
  await page.getByText("Choose actions").click();
  await page.getByRole("option", { name: "s3:GetObject", exact: true }).click();
  await page.getByRole("option", { name: "s3:ListBucket", exact: true }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Add statement" }).click();
  await expect(editor).toHaveValue(/s3:ListBucket/);
  const { Account } = await server.aws("sts", "get-caller-identity");
  await editor.fill((await editor.inputValue()).replace("111122223333", Account));
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Saved: Bucket policy.")).toBeVisible();
  const policy = JSON.parse((await server.aws("s3api", "get-bucket-policy", "--bucket", "policy")).Policy);
  expect(policy.Statement).toEqual([{
    Effect: "Allow", Principal: { AWS: `arn:aws:iam::${Account}:root` }, Action: ["s3:GetObject", "s3:ListBucket"],
    Resource: ["arn:aws:s3:::policy", "arn:aws:s3:::policy/*"],
  }]);
});

test("disabling ACLs shows the server's advice, carries it out, and takes it back", async ({ console: page, server }) => {
  const owner = await aclBucket(server, "advised");
  await server.aws("s3api", "put-object", "--bucket", "advised", "--key", "open/shown.png", "--acl", "public-read");
  await server.aws("s3api", "put-object", "--bucket", "advised", "--key", "hidden.png");
  await server.aws("s3api", "put-bucket-acl", "--bucket", "advised", "--acl", "public-read");
  const read = async (key: string) => (await fetch(`${server.url}/advised/${key}`)).status;
  expect([await read("open/shown.png"), await read("hidden.png"), await read("")]).toEqual([200, 403, 200]);
  await open(page, "#/buckets/advised/ownership");
  await page.getByLabel("ACLs disabled (recommended)").check();
  await expect(page.getByText("ACLs no longer grant access")).toBeVisible();
  await expect(page.getByText("2 object versions and")).toBeVisible();
  await page.getByRole("button", { name: /^Grants in ACLs of objects/ }).click();
  await expect(page.getByRole("table", { name: "Grants in ACLs of objects" })).toContainText("everyone, without signing");
  await expect(page.getByRole("table", { name: /^Requests that needed an ACL/ })).toContainText("PutObject open/shown.png");
  await expect(page.getByLabel("Bucket policy", { exact: true })).toContainText("arn:aws:s3:::advised/open/");
  await accessible(page, "edit-ownership");
  const save = page.getByRole("button", { name: "Save changes" });
  // The logged request that sent an ACL would be refused: that has to be accepted.
  await expect(save).toBeDisabled();
  await page.getByLabel("I accept that these changes are made nevertheless").check();
  // Without the steps before it nothing can be saved.
  await page.getByLabel("Store this policy and reset the bucket ACL first").uncheck();
  await expect(page.getByText("The bucket ACL grants access to others and has to be reset first")).toBeVisible();
  await expect(save).toBeDisabled();
  await page.getByLabel("Store this policy and reset the bucket ACL first").check();
  await save.click();
  await expect(page.getByText("ACLs of advised are disabled.")).toBeVisible();
  const ownership = async () => (await server.aws("s3api", "get-bucket-ownership-controls", "--bucket", "advised")).OwnershipControls.Rules[0].ObjectOwnership;
  expect(await ownership()).toBe("BucketOwnerEnforced");
  expect([await read("open/shown.png"), await read("hidden.png"), await read("")]).toEqual([200, 403, 200]);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("advised is as it was before.")).toBeVisible();
  expect(await ownership()).toBe("ObjectWriter");
  await expect(server.aws("s3api", "get-bucket-policy", "--bucket", "advised")).rejects.toThrow(/NoSuchBucketPolicy/);
  expect(grantsOf(await server.aws("s3api", "get-bucket-acl", "--bucket", "advised"))).toEqual([`${owner} FULL_CONTROL`, "AllUsers READ"]);
});

test("disabling ACLs says what stands in its way", async ({ console: page, server }) => {
  await aclBucket(server, "in-the-way");
  await server.aws("s3api", "put-object", "--bucket", "in-the-way", "--key", "shown.png", "--acl", "public-read");
  await server.aws("s3api", "put-public-access-block", "--bucket", "in-the-way", "--public-access-block-configuration", "BlockPublicPolicy=true");
  await open(page, "#/buckets/in-the-way/ownership");
  await page.getByLabel("ACLs disabled (recommended)").check();
  await expect(page.getByText("BlockPublicPolicy of the bucket or its account refuses it")).toBeVisible();
  await page.getByLabel("I accept that these changes are made nevertheless").check();
  const save = page.getByRole("button", { name: "Save changes" });
  await expect(save).toBeDisabled();
  await page.getByLabel("Store this policy").uncheck();
  await save.click();
  await expect(page.getByText("Saved: Object Ownership.")).toBeVisible();
  const { OwnershipControls } = await server.aws("s3api", "get-bucket-ownership-controls", "--bucket", "in-the-way");
  expect(OwnershipControls.Rules[0].ObjectOwnership).toBe("BucketOwnerEnforced");
});

test("who may not ask for advice sees what the console finds by itself", async ({ page, server }) => {
  await server.aws("iam", "create-user", "--user-name", "s3-only");
  await server.aws("iam", "attach-user-policy", "--user-name", "s3-only", "--policy-arn", "arn:aws:iam::aws:policy/AmazonS3FullAccess");
  const { AccessKey } = await server.aws("iam", "create-access-key", "--user-name", "s3-only");
  await signIn(page, server, { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey });
  await aclBucket(server, "owned");
  await server.aws("s3api", "put-object", "--bucket", "owned", "--key", "shown.png", "--acl", "public-read");
  await server.aws("s3api", "put-object", "--bucket", "owned", "--key", "hidden.png");
  await server.aws("s3api", "put-bucket-acl", "--bucket", "owned", "--acl", "public-read");
  await open(page, "#/buckets/owned/ownership");
  await page.getByLabel("ACLs disabled (recommended)").check();
  await expect(page.getByText("needs the permission grantry:AdviseDisableAcls")).toBeVisible();
  await expect(page.getByText("1 finding in 2 objects")).toBeVisible();
  await expect(page.getByText("is granted to everyone")).toBeVisible();
  await accessible(page, "edit-ownership-unadvised");
  await page.getByLabel("I accept that these changes are made nevertheless").check();
  await expect(page.getByLabel("Reset the bucket ACL first")).toBeChecked();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("ACLs of owned are disabled.")).toBeVisible();
  const { OwnershipControls } = await server.aws("s3api", "get-bucket-ownership-controls", "--bucket", "owned");
  expect(OwnershipControls.Rules[0].ObjectOwnership).toBe("BucketOwnerEnforced");
});

test("edits CORS rules", async ({ console: page, server }) => {
  await server.aws("s3api", "create-bucket", "--bucket", "cors");
  await open(page, "#/buckets/cors/cors");
  await page.getByRole("textbox", { name: "CORS rules" }).fill('[{"AllowedOrigins": ["*"],\n"AllowedMethods": ["PATCH"]}]');
  await expect(page.getByText("Line 2: PATCH is none of")).toBeVisible();
  await page.getByRole("button", { name: "Examples" }).click();
  await accessible(page, "edit-cors");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Saved: Cross-origin resource sharing (CORS).")).toBeVisible();
  const { CORSRules } = await server.aws("s3api", "get-bucket-cors", "--bucket", "cors");
  expect(CORSRules[0].AllowedOrigins).toEqual(["https://www.example.org"]);
});

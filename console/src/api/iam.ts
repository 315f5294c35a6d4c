/** What the pages of IAM ask and do, each noun in the same shape. */
import * as Iam from "@aws-sdk/client-iam";
import { iam } from "./clients";

export type Noun = "users" | "groups" | "roles" | "policies";
export const NOUNS: readonly Noun[] = ["users", "groups", "roles", "policies"];

export interface Principal {
  name: string;
  arn: string;
  path: string;
  created?: Date;
  /** Policies: to how many it is attached, and whether it can be changed. */
  attachments?: number;
  isProvided?: boolean;
}

/** Pages of a listing, one after the other. */
async function all<T>(page: (Marker?: string) => Promise<{ items: T[]; next?: string }>): Promise<T[]> {
  const found: T[] = [];
  let marker: string | undefined;
  do {
    const { items, next } = await page(marker);
    found.push(...items);
    marker = next;
  } while (marker);
  return found;
}

export async function list(noun: Noun): Promise<Principal[]> {
  const client = await iam();
  return all(async (Marker) => {
    switch (noun) {
      case "users": {
        const answer = await client.send(new Iam.ListUsersCommand({ Marker }));
        return { items: (answer.Users ?? []).map((each) => ({ name: each.UserName ?? "", arn: each.Arn ?? "", path: each.Path ?? "/", created: each.CreateDate })), next: answer.Marker };
      }
      case "groups": {
        const answer = await client.send(new Iam.ListGroupsCommand({ Marker }));
        return { items: (answer.Groups ?? []).map((each) => ({ name: each.GroupName ?? "", arn: each.Arn ?? "", path: each.Path ?? "/", created: each.CreateDate })), next: answer.Marker };
      }
      case "roles": {
        const answer = await client.send(new Iam.ListRolesCommand({ Marker }));
        return { items: (answer.Roles ?? []).map((each) => ({ name: each.RoleName ?? "", arn: each.Arn ?? "", path: each.Path ?? "/", created: each.CreateDate })), next: answer.Marker };
      }
      case "policies": {
        const answer = await client.send(new Iam.ListPoliciesCommand({ Marker, Scope: "All" }));
        const items = (answer.Policies ?? []).map((each) => ({
          name: each.PolicyName ?? "", arn: each.Arn ?? "", path: each.Path ?? "/", created: each.CreateDate,
          attachments: each.AttachmentCount, isProvided: each.Arn?.startsWith("arn:aws:iam::aws:"),
        }));
        return { items, next: answer.Marker };
      }
    }
  });
}

export async function create(noun: Noun, name: string, document: string): Promise<void> {
  const client = await iam();
  switch (noun) {
    case "users": await client.send(new Iam.CreateUserCommand({ UserName: name })); break;
    case "groups": await client.send(new Iam.CreateGroupCommand({ GroupName: name })); break;
    case "roles": await client.send(new Iam.CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: document })); break;
    case "policies": await client.send(new Iam.CreatePolicyCommand({ PolicyName: name, PolicyDocument: document })); break;
  }
}

/** Deletes it with what IAM wants gone before. */
export async function remove(noun: Noun, { name, arn }: Principal): Promise<void> {
  const client = await iam();
  if (noun === "policies") {
    const { Versions } = await client.send(new Iam.ListPolicyVersionsCommand({ PolicyArn: arn }));
    for (const { VersionId, IsDefaultVersion } of Versions ?? []) {
      if (!IsDefaultVersion) await client.send(new Iam.DeletePolicyVersionCommand({ PolicyArn: arn, VersionId }));
    }
    await client.send(new Iam.DeletePolicyCommand({ PolicyArn: arn }));
    return;
  }
  const { inline, attached } = await policiesOf(noun, name);
  for (const policy of inline) await deleteInline(noun, name, policy);
  for (const policy of attached) await detach(noun, name, policy.arn);
  if (noun === "groups") {
    for (const user of await membersOf(name)) await client.send(new Iam.RemoveUserFromGroupCommand({ GroupName: name, UserName: user }));
    await client.send(new Iam.DeleteGroupCommand({ GroupName: name }));
  } else if (noun === "roles") {
    await client.send(new Iam.DeleteRoleCommand({ RoleName: name }));
  } else {
    for (const key of await keysOf(name)) await client.send(new Iam.DeleteAccessKeyCommand({ UserName: name, AccessKeyId: key.id }));
    for (const group of await groupsOf(name)) await client.send(new Iam.RemoveUserFromGroupCommand({ GroupName: group, UserName: name }));
    await client.send(new Iam.DeleteUserCommand({ UserName: name }));
  }
}

type Holder = "users" | "groups" | "roles";
export interface Attached {
  name: string;
  arn: string;
}

export async function policiesOf(noun: Holder, name: string): Promise<{ inline: string[]; attached: Attached[] }> {
  const client = await iam();
  const inline = await all(async (Marker) => {
    const answer = noun === "users" ? await client.send(new Iam.ListUserPoliciesCommand({ UserName: name, Marker }))
      : noun === "groups" ? await client.send(new Iam.ListGroupPoliciesCommand({ GroupName: name, Marker }))
      : await client.send(new Iam.ListRolePoliciesCommand({ RoleName: name, Marker }));
    return { items: answer.PolicyNames ?? [], next: answer.Marker };
  });
  const attached = await all(async (Marker) => {
    const answer = noun === "users" ? await client.send(new Iam.ListAttachedUserPoliciesCommand({ UserName: name, Marker }))
      : noun === "groups" ? await client.send(new Iam.ListAttachedGroupPoliciesCommand({ GroupName: name, Marker }))
      : await client.send(new Iam.ListAttachedRolePoliciesCommand({ RoleName: name, Marker }));
    return { items: (answer.AttachedPolicies ?? []).map(({ PolicyName = "", PolicyArn = "" }) => ({ name: PolicyName, arn: PolicyArn })), next: answer.Marker };
  });
  return { inline, attached };
}

export async function inlineOf(noun: Holder, name: string, PolicyName: string): Promise<string> {
  const client = await iam();
  const { PolicyDocument } = noun === "users" ? await client.send(new Iam.GetUserPolicyCommand({ UserName: name, PolicyName }))
    : noun === "groups" ? await client.send(new Iam.GetGroupPolicyCommand({ GroupName: name, PolicyName }))
    : await client.send(new Iam.GetRolePolicyCommand({ RoleName: name, PolicyName }));
  return decodeURIComponent(PolicyDocument ?? "");
}

export async function putInline(noun: Holder, name: string, PolicyName: string, PolicyDocument: string): Promise<void> {
  const client = await iam();
  if (noun === "users") await client.send(new Iam.PutUserPolicyCommand({ UserName: name, PolicyName, PolicyDocument }));
  else if (noun === "groups") await client.send(new Iam.PutGroupPolicyCommand({ GroupName: name, PolicyName, PolicyDocument }));
  else await client.send(new Iam.PutRolePolicyCommand({ RoleName: name, PolicyName, PolicyDocument }));
}

export async function deleteInline(noun: Holder, name: string, PolicyName: string): Promise<void> {
  const client = await iam();
  if (noun === "users") await client.send(new Iam.DeleteUserPolicyCommand({ UserName: name, PolicyName }));
  else if (noun === "groups") await client.send(new Iam.DeleteGroupPolicyCommand({ GroupName: name, PolicyName }));
  else await client.send(new Iam.DeleteRolePolicyCommand({ RoleName: name, PolicyName }));
}

export async function attach(noun: Holder, name: string, PolicyArn: string): Promise<void> {
  const client = await iam();
  if (noun === "users") await client.send(new Iam.AttachUserPolicyCommand({ UserName: name, PolicyArn }));
  else if (noun === "groups") await client.send(new Iam.AttachGroupPolicyCommand({ GroupName: name, PolicyArn }));
  else await client.send(new Iam.AttachRolePolicyCommand({ RoleName: name, PolicyArn }));
}

export async function detach(noun: Holder, name: string, PolicyArn: string): Promise<void> {
  const client = await iam();
  if (noun === "users") await client.send(new Iam.DetachUserPolicyCommand({ UserName: name, PolicyArn }));
  else if (noun === "groups") await client.send(new Iam.DetachGroupPolicyCommand({ GroupName: name, PolicyArn }));
  else await client.send(new Iam.DetachRolePolicyCommand({ RoleName: name, PolicyArn }));
}

export async function membersOf(GroupName: string): Promise<string[]> {
  const client = await iam();
  return all(async (Marker) => {
    const answer = await client.send(new Iam.GetGroupCommand({ GroupName, Marker }));
    return { items: (answer.Users ?? []).map(({ UserName = "" }) => UserName), next: answer.Marker };
  });
}

export async function groupsOf(UserName: string): Promise<string[]> {
  const client = await iam();
  return all(async (Marker) => {
    const answer = await client.send(new Iam.ListGroupsForUserCommand({ UserName, Marker }));
    return { items: (answer.Groups ?? []).map(({ GroupName = "" }) => GroupName), next: answer.Marker };
  });
}

export async function join(GroupName: string, UserName: string): Promise<void> {
  await (await iam()).send(new Iam.AddUserToGroupCommand({ GroupName, UserName }));
}

export async function leave(GroupName: string, UserName: string): Promise<void> {
  await (await iam()).send(new Iam.RemoveUserFromGroupCommand({ GroupName, UserName }));
}

export interface AccessKey {
  id: string;
  isActive: boolean;
  created?: Date;
  lastUsed?: Date;
}

export async function keysOf(UserName: string): Promise<AccessKey[]> {
  const client = await iam();
  const { AccessKeyMetadata } = await client.send(new Iam.ListAccessKeysCommand({ UserName }));
  return Promise.all((AccessKeyMetadata ?? []).map(async ({ AccessKeyId: id = "", Status, CreateDate }) => {
    const used = await client.send(new Iam.GetAccessKeyLastUsedCommand({ AccessKeyId: id })).catch(() => undefined);
    return { id, isActive: Status === "Active", created: CreateDate, lastUsed: used?.AccessKeyLastUsed?.LastUsedDate };
  }));
}

export async function createKey(UserName: string): Promise<{ id: string; secret: string }> {
  const { AccessKey } = await (await iam()).send(new Iam.CreateAccessKeyCommand({ UserName }));
  return { id: AccessKey?.AccessKeyId ?? "", secret: AccessKey?.SecretAccessKey ?? "" };
}

export async function setKey(UserName: string, AccessKeyId: string, isActive: boolean): Promise<void> {
  await (await iam()).send(new Iam.UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: isActive ? "Active" : "Inactive" }));
}

export async function deleteKey(UserName: string, AccessKeyId: string): Promise<void> {
  await (await iam()).send(new Iam.DeleteAccessKeyCommand({ UserName, AccessKeyId }));
}

export async function trustOf(RoleName: string): Promise<string> {
  const { Role } = await (await iam()).send(new Iam.GetRoleCommand({ RoleName }));
  return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "");
}

export async function setTrust(RoleName: string, PolicyDocument: string): Promise<void> {
  await (await iam()).send(new Iam.UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
}

export async function documentOf(PolicyArn: string): Promise<string> {
  const client = await iam();
  const { Policy } = await client.send(new Iam.GetPolicyCommand({ PolicyArn }));
  const { PolicyVersion } = await client.send(new Iam.GetPolicyVersionCommand({ PolicyArn, VersionId: Policy?.DefaultVersionId }));
  return decodeURIComponent(PolicyVersion?.Document ?? "");
}

/** A new default version; the oldest one goes where there are five. */
export async function setDocument(PolicyArn: string, PolicyDocument: string): Promise<void> {
  const client = await iam();
  const { Versions = [] } = await client.send(new Iam.ListPolicyVersionsCommand({ PolicyArn }));
  if (Versions.length >= 5) {
    const oldest = Versions.filter(({ IsDefaultVersion }) => !IsDefaultVersion).sort((one, other) => Number(one.CreateDate) - Number(other.CreateDate))[0];
    if (oldest) await client.send(new Iam.DeletePolicyVersionCommand({ PolicyArn, VersionId: oldest.VersionId }));
  }
  await client.send(new Iam.CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }));
}

export async function simulate(arn: string, ActionNames: string[], ResourceArns: string[]): Promise<Iam.EvaluationResult[]> {
  const client = await iam();
  const answer = await client.send(new Iam.SimulatePrincipalPolicyCommand({ PolicySourceArn: arn, ActionNames, ResourceArns }));
  return answer.EvaluationResults ?? [];
}

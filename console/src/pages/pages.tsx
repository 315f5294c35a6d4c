/** Which page an address shows. Each page is loaded when it is first shown. */
import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import Alert from "@cloudscape-design/components/alert";
import { href, type Route } from "../router";
import { t } from "../i18n";

export interface PageProps {
  /** What stands in the address for the `:` of the pattern. */
  names: string[];
  query: URLSearchParams;
}

type Lazy = LazyExoticComponent<ComponentType<PageProps>>;

const pages: readonly (readonly [pattern: string, title: string, page: Lazy])[] = [
  ["buckets", t.nav.buckets, lazy(() => import("./buckets/BucketList"))],
  ["create-bucket", t.buckets.create, lazy(() => import("./buckets/CreateBucket"))],
  ["buckets/:/objects", t.objects.title, lazy(() => import("./buckets/Bucket"))],
  ["buckets/:/properties", t.properties.title, lazy(() => import("./buckets/Bucket"))],
  ["buckets/:/permissions", t.permissions.title, lazy(() => import("./buckets/Bucket"))],
  ["buckets/:/upload", t.upload.title, lazy(() => import("./objects/Upload"))],
  ["buckets/:/object", t.objects.object, lazy(() => import("./objects/ObjectPage"))],
  ["buckets/:/object-acl", t.acl.edit, lazy(() => import("./permissions/EditObjectAcl"))],
  ["buckets/:/block-public-access", t.bpa.edit, lazy(() => import("./permissions/EditBlockPublicAccess"))],
  ["buckets/:/policy", t.policy.edit, lazy(() => import("./permissions/EditPolicy"))],
  ["buckets/:/ownership", t.ownership.edit, lazy(() => import("./permissions/EditOwnership"))],
  ["buckets/:/acl", t.acl.edit, lazy(() => import("./permissions/EditBucketAcl"))],
  ["buckets/:/cors", t.cors.edit, lazy(() => import("./permissions/EditCors"))],
  ["account", t.account.title, lazy(() => import("./account/Account"))],
  ["account/block-public-access", t.bpa.edit, lazy(() => import("./account/EditAccountBlocks"))],
  ["iam/:", t.nav.iam, lazy(() => import("./iam/Lists"))],
  ["iam/:/:", t.nav.iam, lazy(() => import("./iam/Detail"))],
  ["why", t.why.title, lazy(() => import("./why/Why"))],
  ["health", t.health.title, lazy(() => import("./health/Health"))],
];

function match(pattern: string, segments: readonly string[]): string[] | null {
  const parts = pattern.split("/");
  if (parts.length !== segments.length) return null;
  const names: string[] = [];
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? "";
    if (part === ":") names.push(segment);
    else if (part !== segment) return null;
  }
  return names;
}

export const asShown = ({ segments }: Route): string[] => {
  if (segments.length === 0) return ["buckets"];
  if (segments[0] === "buckets" && segments.length === 2) return [...segments, "objects"];
  return segments;
};

function find(route: Route) {
  const segments = asShown(route);
  for (const [pattern, title, Found] of pages) {
    const names = match(pattern, segments);
    if (names) return { names, title, Found };
  }
  return undefined;
}

export function Page({ route }: { route: Route }) {
  const found = find(route);
  if (!found) return <Alert type="warning" header={t.errors.noPage}>{route.hash}</Alert>;
  const { Found, names } = found;
  return <Found key={names.join("/")} names={names} query={route.query} />;
}

export interface Crumb {
  text: string;
  href: string;
}

export function breadcrumbs(route: Route): Crumb[] {
  const segments = asShown(route);
  const found = find(route);
  const here = route.hash || "#/buckets";
  const [first = "", name] = segments;
  if (first === "buckets" || first === "create-bucket") {
    const crumbs = [{ text: t.nav.buckets, href: href(["buckets"]) }];
    if (name) crumbs.push({ text: name, href: href(["buckets", name, "objects"]) });
    if (segments.length > 1 || first === "create-bucket") {
      const key = route.query.get("key");
      crumbs.push({ text: key ?? found?.title ?? "", href: here });
    }
    return crumbs;
  }
  if (first === "iam") {
    const crumbs = [{ text: t.nav.iam, href: href(["iam", "users"]) }];
    const list = segments[1] as keyof typeof t.nav;
    crumbs.push({ text: String(t.nav[list] ?? list), href: href(["iam", segments[1] ?? ""]) });
    if (segments[2]) crumbs.push({ text: segments[2], href: here });
    return crumbs;
  }
  const crumbs = segments.length > 1 && first === "account" ? [{ text: t.account.title, href: href(["account"]) }] : [];
  return [...crumbs, { text: found?.title ?? t.common.product, href: here }];
}

/** A bucket: its objects, its properties, who may do what. */
import { lazy, Suspense } from "react";
import Header from "@cloudscape-design/components/header";
import Spinner from "@cloudscape-design/components/spinner";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { href, navigate, useRoute } from "../../router";
import { t } from "../../i18n";
import type { PageProps } from "../pages";

const Browse = lazy(() => import("../objects/Browse"));
const Properties = lazy(() => import("./Properties"));
const Permissions = lazy(() => import("../permissions/Permissions"));

export default function Bucket({ names: [name = ""], query }: PageProps) {
  const tab = useRoute().segments[2] ?? "objects";
  const tabs = [
    { id: "objects", label: t.objects.title, content: <Browse key={query.get("prefix") ?? ""} bucket={name} prefix={query.get("prefix") ?? ""} /> },
    { id: "properties", label: t.properties.title, content: <Properties bucket={name} /> },
    { id: "permissions", label: t.permissions.title, content: <Permissions bucket={name} /> },
  ];
  return (
    <SpaceBetween size="m">
      <Header variant="h1">{name}</Header>
      <Suspense fallback={<Spinner size="large" />}>
        <Tabs
          activeTabId={tab}
          tabs={tabs.map((each) => (each.id === tab ? each : { ...each, content: null }))}
          onChange={({ detail }) => navigate(href(["buckets", name, detail.activeTabId]))}
        />
      </Suspense>
    </SpaceBetween>
  );
}

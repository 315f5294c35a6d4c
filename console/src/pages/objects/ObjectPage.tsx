import { lazy, Suspense, useState } from "react";
import { CopyObjectCommand, DeleteObjectTaggingCommand, GetObjectTaggingCommand, PutObjectTaggingCommand } from "@aws-sdk/client-s3";
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import Tabs from "@cloudscape-design/components/tabs";
import { s3 } from "../../api/clients";
import { copySource, descriptionOf, download, folderOf, head, nameOf, type ObjectName } from "../../api/objects";
import { exactSize } from "../../api/size";
import { CopyId } from "../../components/CopyId";
import { EditPairs } from "../../components/EditTags";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { useNotifications } from "../../components/notifications";
import { fromRecord, fromTags, toRecord, toTags, type Pair } from "../../components/TagFields";
import { href, navigate } from "../../router";
import { t } from "../../i18n";
import type { PageProps } from "../pages";
import { Actions, ShareLink } from "./Actions";

const Preview = lazy(() => import("./Preview"));
const Versions = lazy(() => import("./Versions"));
const ObjectPermissions = lazy(() => import("../permissions/ObjectPermissions"));

export default function ObjectPage({ names: [bucket = ""], query }: PageProps) {
  const key = query.get("key") ?? "";
  const versionId = query.get("versionId") ?? undefined;
  return <OneObject key={`${key}\n${versionId}`} bucket={bucket} name={key} versionId={versionId} tab={query.get("tab") ?? "properties"} />;
}

interface Props {
  bucket: string;
  name: string;
  versionId?: string;
  tab: string;
}

function OneObject({ bucket, name: key, versionId, tab }: Props) {
  const notify = useNotifications();
  const name: ObjectName = { bucket, key, versionId };
  const [asked, setAsked] = useState<"delete" | "link" | null>(null);
  const toList = () => navigate(href(["buckets", bucket, "objects"], { prefix: folderOf(key) }));
  const tabs = [
    { id: "properties", label: t.properties.title, content: <Properties name={name} /> },
    { id: "permissions", label: t.permissions.title, content: <ObjectPermissions name={name} /> },
    { id: "preview", label: t.preview.title, content: <Preview name={name} /> },
    { id: "versions", label: t.objects.versions, content: <Versions bucket={bucket} name={key} /> },
  ];
  return (
    <SpaceBetween size="m">
      <Header
        variant="h1"
        description={versionId && `${t.objects.version} ${versionId}`}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={() => void download(name).catch((error: unknown) => notify.error(error))}>{t.objects.download}</Button>
            <Button onClick={() => setAsked("link")}>{t.objects.link}</Button>
            <Button onClick={() => setAsked("delete")}>{t.common.delete}</Button>
          </SpaceBetween>
        }
      >
        <span className="break">{nameOf(key)}</span>
      </Header>
      <Suspense fallback={<Spinner size="large" />}>
        <Tabs
          activeTabId={tab}
          tabs={tabs.map((each) => (each.id === tab ? each : { ...each, content: null }))}
          onChange={({ detail }) => navigate(href(["buckets", bucket, "object"], { key, versionId, tab: detail.activeTabId }))}
        />
      </Suspense>
      {asked === "link" && <ShareLink bucket={bucket} entry={{ key, versionId }} onClose={() => setAsked(null)} />}
      {asked === "delete" && (
        <Actions action="delete" bucket={bucket} prefix="" entries={[{ id: key, key, versionId, isFolder: false }]} onClose={() => setAsked(null)} onDone={toList} />
      )}
    </SpaceBetween>
  );
}

function Properties({ name }: { name: ObjectName }) {
  const { bucket, key, versionId } = name;
  const { value, failure, reload } = useLoaded(() => head(name), [bucket, key, versionId]);
  if (failure) return <Failed failure={failure} onRetry={reload} />;
  if (!value) return <Spinner />;
  const dash = (text: string | undefined) => <span className="break">{text || "–"}</span>;
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{t.properties.overview}</Header>}>
        <KeyValuePairs
          columns={3} minColumnWidth={240}
          items={[
            { label: t.objects.key, value: dash(key) },
            { label: t.objects.size, value: exactSize(value.ContentLength ?? 0) },
            { label: t.objects.modified, value: value.LastModified?.toLocaleString() ?? "–" },
            { label: "ETag", value: dash(value.ETag) },
            { label: t.objects.version, value: dash(value.VersionId) },
            { label: t.objects.storageClass, value: value.StorageClass ?? "STANDARD" },
            { label: t.encryption.ofObject, value: dash(value.ServerSideEncryption) },
            { label: t.objects.uri, value: <CopyId value={`s3://${bucket}/${key}`} label={t.objects.uri} /> },
            { label: t.buckets.arn, value: <CopyId value={`arn:aws:s3:::${bucket}/${key}`} label={t.buckets.arn} /> },
          ]}
        />
      </Container>
      <Metadata name={name} />
      <Tags name={name} />
    </SpaceBetween>
  );
}

const SYSTEM = ["ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage"] as const;
const headerOf = (field: (typeof SYSTEM)[number]) => field.replace(/(?!^)([A-Z])/g, "-$1");

/** Metadata changes by copying the object onto itself, which in a bucket with versioning makes a version. */
function Metadata({ name }: { name: ObjectName }) {
  const load = async (): Promise<Pair[]> => {
    const value = await head(name);
    const system = SYSTEM.flatMap((field) => (value[field] ? [{ key: headerOf(field), value: value[field] }] : []));
    return [...system, ...fromRecord(value.Metadata).map((pair) => ({ ...pair, key: `x-amz-meta-${pair.key}` }))];
  };
  const save = async (pairs: Pair[]) => {
    const source = await head(name);
    const system: Record<string, string | undefined> = {};
    const own: Pair[] = [];
    for (const pair of pairs) {
      const field = SYSTEM.find((each) => headerOf(each).toLowerCase() === pair.key.toLowerCase());
      if (field) system[field] = pair.value;
      else own.push({ ...pair, key: pair.key.replace(/^x-amz-meta-/i, "") });
    }
    await s3().send(new CopyObjectCommand({
      Bucket: name.bucket, Key: name.key, CopySource: copySource(name), CopySourceIfMatch: source.ETag,
      MetadataDirective: "REPLACE", StorageClass: descriptionOf(source).StorageClass, ...system, Metadata: toRecord(own),
    }));
  };
  return (
    <>
      <EditPairs title={t.metadata.title} note={t.metadata.copyNote} none={t.metadata.none} add={t.metadata.add} most={64} load={load} save={save} keys={[name.bucket, name.key, name.versionId]} />
      {name.versionId && <Alert type="info">{t.metadata.versionNote}</Alert>}
    </>
  );
}

function Tags({ name }: { name: ObjectName }) {
  const at = { Bucket: name.bucket, Key: name.key, VersionId: name.versionId };
  const load = async () => fromTags((await s3().send(new GetObjectTaggingCommand(at))).TagSet);
  const save = async (pairs: Pair[]) => {
    const TagSet = toTags(pairs);
    if (TagSet.length) await s3().send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet } }));
    else await s3().send(new DeleteObjectTaggingCommand(at));
  };
  return <EditPairs title={t.tags.title} none={t.tags.none} add={t.tags.add} most={10} load={load} save={save} keys={[name.bucket, name.key, name.versionId]} />;
}

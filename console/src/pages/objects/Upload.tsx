import { useEffect, useRef, useState, useSyncExternalStore, type DragEvent } from "react";
import type { ObjectCannedACL, ServerSideEncryption, StorageClass } from "@aws-sdk/client-s3";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { bucketOwnership } from "../../api/access";
import { chosen, dropped, type Dropped } from "../../api/dropped";
import { sizeText } from "../../api/size";
import * as uploads from "../../api/uploads";
import { useLoaded } from "../../components/load";
import { TagFields, toRecord, type Pair } from "../../components/TagFields";
import { href, navigate } from "../../router";
import { t } from "../../i18n";
import type { PageProps } from "../pages";

const PAGE_ROWS = 50;
const CLASSES: StorageClass[] = ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "REDUCED_REDUNDANCY"];
const ACLS: ObjectCannedACL[] = ["private", "bucket-owner-full-control", "bucket-owner-read", "authenticated-read", "public-read"];
const isPublic = (acl: ObjectCannedACL) => acl === "public-read" || acl === "authenticated-read" || acl === "public-read-write";

const states: Record<uploads.UploadState, StatusIndicatorProps.Type> = {
  waiting: "pending", running: "in-progress", paused: "stopped", done: "success", failed: "error", cancelled: "stopped",
};

function Chooser({ onFiles }: { onFiles: (files: Dropped[]) => void }) {
  const [over, setOver] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  useEffect(() => folder.current?.setAttribute("webkitdirectory", ""), []);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void dropped(event.dataTransfer).then(onFiles);
  };
  const onDragOver = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };
  const take = (input: HTMLInputElement) => {
    onFiles(chosen(input.files));
    input.value = "";
  };
  return (
    <div className={over ? "drop-zone over" : "drop-zone"} onDrop={onDrop} onDragOver={onDragOver} onDragLeave={() => setOver(false)}>
      <SpaceBetween size="s" alignItems="center">
        <span>{t.upload.drop}</span>
        <SpaceBetween direction="horizontal" size="xs">
          <Button iconName="upload" onClick={() => files.current?.click()}>{t.upload.addFiles}</Button>
          <Button iconName="folder" onClick={() => folder.current?.click()}>{t.upload.addFolder}</Button>
        </SpaceBetween>
      </SpaceBetween>
      <input ref={files} type="file" multiple hidden aria-label={t.upload.addFiles} onChange={(event) => take(event.currentTarget)} />
      <input ref={folder} type="file" multiple hidden aria-label={t.upload.addFolder} onChange={(event) => take(event.currentTarget)} />
    </div>
  );
}

export default function UploadPage({ names: [bucket = ""], query }: PageProps) {
  const prefix = query.get("prefix") ?? "";
  const [files, setFiles] = useState<Dropped[]>([]);
  const [acl, setAcl] = useState<ObjectCannedACL>("private");
  const [acknowledged, setAcknowledged] = useState(false);
  const [storageClass, setStorageClass] = useState<StorageClass>("STANDARD");
  const [encryption, setEncryption] = useState<ServerSideEncryption | "default">("default");
  const [metadata, setMetadata] = useState<Pair[]>([]);
  const [tags, setTags] = useState<Pair[]>([]);
  const ownership = useLoaded(() => bucketOwnership(bucket), [bucket]);
  const disabled = ownership.value === "BucketOwnerEnforced";
  const options = <T extends string>(values: readonly T[], texts?: Partial<Record<T, string>>) =>
    values.map((value) => ({ value, label: texts?.[value] ?? value }));

  function start() {
    uploads.add(bucket, prefix, files, {
      acl: disabled || acl === "private" ? undefined : acl,
      storageClass: storageClass === "STANDARD" ? undefined : storageClass,
      encryption: encryption === "default" ? undefined : encryption,
      metadata: toRecord(metadata),
      tagging: new URLSearchParams(Object.entries(toRecord(tags))).toString(),
    });
    setFiles([]);
  }

  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        description={<span className="break">{`s3://${bucket}/${prefix}`}</span>}
        actions={<Button onClick={() => navigate(href(["buckets", bucket, "objects"], { prefix }))}>{t.upload.back}</Button>}
      >
        {t.upload.title}
      </Header>
      <Chooser onFiles={(more) => setFiles((before) => [...before, ...more])} />
      <Table
        items={files.slice(0, PAGE_ROWS)}
        variant="container"
        ariaLabels={{ tableLabel: t.upload.files }}
        empty={<Box textAlign="center">{t.upload.none}</Box>}
        header={
          <Header
            variant="h2"
            counter={`(${files.length}, ${sizeText(files.reduce((sum, { file }) => sum + file.size, 0))})`}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button disabled={files.length === 0} onClick={() => setFiles([])}>{t.upload.clear}</Button>
                <Button variant="primary" disabled={files.length === 0 || (isPublic(acl) && !disabled && !acknowledged)} onClick={start}>{t.upload.action}</Button>
              </SpaceBetween>
            }
          >
            {t.upload.files}
          </Header>
        }
        footer={files.length > PAGE_ROWS && t.common.more(files.length - PAGE_ROWS)}
        columnDefinitions={[
          { id: "name", header: t.common.name, isRowHeader: true, cell: ({ path }) => path },
          { id: "type", header: t.objects.kind, cell: ({ file }) => file.type || "–" },
          { id: "size", header: t.objects.size, cell: ({ file }) => sizeText(file.size) },
        ]}
      />
      <ExpandableSection variant="container" headerText={t.upload.permissions}>
        {disabled ? <Alert type="info">{t.upload.aclsDisabled}</Alert> : (
          <SpaceBetween size="s">
            <FormField label={t.upload.cannedAcl}>
              <Select selectedOption={{ value: acl, label: t.acl.canned[acl] ?? acl }} options={options(ACLS, t.acl.canned)} onChange={({ detail }) => { setAcl(detail.selectedOption.value as ObjectCannedACL); setAcknowledged(false); }} />
            </FormField>
            {isPublic(acl) && (
              <Alert type="warning">
                <SpaceBetween size="s">
                  {t.acl.objectPublicWarning}
                  <Checkbox checked={acknowledged} onChange={({ detail }) => setAcknowledged(detail.checked)}>{t.acl.acknowledge}</Checkbox>
                </SpaceBetween>
              </Alert>
            )}
          </SpaceBetween>
        )}
      </ExpandableSection>
      <ExpandableSection variant="container" headerText={t.upload.properties}>
        <SpaceBetween size="m">
          <FormField label={t.objects.storageClass}>
            <Select selectedOption={{ value: storageClass, label: storageClass }} options={options(CLASSES)} onChange={({ detail }) => setStorageClass(detail.selectedOption.value as StorageClass)} />
          </FormField>
          <FormField label={t.encryption.ofObject}>
            <Select
              selectedOption={{ value: encryption, label: t.encryption.choices[encryption] ?? encryption }}
              options={options(["default", "AES256", "aws:kms"], t.encryption.choices)}
              onChange={({ detail }) => setEncryption(detail.selectedOption.value as ServerSideEncryption)}
            />
          </FormField>
          <FormField label={t.metadata.user} description={t.metadata.note} stretch>
            <TagFields pairs={metadata} most={64} add={t.metadata.add} none={t.metadata.none} onChange={setMetadata} />
          </FormField>
          <FormField label={t.tags.title} stretch>
            <TagFields pairs={tags} most={10} add={t.tags.add} none={t.tags.none} onChange={setTags} />
          </FormField>
        </SpaceBetween>
      </ExpandableSection>
      <Progress />
    </SpaceBetween>
  );
}

function Progress() {
  const items = useSyncExternalStore(uploads.subscribe, uploads.snapshot);
  const [page, setPage] = useState(1);
  if (items.length === 0) return null;
  const size = items.reduce((sum, item) => sum + item.size, 0);
  const sent = items.reduce((sum, item) => sum + item.sent, 0);
  const done = items.filter(({ state }) => state === "done").length;
  const finished = items.every(({ state }) => state === "done" || state === "failed" || state === "cancelled");
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              {!finished && <Button onClick={uploads.cancelAll}>{t.upload.cancelAll}</Button>}
              <Button onClick={uploads.forgetFinished}>{t.upload.forget}</Button>
            </SpaceBetween>
          }
        >
          {t.upload.progress}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <ProgressBar
          value={size ? (sent / size) * 100 : done === items.length ? 100 : 0}
          label={t.upload.of(done, items.length)}
          additionalInfo={`${sizeText(sent)} / ${sizeText(size)}`}
        />
        <Table
          variant="embedded"
          items={items.slice((page - 1) * PAGE_ROWS, page * PAGE_ROWS)}
          trackBy="id"
          ariaLabels={{ tableLabel: t.upload.progress }}
          pagination={items.length > PAGE_ROWS && <Pagination currentPageIndex={page} pagesCount={Math.ceil(items.length / PAGE_ROWS)} onChange={({ detail }) => setPage(detail.currentPageIndex)} ariaLabels={t.common.pagination} />}
          columnDefinitions={[
            { id: "key", header: t.common.name, isRowHeader: true, cell: ({ key }) => <span className="break">{key}</span> },
            { id: "sent", header: t.upload.sent, cell: (item) => `${sizeText(item.sent)} / ${sizeText(item.size)}` },
            {
              id: "state",
              header: t.common.state,
              cell: ({ state, failure }) => <StatusIndicator type={states[state]}>{failure ? `${failure.code}: ${failure.message}` : t.upload.states[state]}</StatusIndicator>,
            },
            {
              id: "actions",
              header: t.common.actions,
              cell: ({ id, key, state }) => (
                <SpaceBetween direction="horizontal" size="xs">
                  {state === "running" && <Button variant="inline-link" ariaLabel={`${t.upload.pause} ${key}`} onClick={() => uploads.pause(id)}>{t.upload.pause}</Button>}
                  {state === "paused" && <Button variant="inline-link" ariaLabel={`${t.upload.resume} ${key}`} onClick={() => uploads.resume(id)}>{t.upload.resume}</Button>}
                  {(state === "running" || state === "paused" || state === "waiting") && <Button variant="inline-link" ariaLabel={`${t.common.cancel} ${key}`} onClick={() => uploads.cancel(id)}>{t.common.cancel}</Button>}
                </SpaceBetween>
              ),
            },
          ]}
        />
      </SpaceBetween>
    </Container>
  );
}

/** Objects below a prefix, a page of the server's at a time: a million keys are no other matter. */
import { useEffect, useMemo, useRef, useState } from "react";
import { ListObjectsV2Command, ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import Toggle from "@cloudscape-design/components/toggle";
import { s3 } from "../../api/clients";
import { failure, type Failure } from "../../api/errors";
import { download, nameOf } from "../../api/objects";
import { sizeText } from "../../api/size";
import { Failed } from "../../components/Failed";
import { useNotifications } from "../../components/notifications";
import { href, navigate } from "../../router";
import { t } from "../../i18n";
import { Actions, type Action } from "./Actions";

const PAGE_ROWS = 100;

/** A key or a folder. */
export interface Entry {
  id: string;
  key: string;
  isFolder: boolean;
  size?: number;
  modified?: Date;
  storageClass?: string;
  versionId?: string;
  isLatest?: boolean;
  isMarker?: boolean;
}

type Marker = { token?: string; key?: string; version?: string };
type Page = { entries: Entry[]; next?: Marker };

async function listCurrent(bucket: string, prefix: string, marker: Marker): Promise<Page> {
  const answer = await s3().send(new ListObjectsV2Command({
    Bucket: bucket, Prefix: prefix, Delimiter: "/", MaxKeys: PAGE_ROWS, ContinuationToken: marker.token,
  }));
  const folders = (answer.CommonPrefixes ?? []).map(({ Prefix = "" }) => ({ id: Prefix, key: Prefix, isFolder: true }));
  const keys = (answer.Contents ?? []).map(({ Key = "", Size, LastModified, StorageClass }) => ({
    id: Key, key: Key, isFolder: false, size: Size, modified: LastModified, storageClass: StorageClass,
  }));
  return { entries: [...folders, ...keys], next: answer.IsTruncated ? { token: answer.NextContinuationToken } : undefined };
}

async function listVersions(bucket: string, prefix: string, marker: Marker): Promise<Page> {
  const answer = await s3().send(new ListObjectVersionsCommand({
    Bucket: bucket, Prefix: prefix, Delimiter: "/", MaxKeys: PAGE_ROWS, KeyMarker: marker.key, VersionIdMarker: marker.version,
  }));
  const folders = (answer.CommonPrefixes ?? []).map(({ Prefix = "" }) => ({ id: Prefix, key: Prefix, isFolder: true }));
  const versions = (answer.Versions ?? []).map(({ Key = "", Size, LastModified, StorageClass, VersionId, IsLatest }) => ({
    id: `${Key}\n${VersionId}`, key: Key, isFolder: false, size: Size, modified: LastModified, storageClass: StorageClass,
    versionId: VersionId, isLatest: IsLatest,
  }));
  const markers = (answer.DeleteMarkers ?? []).map(({ Key = "", LastModified, VersionId, IsLatest }) => ({
    id: `${Key}\n${VersionId}`, key: Key, isFolder: false, modified: LastModified, versionId: VersionId, isLatest: IsLatest, isMarker: true,
  }));
  const newestFirst = (one: Entry, other: Entry) =>
    one.key < other.key ? -1 : one.key > other.key ? 1 : Number(other.isLatest ?? 0) - Number(one.isLatest ?? 0) || Number(other.modified) - Number(one.modified);
  const next = answer.IsTruncated ? { key: answer.NextKeyMarker, version: answer.NextVersionIdMarker } : undefined;
  return { entries: [...folders, ...[...versions, ...markers].sort(newestFirst)], next };
}

/** Pages are asked for as they are turned to, and kept. */
function usePages(list: (marker: Marker) => Promise<Page>, keys: readonly unknown[]) {
  const [pages, setPages] = useState<Page[]>([]);
  const [index, setIndex] = useState(0);
  const [failed, setFailed] = useState<Failure | null>(null);
  const [turn, setTurn] = useState(0);
  const run = useRef(0);
  useEffect(() => {
    run.current += 1;
    setPages([]);
    setIndex(0);
  }, [turn, ...keys]);
  const marker = index === 0 ? {} : pages[index - 1]?.next;
  const missing = !pages[index] && marker !== undefined;
  useEffect(() => {
    if (!missing || !marker) return;
    const mine = run.current;
    setFailed(null);
    list(marker).then(
      (page) => mine === run.current && setPages((before) => [...before.slice(0, index), page]),
      (error: unknown) => mine === run.current && setFailed(failure(error)),
    );
  }, [missing, index, turn, ...keys]);
  return { page: pages[index], pages, index, setIndex, failed, reload: () => setTurn((before) => before + 1) };
}

export default function Browse({ bucket, prefix }: { bucket: string; prefix: string }) {
  const notify = useNotifications();
  const [search, setSearch] = useState("");
  const [asked, setAsked] = useState("");
  const [versions, setVersions] = useState(false);
  const [selected, setSelected] = useState<Entry[]>([]);
  const [action, setAction] = useState<Action | null>(null);
  const list = versions ? listVersions : listCurrent;
  const { page, pages, index, setIndex, failed, reload } = usePages(
    (marker) => list(bucket, prefix + asked, marker),
    [bucket, prefix, asked, versions],
  );
  useEffect(() => setSelected([]), [page]);
  const open = ({ key, versionId }: Entry) => href(["buckets", bucket, "object"], { key, versionId });
  const columns = useMemo<TableProps.ColumnDefinition<Entry>[]>(() => {
    const all: TableProps.ColumnDefinition<Entry>[] = [
      {
        id: "name",
        header: t.common.name,
        isRowHeader: true,
        cell: (entry) => {
          const text = entry.key.slice(prefix.length) || entry.key;
          if (entry.isFolder) return <Link href={href(["buckets", bucket, "objects"], { prefix: entry.key })}>{text}</Link>;
          return entry.isMarker ? text : <Link href={open(entry)}>{text}</Link>;
        },
      },
      { id: "kind", header: t.objects.kind, cell: ({ isFolder, isMarker, key }) => isFolder ? t.objects.folder : isMarker ? t.objects.marker : kindOf(key) },
      { id: "modified", header: t.objects.modified, cell: ({ modified }) => modified?.toLocaleString() ?? "–" },
      { id: "size", header: t.objects.size, cell: ({ size }) => sizeText(size) },
      { id: "class", header: t.objects.storageClass, cell: ({ storageClass }) => storageClass ?? "–" },
    ];
    if (versions) all.splice(1, 0, { id: "version", header: t.objects.version, cell: ({ versionId, isLatest }) => versionId ? `${versionId}${isLatest ? ` (${t.objects.current})` : ""}` : "–" });
    return all;
  }, [bucket, prefix, versions]);
  const only = selected.length === 1 && !selected[0]?.isFolder && !selected[0]?.isMarker ? selected[0] : undefined;
  const done = () => {
    setAction(null);
    reload();
  };
  if (failed) return <Failed failure={failed} onRetry={reload} header={t.objects.notListed} />;
  const items = page?.entries ?? [];
  return (
    <>
      <Table
        variant="container"
        stickyHeader
        trackBy="id"
        items={items}
        loading={!page}
        loadingText={t.common.loading}
        selectionType="multi"
        selectedItems={selected}
        onSelectionChange={({ detail }) => setSelected(detail.selectedItems)}
        columnDefinitions={columns}
        ariaLabels={{
          tableLabel: t.objects.title,
          selectionGroupLabel: t.objects.title,
          allItemsSelectionLabel: () => t.common.selectAll,
          itemSelectionLabel: (_, { key }) => key,
        }}
        empty={<Box textAlign="center" padding="l">{asked ? t.common.noMatch : t.objects.none}</Box>}
        header={
          <Header
            variant="h2"
            description={prefix && <span className="break">{prefix}</span>}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button iconName="refresh" ariaLabel={t.common.refresh} onClick={reload} />
                {prefix && <Button onClick={() => navigate(href(["buckets", bucket, "objects"], { prefix: parent(prefix) }))}>{t.objects.up}</Button>}
                <Button disabled={!only} onClick={() => only && download({ bucket, ...only }).catch((error: unknown) => notify.error(error))}>{t.objects.download}</Button>
                <ButtonDropdown
                  disabled={selected.length === 0}
                  items={[
                    { id: "open", text: t.common.open, disabled: !only },
                    { id: "link", text: t.objects.link, disabled: !only },
                    { id: "copy", text: t.objects.copy },
                    { id: "move", text: t.objects.move },
                    { id: "rename", text: t.objects.rename, disabled: !only },
                    { id: "delete", text: t.common.delete },
                  ]}
                  onItemClick={({ detail }) => (detail.id === "open" && only ? navigate(open(only)) : setAction(detail.id as Action))}
                >
                  {t.common.actions}
                </ButtonDropdown>
                <Button onClick={() => setAction("folder")}>{t.objects.createFolder}</Button>
                <Button variant="primary" iconName="upload" onClick={() => navigate(href(["buckets", bucket, "upload"], { prefix }))}>{t.upload.action}</Button>
              </SpaceBetween>
            }
          >
            {t.objects.title}
          </Header>
        }
        filter={
          <SpaceBetween direction="horizontal" size="m">
            <TextFilter
              filteringText={search}
              filteringPlaceholder={t.objects.find}
              filteringAriaLabel={t.objects.find}
              onChange={({ detail }) => setSearch(detail.filteringText)}
              onDelayedChange={({ detail }) => setAsked(detail.filteringText)}
            />
            <Toggle checked={versions} onChange={({ detail }) => setVersions(detail.checked)}>{t.objects.showVersions}</Toggle>
          </SpaceBetween>
        }
        pagination={
          <Pagination
            currentPageIndex={index + 1}
            pagesCount={Math.max(pages.length, 1) + (pages.at(-1)?.next ? 1 : 0)}
            openEnd={Boolean(pages.at(-1)?.next)}
            onChange={({ detail }) => setIndex(Math.min(detail.currentPageIndex - 1, pages.length))}
            ariaLabels={t.common.pagination}
          />
        }
      />
      {action && <Actions action={action} bucket={bucket} prefix={prefix} entries={selected} onClose={() => setAction(null)} onDone={done} />}
    </>
  );
}

const parent = (prefix: string): string => prefix.slice(0, prefix.slice(0, -1).lastIndexOf("/") + 1);

function kindOf(key: string): string {
  const name = nameOf(key);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1).slice(0, 12).toLowerCase() : "–";
}

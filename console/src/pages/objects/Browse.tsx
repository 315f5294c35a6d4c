/** Objects below a prefix, a page of the server's at a time: a million keys are no other matter. */
import { useEffect, useMemo, useState } from "react";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import Toggle from "@cloudscape-design/components/toggle";
import { download, nameOf } from "../../api/objects";
import { sizeText } from "../../api/size";
import { Failed } from "../../components/Failed";
import { useNotifications } from "../../components/notifications";
import { href, navigate } from "../../router";
import { t } from "../../i18n";
import { Actions, type Action } from "./Actions";
import { listCurrent, listVersions, PAGE_ROWS, type Entry } from "./listing";
import { useSliding } from "./window";

export default function Browse({ bucket, prefix }: { bucket: string; prefix: string }) {
  const notify = useNotifications();
  const [search, setSearch] = useState("");
  const [asked, setAsked] = useState("");
  const [versions, setVersions] = useState(false);
  const [selected, setSelected] = useState<Entry[]>([]);
  const [action, setAction] = useState<Action | null>(null);
  const list = versions ? listVersions : listCurrent;
  const { entries, first, more, loading, failed, around, before, behind, reload } = useSliding(
    (marker) => list(bucket, prefix + asked, marker),
    [bucket, prefix, asked, versions],
  );
  useEffect(() => setSelected([]), [bucket, prefix, asked, versions]);
  const open = ({ key, versionId }: Entry) => href(["buckets", bucket, "object"], { key, versionId });
  const columns = useMemo<TableProps.ColumnDefinition<Entry>[]>(() => {
    const all: TableProps.ColumnDefinition<Entry>[] = [
      {
        id: "name",
        header: t.common.name,
        isRowHeader: true,
        cell: (entry) => {
          const text = entry.key.slice(prefix.length) || entry.key;
          const to = entry.isFolder ? href(["buckets", bucket, "objects"], { prefix: entry.key }) : open(entry);
          return <span data-key={entry.id}>{entry.isMarker ? text : <Link href={to}>{text}</Link>}</span>;
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
  const toTop = () => {
    scrollTo(0, 0);
    reload();
  };
  const only = selected.length === 1 && !selected[0]?.isFolder && !selected[0]?.isMarker ? selected[0] : undefined;
  const done = () => {
    setAction(null);
    setSelected([]);
    reload();
  };
  if (failed) return <Failed failure={failed} onRetry={reload} header={t.objects.notListed} />;
  const start = first * PAGE_ROWS;
  return (
    <div ref={around} className="sliding">
      <div ref={before} />
      <Table
        variant="container"
        stickyHeader
        trackBy="id"
        items={entries}
        loading={loading}
        firstIndex={start + 1}
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
            counter={entries.length ? t.objects.range(start + 1, start + entries.length, more) : undefined}
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
        footer={(first > 0 || more || selected.length > 0) && (
          <SpaceBetween direction="horizontal" size="m">
            <Box color="text-body-secondary">{more ? t.objects.goesOn : t.objects.isEnd}</Box>
            {selected.length > 0 && <Box color="text-body-secondary">{t.objects.selected(selected.length)}</Box>}
            {first > 0 && <Button variant="inline-link" onClick={toTop}>{t.objects.toTop}</Button>}
          </SpaceBetween>
        )}
      />
      <div ref={behind} />
      {action && <Actions action={action} bucket={bucket} prefix={prefix} entries={selected} onClose={() => setAction(null)} onDone={done} />}
    </div>
  );
}

const parent = (prefix: string): string => prefix.slice(0, prefix.slice(0, -1).lastIndexOf("/") + 1);

function kindOf(key: string): string {
  const name = nameOf(key);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1).slice(0, 12).toLowerCase() : "–";
}

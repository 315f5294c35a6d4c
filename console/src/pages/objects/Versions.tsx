import { useState } from "react";
import { ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { s3 } from "../../api/clients";
import { copy } from "../../api/objects";
import { sizeText } from "../../api/size";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { useNotifications } from "../../components/notifications";
import { href } from "../../router";
import { t } from "../../i18n";
import { Actions } from "./Actions";
import type { Entry } from "./listing";

const VERSIONS_MAX = 1000;

async function versionsOf(Bucket: string, Key: string): Promise<Entry[]> {
  // Versions of one key stand together, newest first, and before those of every longer key.
  const answer = await s3().send(new ListObjectVersionsCommand({ Bucket, Prefix: Key, MaxKeys: VERSIONS_MAX }));
  const ours = <T extends { Key?: string }>(all: T[] | undefined) => (all ?? []).filter((each) => each.Key === Key);
  const entry = (each: { VersionId?: string; IsLatest?: boolean; LastModified?: Date; Size?: number }): Entry => ({
    id: each.VersionId ?? "", key: Key, isFolder: false, versionId: each.VersionId, isLatest: each.IsLatest, modified: each.LastModified, size: each.Size,
  });
  return [...ours(answer.Versions).map(entry), ...ours(answer.DeleteMarkers).map((marker) => ({ ...entry(marker), isMarker: true }))].sort(
    (one, other) => Number(other.isLatest) - Number(one.isLatest) || Number(other.modified) - Number(one.modified),
  );
}

export default function Versions({ bucket, name }: { bucket: string; name: string }) {
  const notify = useNotifications();
  const { value, failure, loading, reload } = useLoaded(() => versionsOf(bucket, name), [bucket, name]);
  const [selected, setSelected] = useState<Entry[]>([]);
  const [deleting, setDeleting] = useState(false);
  if (failure) return <Failed failure={failure} onRetry={reload} />;
  const only = selected.length === 1 ? selected[0] : undefined;
  async function restore() {
    try {
      await copy({ bucket, key: name, versionId: only?.versionId }, { bucket, key: name });
      notify.success(t.objects.restored);
      reload();
    } catch (error) {
      notify.error(error, t.objects.restore);
    }
  }
  return (
    <>
      <Table
        items={value ?? []}
        loading={loading}
        loadingText={t.common.loading}
        trackBy="id"
        selectionType="multi"
        selectedItems={selected}
        onSelectionChange={({ detail }) => setSelected(detail.selectedItems)}
        ariaLabels={{
          tableLabel: t.objects.versions, selectionGroupLabel: t.objects.versions,
          allItemsSelectionLabel: () => t.common.selectAll, itemSelectionLabel: (_, { id }) => id,
        }}
        header={
          <Header
            variant="h2"
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button disabled={!only || only.isMarker || only.isLatest} onClick={() => void restore()}>{t.objects.restore}</Button>
                <Button disabled={selected.length === 0} onClick={() => setDeleting(true)}>{t.common.delete}</Button>
              </SpaceBetween>
            }
          >
            {t.objects.versions}
          </Header>
        }
        columnDefinitions={[
          {
            id: "version",
            header: t.objects.version,
            isRowHeader: true,
            cell: ({ versionId, isMarker, isLatest }) => (
              <>
                {isMarker ? versionId : <Link href={href(["buckets", bucket, "object"], { key: name, versionId })}>{versionId}</Link>}
                {isLatest && ` (${t.objects.current})`}
              </>
            ),
          },
          { id: "kind", header: t.objects.kind, cell: ({ isMarker }) => (isMarker ? t.objects.marker : t.objects.object) },
          { id: "modified", header: t.objects.modified, cell: ({ modified }) => modified?.toLocaleString() ?? "–" },
          { id: "size", header: t.objects.size, cell: ({ size }) => sizeText(size) },
        ]}
      />
      {deleting && <Actions action="delete" bucket={bucket} prefix="" entries={selected} onClose={() => setDeleting(false)} onDone={() => { setDeleting(false); setSelected([]); reload(); }} />}
    </>
  );
}

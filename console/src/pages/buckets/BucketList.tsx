import { useEffect, useRef, useState } from "react";
import { ListBucketsCommand, type Bucket } from "@aws-sdk/client-s3";
import { useCollection } from "@cloudscape-design/collection-hooks";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { accessLevel, accountBlocks, blocksOf, listFacts, type AccessLevel } from "../../api/access";
import { s3 } from "../../api/clients";
import { AccessLabel } from "../../components/AccessLabel";
import { CopyId } from "../../components/CopyId";
import { Failed } from "../../components/Failed";
import { inTurns, useLoaded } from "../../components/load";
import { href, navigate } from "../../router";
import { t } from "../../i18n";
import { DeleteBucket } from "./DeleteBucket";
import { EmptyBucket } from "./EmptyBucket";

const PAGE_ROWS = 25;
const BUCKETS_AT_ONCE = 4;

async function allBuckets(): Promise<Bucket[]> {
  const buckets: Bucket[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3().send(new ListBucketsCommand({ ContinuationToken, MaxBuckets: 1000 }));
    buckets.push(...(page.Buckets ?? []));
    ContinuationToken = page.ContinuationToken;
  } while (ContinuationToken);
  return buckets;
}

/** Looks the access of buckets up when they come into sight. */
function useAccess(names: string[]): ReadonlyMap<string, AccessLevel> {
  const [known, setKnown] = useState<ReadonlyMap<string, AccessLevel>>(new Map());
  const asked = useRef(new Set<string>());
  const account = useRef<ReturnType<typeof accountBlocks> | null>(null);
  const key = names.join(" ");
  useEffect(() => {
    const fresh = names.filter((name) => !asked.current.has(name));
    for (const name of fresh) asked.current.add(name);
    account.current ??= accountBlocks().catch(() => undefined);
    const blocks = account.current.then(blocksOf);
    const look = async (name: string) => {
      let level: AccessLevel = "error";
      try {
        level = accessLevel(await listFacts(name, await blocks));
      } catch {
        // The column says so; the page of the bucket says why.
      }
      setKnown((before) => new Map(before).set(name, level));
    };
    void inTurns(fresh, BUCKETS_AT_ONCE, look);
  }, [key]);
  return known;
}

export default function BucketList() {
  const { value, failure, loading, reload } = useLoaded(allBuckets, []);
  const [asked, setAsked] = useState<"delete" | "empty" | null>(null);
  const empty = (
    <Box textAlign="center" padding="l">
      <SpaceBetween size="m">
        <b>{t.buckets.none}</b>
        <Button onClick={() => navigate(href(["create-bucket"]))}>{t.buckets.create}</Button>
      </SpaceBetween>
    </Box>
  );
  const { items, collectionProps, filterProps, paginationProps, filteredItemsCount } = useCollection(value ?? [], {
    filtering: { fields: ["Name"], empty, noMatch: t.common.noMatch },
    pagination: { pageSize: PAGE_ROWS },
    sorting: { defaultState: { sortingColumn: { sortingField: "Name" } } },
    selection: { trackBy: "Name" },
  });
  const access = useAccess(items.map(({ Name }) => Name ?? ""));
  const selected = collectionProps.selectedItems?.[0]?.Name;
  if (failure) return <Failed failure={failure} onRetry={reload} header={t.buckets.notListed} />;
  return (
    <>
      <Table
        {...collectionProps}
        variant="full-page"
        stickyHeader
        selectionType="single"
        items={items}
        loading={loading}
        loadingText={t.common.loading}
        ariaLabels={{
          selectionGroupLabel: t.buckets.title,
          itemSelectionLabel: (_, { Name }) => Name ?? "",
          tableLabel: t.buckets.title,
        }}
        header={
          <Header
            variant="awsui-h1-sticky"
            counter={value && `(${value.length})`}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button iconName="refresh" ariaLabel={t.common.refresh} onClick={reload} />
                <Button disabled={!selected} onClick={() => setAsked("empty")}>{t.buckets.empty}</Button>
                <Button disabled={!selected} onClick={() => setAsked("delete")}>{t.common.delete}</Button>
                <Button variant="primary" onClick={() => navigate(href(["create-bucket"]))}>{t.buckets.create}</Button>
              </SpaceBetween>
            }
          >
            {t.buckets.title}
          </Header>
        }
        filter={
          <TextFilter
            {...filterProps}
            filteringPlaceholder={t.buckets.find}
            filteringAriaLabel={t.buckets.find}
            countText={t.common.matches(filteredItemsCount ?? 0)}
          />
        }
        pagination={<Pagination {...paginationProps} ariaLabels={t.common.pagination} />}
        columnDefinitions={[
          {
            id: "name",
            header: t.common.name,
            sortingField: "Name",
            isRowHeader: true,
            cell: ({ Name = "" }) => <Link href={href(["buckets", Name, "objects"])}>{Name}</Link>,
          },
          { id: "region", header: t.buckets.region, cell: ({ BucketRegion }) => BucketRegion ?? "–" },
          {
            id: "access",
            header: t.buckets.access,
            cell: ({ Name = "" }) => {
              const level = access.get(Name);
              return level ? <Link href={href(["buckets", Name, "permissions"])} ariaLabel={`${Name}: ${t.access[level]}`}><AccessLabel level={level} /></Link> : t.common.loading;
            },
          },
          {
            id: "created",
            header: t.buckets.created,
            sortingComparator: (one, other) => Number(one.CreationDate) - Number(other.CreationDate),
            cell: ({ CreationDate }) => CreationDate?.toLocaleString() ?? "–",
          },
          {
            id: "arn",
            header: t.buckets.arn,
            cell: ({ Name = "" }) => <CopyId value={`arn:aws:s3:::${Name}`} label={t.buckets.arn} />,
          },
        ]}
      />
      {asked === "delete" && selected && <DeleteBucket name={selected} onClose={() => setAsked(null)} onDone={reload} />}
      {asked === "empty" && selected && <EmptyBucket name={selected} onClose={() => setAsked(null)} />}
    </>
  );
}

import { GetBucketAclCommand } from "@aws-sdk/client-s3";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { s3 } from "../../api/clients";
import { lossesOf } from "../../api/migration";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { href } from "../../router";
import { t } from "../../i18n";

const ROWS = 50;

/** The findings that somebody sees before ACLs are disabled. */
export function Migration({ bucket }: { bucket: string }) {
  const { value, failure, reload } = useLoaded(async () => {
    const acl = await s3().send(new GetBucketAclCommand({ Bucket: bucket }));
    return lossesOf(bucket, acl.Owner?.ID ?? "");
  }, [bucket]);
  return (
    <Container header={<Header variant="h2" description={t.migration.note}>{t.migration.title}</Header>}>
      {failure && <Failed failure={failure} onRetry={reload} />}
      {!failure && !value && <StatusIndicator type="loading">{t.migration.looking}</StatusIndicator>}
      {value && (
        <SpaceBetween size="s">
          <StatusIndicator type={value.losses.length ? "warning" : "success"}>
            {t.migration.found(value.losses.length, value.looked)}
          </StatusIndicator>
          {value.more && <Box color="text-body-secondary">{t.migration.more}</Box>}
          {value.unread > 0 && <StatusIndicator type="error">{t.migration.unread(value.unread)}</StatusIndicator>}
          {value.losses.length > 0 && (
            <Table
              variant="embedded"
              items={value.losses.slice(0, ROWS)}
              ariaLabels={{ tableLabel: t.migration.title }}
              footer={value.losses.length > ROWS && t.common.more(value.losses.length - ROWS)}
              columnDefinitions={[
                { id: "key", header: t.objects.key, isRowHeader: true, cell: ({ key }) => <Link href={href(["buckets", bucket, "object"], { key, tab: "permissions" })}>{key}</Link> },
                { id: "loss", header: t.migration.loss, cell: ({ kind, id }) => <span className="break">{t.migration.kinds[kind]} {id}</span> },
              ]}
            />
          )}
        </SpaceBetween>
      )}
    </Container>
  );
}

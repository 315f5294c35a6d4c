import { GetObjectAclCommand } from "@aws-sdk/client-s3";
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { bucketFacts } from "../../api/access";
import { rowsOf } from "../../api/acl";
import { s3 } from "../../api/clients";
import { addressOf, everyoneReads, reasonsFor } from "../../api/effective";
import type { ObjectName } from "../../api/objects";
import { session } from "../../api/session";
import { AclTable } from "../../components/AclTable";
import { CopyId } from "../../components/CopyId";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { href, navigate } from "../../router";
import { t } from "../../i18n";

async function load(name: ObjectName) {
  const { bucket: Bucket, key: Key, versionId: VersionId } = name;
  const [facts, acl, effective] = await Promise.all([
    bucketFacts(Bucket), s3().send(new GetObjectAclCommand({ Bucket, Key, VersionId })), everyoneReads(name),
  ]);
  return { facts, acl, effective };
}

export default function ObjectPermissions({ name }: { name: ObjectName }) {
  const { bucket, key, versionId } = name;
  const { value, failure, reload } = useLoaded(() => load(name), [bucket, key, versionId]);
  if (failure) return <Failed failure={failure} onRetry={reload} />;
  if (!value) return <Spinner size="large" />;
  const { facts, acl, effective } = value;
  const grants = acl.Grants ?? [];
  const owner = acl.Owner?.ID ?? "";
  const disabled = facts.ownership === "BucketOwnerEnforced";
  const edit = (
    <Button disabled={disabled} onClick={() => navigate(href(["buckets", bucket, "object-acl"], { key, versionId }))}>{t.common.edit}</Button>
  );
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2" description={t.effective.note}>{t.effective.title}</Header>}>
        <SpaceBetween size="s">
          <StatusIndicator type={effective.readable ? "warning" : "success"}>
            {effective.readable ? t.effective.readable : t.effective.notReadable(effective.status)}
          </StatusIndicator>
          <ul>{reasonsFor(facts, grants).map((reason) => <li key={reason}>{t.effective.reasons[reason]}</li>)}</ul>
          {effective.readable && <CopyId value={addressOf(name)} label={t.properties.address} />}
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">{t.acl.objectOwner}</Header>}>
        <KeyValuePairs
          columns={2} minColumnWidth={240}
          items={[
            { label: t.acl.canonicalId, value: <CopyId value={owner} label={t.acl.canonicalId} /> },
            { label: t.acl.whose, value: owner === session().canonicalId ? t.acl.yours : owner === facts.owner ? t.acl.bucketOwners : t.acl.others },
          ]}
        />
      </Container>
      <Container header={<Header variant="h2" description={t.acl.note} actions={edit}>{t.acl.title}</Header>}>
        <SpaceBetween size="s">
          {disabled && <Alert type="info">{t.acl.disabled}</Alert>}
          <AclTable resource="object" rows={rowsOf(grants, owner, "object")} />
        </SpaceBetween>
      </Container>
    </SpaceBetween>
  );
}

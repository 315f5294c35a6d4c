import { useState } from "react";
import {
  DeleteBucketTaggingCommand, GetBucketEncryptionCommand, GetBucketLoggingCommand, GetBucketTaggingCommand,
  GetBucketVersioningCommand, PutBucketTaggingCommand, PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { s3 } from "../../api/clients";
import { orNone } from "../../api/errors";
import { CopyId } from "../../components/CopyId";
import { EditPairs } from "../../components/EditTags";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { useNotifications } from "../../components/notifications";
import { fromTags, toTags, type Pair } from "../../components/TagFields";
import { t } from "../../i18n";

const TAGS_MAX = 50;

export default function Properties({ bucket }: { bucket: string }) {
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{t.properties.overview}</Header>}>
        <KeyValuePairs
          columns={2} minColumnWidth={240}
          items={[
            { label: t.buckets.arn, value: <CopyId value={`arn:aws:s3:::${bucket}`} label={t.buckets.arn} /> },
            { label: t.properties.address, value: <CopyId value={`${location.origin}/${bucket}`} label={t.properties.address} /> },
          ]}
        />
      </Container>
      <Versioning bucket={bucket} />
      <Encryption bucket={bucket} />
      <Logging bucket={bucket} />
      <Tags bucket={bucket} />
    </SpaceBetween>
  );
}

function Versioning({ bucket: Bucket }: { bucket: string }) {
  const notify = useNotifications();
  const { value, failure, reload } = useLoaded(() => s3().send(new GetBucketVersioningCommand({ Bucket })), [Bucket]);
  const [busy, setBusy] = useState(false);
  const isOn = value?.Status === "Enabled";
  async function change() {
    setBusy(true);
    try {
      const VersioningConfiguration = { Status: isOn ? "Suspended" : "Enabled" } as const;
      await s3().send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
      notify.success(t.common.saved(t.versioning.title));
      reload();
    } catch (error) {
      notify.error(error, t.versioning.title);
    }
    setBusy(false);
  }
  const actions = value && <Button loading={busy} onClick={() => void change()}>{isOn ? t.versioning.suspend : t.versioning.enable}</Button>;
  return (
    <Container header={<Header variant="h2" description={t.versioning.note} actions={actions}>{t.versioning.title}</Header>}>
      {failure ? <Failed failure={failure} onRetry={reload} /> : value ? t.versioning.states[value.Status ?? "Off"] : <Spinner />}
    </Container>
  );
}

function Encryption({ bucket: Bucket }: { bucket: string }) {
  const { value, failure, loading } = useLoaded(
    () => orNone(s3().send(new GetBucketEncryptionCommand({ Bucket })), "ServerSideEncryptionConfigurationNotFoundError"),
    [Bucket],
  );
  const rule = value?.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
  return (
    <Container header={<Header variant="h2" description={t.encryption.note}>{t.encryption.title}</Header>}>
      {loading && <Spinner />}
      {failure?.code === "NotImplemented" && <Alert type="info">{t.encryption.notThere}</Alert>}
      {failure && failure.code !== "NotImplemented" && <Failed failure={failure} />}
      {!failure && !loading && (
        <KeyValuePairs
          columns={2} minColumnWidth={240}
          items={[
            { label: t.encryption.type, value: rule?.SSEAlgorithm ?? t.encryption.none },
            { label: t.encryption.key, value: rule?.KMSMasterKeyID ?? "–" },
          ]}
        />
      )}
    </Container>
  );
}

function Logging({ bucket: Bucket }: { bucket: string }) {
  const { value, failure, reload } = useLoaded(() => s3().send(new GetBucketLoggingCommand({ Bucket })), [Bucket]);
  const target = value?.LoggingEnabled;
  return (
    <Container header={<Header variant="h2" description={t.logging.note}>{t.logging.title}</Header>}>
      {failure && <Failed failure={failure} onRetry={reload} />}
      {!failure && !value && <Spinner />}
      {value && (target ? <span className="break">{`s3://${target.TargetBucket}/${target.TargetPrefix ?? ""}`}</span> : t.logging.off)}
    </Container>
  );
}

function Tags({ bucket: Bucket }: { bucket: string }) {
  const load = async () => fromTags((await orNone(s3().send(new GetBucketTaggingCommand({ Bucket })), "NoSuchTagSet"))?.TagSet);
  const save = async (pairs: Pair[]) => {
    const TagSet = toTags(pairs);
    if (TagSet.length) await s3().send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    else await s3().send(new DeleteBucketTaggingCommand({ Bucket }));
  };
  return <EditPairs title={t.tags.title} none={t.tags.none} add={t.tags.add} most={TAGS_MAX} load={load} save={save} keys={[Bucket]} />;
}

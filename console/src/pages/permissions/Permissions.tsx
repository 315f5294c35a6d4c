/** The permissions of a bucket: what comes of them in a sentence, then each setting. */
import { useState } from "react";
import { DeleteBucketPolicyCommand, GetBucketCorsCommand, type CORSRule } from "@aws-sdk/client-s3";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { accessLevel, bucketFacts, FLAGS, type BucketFacts } from "../../api/access";
import { rowsOf } from "../../api/acl";
import { s3 } from "../../api/clients";
import { orNone } from "../../api/errors";
import { reachOf } from "../../api/reach";
import { AccessLabel } from "../../components/AccessLabel";
import { AclTable } from "../../components/AclTable";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { useNotifications } from "../../components/notifications";
import { ReachGraph } from "../../components/ReachGraph";
import { Typed } from "../../components/Typed";
import { href, navigate } from "../../router";
import { t } from "../../i18n";

export default function Permissions({ bucket }: { bucket: string }) {
  const { value, failure, reload } = useLoaded(() => bucketFacts(bucket), [bucket]);
  if (failure) return <Failed failure={failure} onRetry={reload} />;
  if (!value) return <Spinner size="large" />;
  const disabled = value.ownership === "BucketOwnerEnforced";
  const edit = (page: string, title: string, off = false) => (
    <Button disabled={off} ariaLabel={`${t.common.edit}: ${title}`} onClick={() => navigate(href(["buckets", bucket, page]))}>{t.common.edit}</Button>
  );
  return (
    <SpaceBetween size="l">
      <Overview facts={value} />
      <Container header={<Header variant="h2" description={t.bpa.note} actions={edit("block-public-access", t.bpa.title)}>{t.bpa.ofBucket}</Header>}>
        <SpaceBetween size="xs">
          <Flags facts={value} />
        </SpaceBetween>
      </Container>
      <Policy bucket={bucket} facts={value} onChanged={reload} />
      <Container header={<Header variant="h2" description={t.ownership.note} actions={edit("ownership", t.ownership.title)}>{t.ownership.title}</Header>}>
        <SpaceBetween size="xs">
          <b>{t.ownership.names[value.ownership]}</b>
          <Box color="text-body-secondary">{disabled ? t.ownership.disabledNote : t.ownership.enabledNote}</Box>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2" description={t.acl.note} actions={edit("acl", t.acl.title, disabled)}>{t.acl.title}</Header>}>
        <SpaceBetween size="s">
          {disabled && <Alert type="info">{t.acl.disabled}</Alert>}
          <AclTable resource="bucket" rows={rowsOf(value.grants, value.owner, "bucket")} />
        </SpaceBetween>
      </Container>
      <Cors bucket={bucket} />
    </SpaceBetween>
  );
}

function Overview({ facts }: { facts: BucketFacts }) {
  const level = accessLevel(facts);
  const names = { owner: t.reach.owner, everyone: t.acl.grantees.bucket.everyone, kinds: t.acl.grantees.bucket, permissions: t.acl.full.bucket };
  return (
    <Container header={<Header variant="h2">{t.permissions.overview}</Header>}>
      <SpaceBetween size="m">
        <SpaceBetween size="xs">
          <AccessLabel level={level} />
          <div>{t.access.sentences[level]}</div>
        </SpaceBetween>
        <ReachGraph lines={reachOf(facts, names)} />
        <Box color="text-body-secondary" fontSize="body-s">{t.reach.note}</Box>
      </SpaceBetween>
    </Container>
  );
}

function Flags({ facts }: { facts: BucketFacts }) {
  return FLAGS.map((flag) => (
    <div key={flag}>
      <StatusIndicator type={facts.blocks[flag] ? "success" : "warning"}>
        {`${t.bpa.flags[flag]}: ${facts.blocks[flag] ? t.common.on : t.common.off}`}
      </StatusIndicator>
      {facts.accountBlocks[flag] && !facts.bucketBlocks[flag] && <Box variant="span" color="text-body-secondary"> {t.bpa.byAccount}</Box>}
    </div>
  ));
}

function Policy({ bucket, facts, onChanged }: { bucket: string; facts: BucketFacts; onChanged: () => void }) {
  const notify = useNotifications();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  async function remove() {
    setBusy(true);
    try {
      await s3().send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
      notify.success(t.policy.deleted);
      onChanged();
    } catch (error) {
      notify.error(error, t.policy.title);
    }
    setBusy(false);
    setAsking(false);
  }
  const actions = (
    <SpaceBetween direction="horizontal" size="xs">
      <Button disabled={!facts.policy} ariaLabel={`${t.common.delete}: ${t.policy.title}`} onClick={() => setAsking(true)}>{t.common.delete}</Button>
      <Button ariaLabel={`${t.common.edit}: ${t.policy.title}`} onClick={() => navigate(href(["buckets", bucket, "policy"]))}>{t.common.edit}</Button>
    </SpaceBetween>
  );
  return (
    <Container header={<Header variant="h2" description={t.policy.note} actions={actions}>{t.policy.title}</Header>}>
      <SpaceBetween size="s">
        {facts.policyIsPublic && <Alert type="warning">{t.policy.isPublic}</Alert>}
        {facts.policy ? <pre className="code-text" tabIndex={0}>{indented(facts.policy)}</pre> : t.policy.none}
      </SpaceBetween>
      {asking && (
        <Typed title={t.policy.deleteTitle} word="delete" action={t.common.delete} busy={busy} onConfirm={() => void remove()} onDismiss={() => setAsking(false)}>
          {t.policy.deleteWarning}
        </Typed>
      )}
    </Container>
  );
}

function indented(policy: string): string {
  try {
    return JSON.stringify(JSON.parse(policy), null, 2);
  } catch {
    return policy;
  }
}

function Cors({ bucket: Bucket }: { bucket: string }) {
  const { value, failure, loading } = useLoaded(
    async () => (await orNone(s3().send(new GetBucketCorsCommand({ Bucket })), "NoSuchCORSConfiguration"))?.CORSRules ?? ([] as CORSRule[]),
    [Bucket],
  );
  const actions = <Button ariaLabel={`${t.common.edit}: ${t.cors.title}`} onClick={() => navigate(href(["buckets", Bucket, "cors"]))}>{t.common.edit}</Button>;
  return (
    <Container header={<Header variant="h2" description={t.cors.note} actions={actions}>{t.cors.title}</Header>}>
      {failure && <Failed failure={failure} />}
      {loading && <Spinner />}
      {value && (value.length ? <pre className="code-text" tabIndex={0}>{JSON.stringify(value, null, 2)}</pre> : t.cors.none)}
    </Container>
  );
}

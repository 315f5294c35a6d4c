import { useState } from "react";
import { PutBucketOwnershipControlsCommand, type ObjectOwnership } from "@aws-sdk/client-s3";
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { bucketFacts, type BucketFacts } from "../../api/access";
import { s3 } from "../../api/clients";
import { failure as failureOf, type Failure } from "../../api/errors";
import { rowsOf } from "../../api/acl";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { useNotifications } from "../../components/notifications";
import { OwnershipFields } from "../../components/OwnershipFields";
import { href, navigate } from "../../router";
import { t } from "../../i18n";
import type { PageProps } from "../pages";
import { Migration } from "./Migration";

export default function EditOwnership({ names: [bucket = ""] }: PageProps) {
  const { value, failure, reload } = useLoaded(() => bucketFacts(bucket), [bucket]);
  if (failure) return <Failed failure={failure} onRetry={reload} />;
  return value ? <OwnershipForm bucket={bucket} facts={value} /> : <Spinner size="large" />;
}

/** What the bucket ACL gives to anybody but the owner. Disabling ACLs needs it gone first. */
const grantsToOthers = ({ grants, owner }: BucketFacts) =>
  rowsOf(grants, owner, "bucket").filter(({ kind, permissions }) => kind !== "owner" && permissions.length > 0);

function OwnershipForm({ bucket: Bucket, facts }: { bucket: string; facts: BucketFacts }) {
  const notify = useNotifications();
  const [ownership, setOwnership] = useState<ObjectOwnership>(facts.ownership);
  const [acknowledged, setAcknowledged] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failure | null>(null);
  const back = () => navigate(href(["buckets", Bucket, "permissions"]));
  const disables = ownership === "BucketOwnerEnforced" && facts.ownership !== "BucketOwnerEnforced";
  const enables = ownership !== "BucketOwnerEnforced" && facts.ownership === "BucketOwnerEnforced";
  const blocking = disables ? grantsToOthers(facts) : [];

  async function store() {
    setBusy(true);
    setFailed(null);
    try {
      const Rules = [{ ObjectOwnership: ownership }];
      await s3().send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules } }));
      notify.success(t.common.saved(t.ownership.title));
      back();
    } catch (error) {
      setFailed(failureOf(error));
      setBusy(false);
    }
  }

  return (
    <Form
      header={<Header variant="h1" description={t.ownership.note}>{t.ownership.editOf(Bucket)}</Header>}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="link" onClick={back}>{t.common.cancel}</Button>
          <Button variant="primary" loading={busy} disabled={ownership === facts.ownership || (enables && !acknowledged)} onClick={() => void store()}>{t.common.saveChanges}</Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        {failed && <Failed failure={failed} />}
        <Container>
          <OwnershipFields value={ownership} onChange={setOwnership} acknowledged={acknowledged || !enables} onAcknowledge={setAcknowledged} />
        </Container>
        {disables && <Alert type="warning" header={t.ownership.disabling}>{t.ownership.disablingWarning}</Alert>}
        {blocking.length > 0 && (
          <Alert
            type="error"
            header={t.ownership.mustReset}
            action={<Button onClick={() => navigate(href(["buckets", Bucket, "acl"]))}>{t.acl.edit}</Button>}
          >
            <ul>
              {blocking.map(({ kind, id, permissions }) => (
                <li key={kind + id} className="break">{`${t.acl.grantees.bucket[kind]} ${id}: ${permissions.map((each) => t.acl.full.bucket[each]).join(", ")}`}</li>
              ))}
            </ul>
          </Alert>
        )}
        {disables && <Migration bucket={Bucket} />}
        {enables && <Alert type="info">{t.ownership.enablingNote}</Alert>}
      </SpaceBetween>
    </Form>
  );
}

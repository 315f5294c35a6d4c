import { useState, type ReactNode } from "react";
import { PutBucketOwnershipControlsCommand, type ObjectOwnership } from "@aws-sdk/client-s3";
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { bucketFacts, storedOwnership, type BucketFacts } from "../../api/access";
import { rowsOf } from "../../api/acl";
import { s3 } from "../../api/clients";
import { disableAcls, enforce, restore, type Before } from "../../api/disable-acls";
import { failure as failureOf, type Failure } from "../../api/errors";
import { adviseDisableAcls } from "../../api/grantry";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { useNotifications } from "../../components/notifications";
import { OwnershipFields } from "../../components/OwnershipFields";
import { href, navigate } from "../../router";
import { t } from "../../i18n";
import type { PageProps } from "../pages";
import { AdviceBox, AdviceText } from "./Advice";
import { Migration } from "./Migration";

export default function EditOwnership({ names: [bucket = ""] }: PageProps) {
  const { value, failure, reload } = useLoaded(() => Promise.all([bucketFacts(bucket), storedOwnership(bucket)]), [bucket]);
  const [chosen, setChosen] = useState<ObjectOwnership | null>(null);
  if (failure) return <Failed failure={failure} onRetry={reload} />;
  if (!value) return <Spinner size="large" />;
  const [facts, stored] = value;
  const ownership = chosen ?? facts.ownership;
  const props = { bucket, facts, stored, ownership, onChange: setChosen };
  const disables = ownership === "BucketOwnerEnforced" && facts.ownership !== "BucketOwnerEnforced";
  return disables ? <DisableForm {...props} /> : <EnableForm {...props} />;
}

interface Props {
  bucket: string;
  facts: BucketFacts;
  /** What is stored, if anything is. */
  stored?: ObjectOwnership;
  ownership: ObjectOwnership;
  onChange: (ownership: ObjectOwnership) => void;
}

const back = (bucket: string) => navigate(href(["buckets", bucket, "permissions"]));

interface PageFormProps extends Props {
  isReady: boolean;
  acknowledge?: { checked: boolean; onChange: (checked: boolean) => void };
  store: () => Promise<void>;
  children: ReactNode;
}

/** The fields with what belongs to the choice below, and the buttons. */
function PageForm({ bucket, ownership, onChange, isReady, acknowledge, store, children }: PageFormProps) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failure | null>(null);
  async function submit() {
    setBusy(true);
    setFailed(null);
    try {
      await store();
      back(bucket);
    } catch (error) {
      setFailed(failureOf(error));
      setBusy(false);
    }
  }
  return (
    <Form
      header={<Header variant="h1" description={t.ownership.note}>{t.ownership.editOf(bucket)}</Header>}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="link" onClick={() => back(bucket)}>{t.common.cancel}</Button>
          <Button variant="primary" loading={busy} disabled={!isReady} onClick={() => void submit()}>{t.common.saveChanges}</Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        {failed && <Failed failure={failed} />}
        <Container>
          <OwnershipFields value={ownership} onChange={onChange} acknowledged={acknowledge?.checked ?? true} onAcknowledge={acknowledge?.onChange ?? (() => undefined)} />
        </Container>
        {children}
      </SpaceBetween>
    </Form>
  );
}

/** ACLs stay enabled, or become so. */
function EnableForm(props: Props) {
  const { bucket: Bucket, facts, ownership } = props;
  const notify = useNotifications();
  const [checked, setChecked] = useState(false);
  const enables = ownership !== "BucketOwnerEnforced" && facts.ownership === "BucketOwnerEnforced";
  async function store() {
    await s3().send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership: ownership }] } }));
    notify.success(t.common.saved(t.ownership.title));
  }
  return (
    <PageForm {...props} isReady={ownership !== facts.ownership && (!enables || checked)} acknowledge={enables ? { checked, onChange: setChecked } : undefined} store={store}>
      {enables && <Alert type="info">{t.ownership.enablingNote}</Alert>}
    </PageForm>
  );
}

/** What the bucket ACL gives to anybody but the owner. Disabling ACLs needs it gone first. */
const grantsToOthers = ({ grants, owner }: BucketFacts) =>
  rowsOf(grants, owner, "bucket").filter(({ kind, permissions }) => kind !== "owner" && permissions.length > 0);

/** ACLs are to be disabled: first what that would change. */
function DisableForm(props: Props) {
  const { bucket, facts, stored } = props;
  const notify = useNotifications();
  const { value, failure, reload } = useLoaded(() => adviseDisableAcls(bucket), [bucket]);
  const [prepares, setPrepares] = useState(true);
  const [accepted, setAccepted] = useState(false);
  const advice = value?.advice;
  const isRefused = failure?.code === "AccessDenied";
  const blocking = grantsToOthers(facts);
  const policy = advice?.policy ?? null;
  const canPrepare = advice ? policy !== null || blocking.length > 0 : isRefused && blocking.length > 0;
  const isBlocked = (advice?.blockers.length ?? 0) > 0 && prepares && policy !== null;
  const isSafe = value ? value.isHarmless || accepted : isRefused && accepted;
  async function store() {
    const before: Before = { bucket, ownership: stored, policy: facts.policy, owner: facts.owner, grants: facts.grants };
    if (!canPrepare || !prepares) {
      await enforce(bucket);
      notify.success(t.common.saved(t.ownership.title));
      return;
    }
    await disableAcls(before, policy);
    notify.undoable(t.advice.done(bucket), async () => ((await restore(before, policy)) ? t.advice.undone(bucket) : t.advice.changedSince(bucket)));
  }
  return (
    <PageForm {...props} isReady={isSafe && !isBlocked && (prepares || blocking.length === 0)} store={store}>
      <Alert type="warning" header={t.ownership.disabling}>{t.ownership.disablingWarning}</Alert>
      {isRefused ? (
        <SpaceBetween size="l">
          <Alert type="info">{t.advice.notAllowed}</Alert>
          <Migration bucket={bucket} />
        </SpaceBetween>
      ) : (
        <AdviceBox>
          {failure && <Failed failure={failure} onRetry={reload} />}
          {!failure && !value && <StatusIndicator type="loading">{t.advice.looking}</StatusIndicator>}
          {value && <AdviceText {...value} />}
        </AdviceBox>
      )}
      {blocking.length > 0 && !prepares && (
        <Alert type="error" header={t.ownership.mustReset} action={<Button onClick={() => navigate(href(["buckets", bucket, "acl"]))}>{t.acl.edit}</Button>}>
          <ul className="lines">
            {blocking.map(({ kind, id, permissions }) => (
              <li key={kind + id} className="break">{`${t.acl.grantees.bucket[kind]} ${id}: ${permissions.map((each) => t.acl.full.bucket[each]).join(", ")}`}</li>
            ))}
          </ul>
        </Alert>
      )}
      {(canPrepare || (value && !value.isHarmless) || isRefused) && (
        <Container>
          <SpaceBetween size="s">
            {canPrepare && (
              <Checkbox checked={prepares} onChange={({ detail }) => setPrepares(detail.checked)} description={t.advice.prepareNote}>
                {policy === null ? t.advice.resetOnly : t.advice.prepare}
              </Checkbox>
            )}
            {!value?.isHarmless && <Checkbox checked={accepted} onChange={({ detail }) => setAccepted(detail.checked)}>{t.advice.accept}</Checkbox>}
          </SpaceBetween>
        </Container>
      )}
    </PageForm>
  );
}

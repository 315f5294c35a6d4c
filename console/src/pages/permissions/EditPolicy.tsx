import { useMemo, useState } from "react";
import { PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { bucketPolicy } from "../../api/access";
import { s3 } from "../../api/clients";
import { failure as failureOf, type Failure } from "../../api/errors";
import { examples, type ExampleName } from "../../api/policy-examples";
import { lintPolicy, POLICY_BYTES_MAX } from "../../api/policy-lint";
import { session } from "../../api/session";
import { Editor } from "../../components/Editor";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { useNotifications } from "../../components/notifications";
import { useValidated } from "../../components/validation";
import { CopyId } from "../../components/CopyId";
import { href, navigate } from "../../router";
import { t } from "../../i18n";
import type { PageProps } from "../pages";
import { StatementBuilder } from "./StatementBuilder";

const indented = (policy: string): string => {
  try {
    return JSON.stringify(JSON.parse(policy), null, 2);
  } catch {
    return policy;
  }
};

export default function EditPolicy({ names: [bucket = ""] }: PageProps) {
  const { value, failure, loading, reload } = useLoaded(() => bucketPolicy(bucket), [bucket]);
  if (failure) return <Failed failure={failure} onRetry={reload} />;
  if (loading) return <Spinner size="large" />;
  return <PolicyForm bucket={bucket} start={value ? indented(value) : ""} />;
}

/** The text with one more statement. */
export function withStatement(text: string, statement: object): string {
  if (!text.trim()) return JSON.stringify({ Version: "2012-10-17", Statement: [statement] }, null, 2);
  const policy = JSON.parse(text) as { Statement?: object | object[] };
  const before = policy.Statement === undefined ? [] : Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement];
  return JSON.stringify({ ...policy, Statement: [...before, statement] }, null, 2);
}

function PolicyForm({ bucket: Bucket, start }: { bucket: string; start: string }) {
  const notify = useNotifications();
  const [text, setText] = useState(start);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failure | null>(null);
  const own = useMemo(() => (text.trim() ? lintPolicy(text, Bucket, t.lint) : []), [text, Bucket]);
  const problems = useValidated(text, "bucket", own);
  const errors = own.filter(({ kind }) => kind === "problem");
  const back = () => navigate(href(["buckets", Bucket, "permissions"]));
  const known = examples(Bucket, session().identity.account);

  async function store() {
    setBusy(true);
    setFailed(null);
    try {
      await s3().send(new PutBucketPolicyCommand({ Bucket, Policy: text }));
      notify.success(t.common.saved(t.policy.title));
      back();
    } catch (error) {
      setFailed(failureOf(error));
      setBusy(false);
    }
  }

  return (
    <Form
      header={<Header variant="h1" description={t.policy.note}>{t.policy.editOf(Bucket)}</Header>}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="link" onClick={back}>{t.common.cancel}</Button>
          <Button variant="primary" loading={busy} disabled={!text.trim() || errors.length > 0} onClick={() => void store()}>{t.common.saveChanges}</Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        {failed && <Failed failure={failed} header={t.policy.notSaved} />}
        {failed?.message.includes("BlockPublicPolicy") && (
          <Alert type="info" action={<Button onClick={() => navigate(href(["buckets", Bucket, "block-public-access"]))}>{t.bpa.edit}</Button>}>{t.policy.blocked}</Alert>
        )}
        <Container
          header={
            <Header
              variant="h2"
              description={<CopyId value={`arn:aws:s3:::${Bucket}`} label={t.buckets.arn} />}
              actions={
                <SpaceBetween direction="horizontal" size="xs">
                  <ButtonDropdown
                    items={(Object.keys(known) as ExampleName[]).map((id) => ({ id, text: t.policy.examples[id] }))}
                    onItemClick={({ detail }) => setText(JSON.stringify(known[detail.id as ExampleName], null, 2))}
                  >
                    {t.policy.example}
                  </ButtonDropdown>
                  <Button onClick={() => setText(indented(text))}>{t.policy.format}</Button>
                </SpaceBetween>
              }
            >
              {t.policy.text}
            </Header>
          }
        >
          <SpaceBetween size="s">
            <Editor value={text} label={t.policy.text} problems={problems} onChange={setText} />
            <Box color="text-body-secondary" fontSize="body-s">{t.policy.size(new TextEncoder().encode(text).length, POLICY_BYTES_MAX)}</Box>
            <div role="status" aria-label={t.lint.title}>
              {text.trim() && problems.length === 0 && <StatusIndicator type="success">{t.lint.fine}</StatusIndicator>}
              {problems.map(({ line, message, kind }) => (
                <div key={`${line} ${message}`}>
                  <StatusIndicator type={kind === "problem" ? "error" : "warning"}>{`${t.lint.line(line)}: ${message}`}</StatusIndicator>
                </div>
              ))}
            </div>
          </SpaceBetween>
        </Container>
        <StatementBuilder bucket={Bucket} disabled={errors.length > 0} onAdd={(statement) => setText((before) => withStatement(before, statement))} />
      </SpaceBetween>
    </Form>
  );
}

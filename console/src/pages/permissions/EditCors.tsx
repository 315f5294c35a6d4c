import { useState } from "react";
import { DeleteBucketCorsCommand, GetBucketCorsCommand, PutBucketCorsCommand, type CORSRule } from "@aws-sdk/client-s3";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { s3 } from "../../api/clients";
import { corsProblems, type CorsCheck } from "../../api/cors";
import { failure as failureOf, orNone, type Failure } from "../../api/errors";
import { Editor } from "../../components/Editor";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { useNotifications } from "../../components/notifications";
import { href, navigate } from "../../router";
import { t } from "../../i18n";
import type { PageProps } from "../pages";

const EXAMPLE: CORSRule[] = [{ AllowedOrigins: ["https://www.example.org"], AllowedMethods: ["GET", "HEAD"], AllowedHeaders: ["*"], ExposeHeaders: ["ETag"], MaxAgeSeconds: 3600 }];

export default function EditCors({ names: [Bucket = ""] }: PageProps) {
  const { value, failure, reload } = useLoaded(
    async () => (await orNone(s3().send(new GetBucketCorsCommand({ Bucket })), "NoSuchCORSConfiguration"))?.CORSRules ?? [],
    [Bucket],
  );
  if (failure) return <Failed failure={failure} onRetry={reload} />;
  return value ? <CorsForm bucket={Bucket} start={value.length ? JSON.stringify(value, null, 2) : ""} /> : <Spinner size="large" />;
}

function CorsForm({ bucket: Bucket, start }: { bucket: string; start: string }) {
  const notify = useNotifications();
  const [text, setText] = useState(start);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failure | null>(null);
  const { problems, rules }: CorsCheck = text.trim() ? corsProblems(text, t.lint) : { problems: [], rules: [] };
  const back = () => navigate(href(["buckets", Bucket, "permissions"]));
  async function store() {
    setBusy(true);
    setFailed(null);
    try {
      if (rules.length === 0) await s3().send(new DeleteBucketCorsCommand({ Bucket }));
      else await s3().send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: rules } }));
      notify.success(t.common.saved(t.cors.title));
      back();
    } catch (error) {
      setFailed(failureOf(error));
      setBusy(false);
    }
  }
  return (
    <Form
      header={<Header variant="h1" description={t.cors.note}>{t.cors.editOf(Bucket)}</Header>}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="link" onClick={back}>{t.common.cancel}</Button>
          <Button variant="primary" loading={busy} disabled={problems.length > 0} onClick={() => void store()}>{t.common.saveChanges}</Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        {failed && <Failed failure={failed} />}
        <Container header={<Header variant="h2" description={t.cors.emptyNote} actions={<Button onClick={() => setText(JSON.stringify(EXAMPLE, null, 2))}>{t.policy.example}</Button>}>{t.cors.text}</Header>}>
          <SpaceBetween size="s">
            <Editor value={text} label={t.cors.text} problems={problems} rows={14} onChange={setText} />
            <div role="status" aria-label={t.lint.title}>
              {problems.map(({ line, message }) => <div key={`${line} ${message}`}><StatusIndicator type="error">{`${t.lint.line(line)}: ${message}`}</StatusIndicator></div>)}
            </div>
          </SpaceBetween>
        </Container>
      </SpaceBetween>
    </Form>
  );
}

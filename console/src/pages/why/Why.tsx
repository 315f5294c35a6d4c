import { useEffect, useState } from "react";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { failure as failureOf, type Failure } from "../../api/errors";
import { explain, listDecisions, type Decision, type DecisionQuery } from "../../api/grantry";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { href, navigate } from "../../router";
import { t } from "../../i18n";
import type { PageProps } from "../pages";
import { Explained } from "./Explained";

const ROWS = 100;
const HOURS = [1, 24, 168, 720];

export default function Why({ query }: PageProps) {
  const id = query.get("id") ?? "";
  const [typed, setTyped] = useState(id);
  useEffect(() => setTyped(id), [id]);
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={t.why.note}>{t.why.title}</Header>
      <Container>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            navigate(href(["why"], { id: typed.trim() }));
          }}
        >
          <SpaceBetween direction="horizontal" size="s" alignItems="end">
            <FormField label={t.why.requestId}>
              <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} spellcheck={false} />
            </FormField>
            <Button variant="primary" formAction="submit" disabled={!typed.trim()}>{t.why.explain}</Button>
          </SpaceBetween>
        </form>
      </Container>
      {id && <OneRequest key={id} id={id} />}
      <Search />
    </SpaceBetween>
  );
}

function OneRequest({ id }: { id: string }) {
  const { value, failure, reload } = useLoaded(() => explain(id), [id]);
  if (failure) return <Failed failure={failure} onRetry={reload} header={t.why.notExplained} />;
  if (!value) return <Spinner />;
  if (value.length === 0) return <Alert type="info">{t.why.unknown}</Alert>;
  return (
    <SpaceBetween size="l">
      {value.map((explanation) => <Explained key={explanation.request.sequence} explanation={explanation} onChanged={reload} />)}
    </SpaceBetween>
  );
}

function Search() {
  const [asked, setAsked] = useState<DecisionQuery>({ verdict: "refused" });
  const [hours, setHours] = useState(24);
  const [found, setFound] = useState<{ decisions: Decision[]; next: string | null } | null>(null);
  const [failed, setFailed] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  async function search(nextToken?: string) {
    setBusy(true);
    setFailed(null);
    try {
      const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value));
      const answer = await listDecisions({ ...given, after: Date.now() - hours * 3600_000, maxResults: ROWS, nextToken });
      setFound({ decisions: [...(nextToken ? (found?.decisions ?? []) : []), ...answer.decisions], next: answer.nextToken });
    } catch (error) {
      setFailed(failureOf(error));
    }
    setBusy(false);
  }
  const text = (name: "bucket" | "keyPrefix" | "callerArn", label: string) => (
    <FormField label={label}>
      <Input value={asked[name] ?? ""} onChange={({ detail }) => setAsked({ ...asked, [name]: detail.value })} spellcheck={false} />
    </FormField>
  );
  const verdicts = [
    { value: "refused", label: t.why.verdicts.refused }, { value: "allowed", label: t.why.verdicts.allowed },
    { value: "undecided", label: t.why.verdicts.undecided }, { value: "", label: t.why.verdicts.all },
  ];
  const spans = HOURS.map((count) => ({ value: String(count), label: t.why.hours(count) }));
  return (
    <Container header={<Header variant="h2" actions={<Button loading={busy} onClick={() => void search()}>{t.why.search}</Button>}>{t.why.decisions}</Header>}>
      <SpaceBetween size="m">
        <Grid gridDefinition={Array.from({ length: 5 }, () => ({ colspan: { default: 12, xs: 6, m: 2 } }))}>
          {text("bucket", t.why.bucket)}
          {text("keyPrefix", t.why.keyPrefix)}
          {text("callerArn", t.why.caller)}
          <FormField label={t.why.verdict}>
            <Select selectedOption={verdicts.find(({ value }) => value === (asked.verdict ?? "")) ?? null} options={verdicts} onChange={({ detail }) => setAsked({ ...asked, verdict: detail.selectedOption.value })} />
          </FormField>
          <FormField label={t.why.time}>
            <Select selectedOption={spans.find(({ value }) => value === String(hours)) ?? null} options={spans} onChange={({ detail }) => setHours(Number(detail.selectedOption.value))} />
          </FormField>
        </Grid>
        {failed && <Failed failure={failed} header={t.why.notListed} />}
        {found && (
          <Table
            variant="embedded"
            items={found.decisions}
            ariaLabels={{ tableLabel: t.why.decisions }}
            empty={<Box textAlign="center">{t.why.none}</Box>}
            footer={found.next && <Box textAlign="center"><Button loading={busy} onClick={() => void search(found.next ?? undefined)}>{t.why.more}</Button></Box>}
            columnDefinitions={[
              { id: "time", header: t.why.time, cell: ({ timeMillis }) => new Date(timeMillis).toLocaleString() },
              { id: "verdict", header: t.why.verdict, cell: ({ verdict, errorCode }) => <StatusIndicator type={verdict === "allowed" ? "success" : verdict === "refused" ? "error" : "info"}>{errorCode ?? t.why.verdicts[verdict]}</StatusIndicator> },
              { id: "caller", header: t.why.caller, cell: ({ callerArn }) => <span className="break">{callerArn}</span> },
              { id: "what", header: t.why.what, cell: ({ operation }) => operation ?? "–" },
              { id: "where", header: t.why.where, cell: ({ bucket, key }) => <span className="break">{bucket ? `${bucket}/${key ?? ""}` : "–"}</span> },
              { id: "rule", header: t.why.rule, cell: ({ rule }) => rule ?? "–" },
              { id: "id", header: t.why.requestId, isRowHeader: true, cell: ({ requestId }) => <Link href={href(["why"], { id: requestId })}>{requestId}</Link> },
            ]}
          />
        )}
      </SpaceBetween>
    </Container>
  );
}

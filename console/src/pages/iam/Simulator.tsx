import { useState } from "react";
import type { EvaluationResult } from "@aws-sdk/client-iam";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { failure as failureOf, type Failure } from "../../api/errors";
import { simulate } from "../../api/iam";
import { session } from "../../api/session";
import { Failed } from "../../components/Failed";
import { t } from "../../i18n";

const lines = (text: string): string[] => text.split("\n").map((line) => line.trim()).filter(Boolean);

export function Simulator() {
  const [arn, setArn] = useState(`arn:aws:iam::${session().identity.account}:user/`);
  const [actions, setActions] = useState("s3:GetObject\ns3:PutObject");
  const [resources, setResources] = useState("arn:aws:s3:::my-bucket/*");
  const [results, setResults] = useState<EvaluationResult[] | null>(null);
  const [failed, setFailed] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  async function run() {
    setBusy(true);
    setFailed(null);
    try {
      setResults(await simulate(arn.trim(), lines(actions), lines(resources)));
    } catch (error) {
      setFailed(failureOf(error));
    }
    setBusy(false);
  }
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={t.simulator.note}>{t.simulator.title}</Header>
      <Container>
        <SpaceBetween size="m">
          <FormField label={t.simulator.principal} stretch><Input value={arn} onChange={({ detail }) => setArn(detail.value)} spellcheck={false} /></FormField>
          <FormField label={t.simulator.actions} stretch><Textarea value={actions} onChange={({ detail }) => setActions(detail.value)} spellcheck={false} /></FormField>
          <FormField label={t.simulator.resources} stretch><Textarea value={resources} onChange={({ detail }) => setResources(detail.value)} spellcheck={false} /></FormField>
          <Button variant="primary" loading={busy} disabled={lines(actions).length === 0} onClick={() => void run()}>{t.simulator.run}</Button>
        </SpaceBetween>
      </Container>
      {failed && <Failed failure={failed} />}
      {results && (
        <Table
          items={results}
          ariaLabels={{ tableLabel: t.simulator.title }}
          columnDefinitions={[
            { id: "action", header: t.simulator.action, isRowHeader: true, cell: ({ EvalActionName }) => EvalActionName },
            { id: "resource", header: t.simulator.resource, cell: ({ EvalResourceName }) => <span className="break">{EvalResourceName}</span> },
            { id: "decision", header: t.simulator.decision, cell: ({ EvalDecision = "" }) => <StatusIndicator type={EvalDecision === "allowed" ? "success" : "error"}>{t.simulator.decisions[EvalDecision] ?? EvalDecision}</StatusIndicator> },
            { id: "by", header: t.simulator.by, cell: ({ MatchedStatements }) => MatchedStatements?.map(({ SourcePolicyId }) => SourcePolicyId).join(", ") || "–" },
          ]}
        />
      )}
    </SpaceBetween>
  );
}

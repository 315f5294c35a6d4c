import { useState } from "react";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { apply, canApply } from "../../api/apply";
import type { Explanation, Plan, Quote } from "../../api/grantry";
import { useNotifications } from "../../components/notifications";
import { t } from "../../i18n";

export function Explained({ explanation, onChanged }: { explanation: Explanation; onChanged: () => void }) {
  const { request, verdict, rule, summary, reasons, statement, steps, notApplying, plans, noChangeHelps } = explanation;
  const status = verdict === "allowed" ? "success" : verdict === "refused" ? "error" : "info";
  return (
    <Container header={<Header variant="h2" description={<span className="break">{`${request.operation ?? ""} ${request.bucket ?? ""}${request.key ? `/${request.key}` : ""}`}</span>}>{t.why.request(request.requestId)}</Header>}>
      <SpaceBetween size="m">
        <StatusIndicator type={status}>{summary}</StatusIndicator>
        {rule && <Box>{`${t.why.rule}: ${rule.name} (${rule.id})`}</Box>}
        {reasons.length > 0 && <ul>{reasons.map((reason) => <li key={reason} className="break">{reason}</li>)}</ul>}
        {statement && <Statement quote={statement} />}
        {noChangeHelps && <Alert type="info">{noChangeHelps}</Alert>}
        {plans.map((plan, index) => <Suggestion key={index} plan={plan} number={index + 1} onChanged={onChanged} />)}
        {notApplying.length > 0 && (
          <ExpandableSection headerText={t.why.notApplying(notApplying.length)}>
            <SpaceBetween size="s">{notApplying.map((quote, index) => <Statement key={index} quote={quote} />)}</SpaceBetween>
          </ExpandableSection>
        )}
        <ExpandableSection headerText={t.why.steps(steps.length)}>
          <ol>{steps.map(({ text, deciding }, index) => <li key={index} className="break">{deciding ? <b>{text}</b> : text}</li>)}</ol>
        </ExpandableSection>
      </SpaceBetween>
    </Container>
  );
}

function Statement({ quote: { source, policy, sid, index, line, text, because } }: { quote: Quote }) {
  return (
    <div>
      <Box color="text-body-secondary">{`${policy ?? source}, ${t.why.statement(index, sid, line)}`}</Box>
      {because && <div className="break">{because}</div>}
      {text && <pre className="code-text" tabIndex={0}>{text}</pre>}
    </div>
  );
}

/** One click and one confirmation away; what the console cannot do itself is there as commands. */
function Suggestion({ plan, number, onChanged }: { plan: Plan; number: number; onChanged: () => void }) {
  const notify = useNotifications();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const can = plan.changes.length > 0 && plan.changes.every(canApply);
  async function carryOut() {
    setBusy(true);
    try {
      for (const change of plan.changes) await apply(change);
      notify.success(t.why.applied);
      onChanged();
    } catch (error) {
      notify.error(error, t.why.notApplied);
    }
    setBusy(false);
    setAsking(false);
  }
  const commands = <pre className="code-text" tabIndex={0}>{plan.commands.join("\n\n")}</pre>;
  return (
    <Container
      header={<Header variant="h3" description={plan.verified ? t.why.verified : undefined} actions={can && <Button onClick={() => setAsking(true)}>{t.why.apply}</Button>}>{t.why.suggestion(number)}</Header>}
    >
      <SpaceBetween size="s">
        {plan.warning && <Alert type="warning">{plan.warning}</Alert>}
        {commands}
      </SpaceBetween>
      {asking && (
        <Modal
          visible
          header={t.why.applyTitle}
          onDismiss={() => setAsking(false)}
          footer={
            <Box float="right">
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="link" onClick={() => setAsking(false)}>{t.common.cancel}</Button>
                <Button variant="primary" loading={busy} onClick={() => void carryOut()}>{t.common.confirm}</Button>
              </SpaceBetween>
            </Box>
          }
        >
          <SpaceBetween size="s">
            {plan.warning && <Alert type="warning">{plan.warning}</Alert>}
            {t.why.applyNote}
            {commands}
          </SpaceBetween>
        </Modal>
      )}
    </Container>
  );
}

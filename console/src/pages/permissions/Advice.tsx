/** What the server finds before ACLs are disabled: grants in force, requests that needed ACLs, the policy that
 * gives the same, and what changes nevertheless. */
import type { ReactNode } from "react";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import type { Advice } from "../../api/grantry";
import { t } from "../../i18n";

export function AdviceBox({ children }: { children: ReactNode }) {
  return <Container header={<Header variant="h2" description={t.advice.note}>{t.advice.title}</Header>}>{children}</Container>;
}

export function AdviceText({ advice, isHarmless }: { advice: Advice; isHarmless: boolean }) {
  return (
    <SpaceBetween size="m">
      <SpaceBetween size="xxs">
        <StatusIndicator type={isHarmless ? "success" : "warning"}>{isHarmless ? t.advice.harmless : t.advice.harmful}</StatusIndicator>
        <Box color="text-body-secondary">{t.advice.looked(advice.versions, advice.requests_seen)}</Box>
      </SpaceBetween>
      {advice.blockers.length > 0 && (
        <Alert type="error" header={t.advice.blockers}><Lines lines={advice.blockers} /></Alert>
      )}
      <Findings title={t.advice.differences} items={advice.differences} open={!isHarmless} columns={[
        ["who", t.advice.who, ({ who }) => who],
        ["change", t.advice.change, ({ direction, action, expected }) => `${t.advice[direction]} ${action}${expected ? ` (${t.advice.expected})` : ""}`],
        ...counted,
      ]} />
      <Findings title={t.advice.requests} items={advice.requests} open={!isHarmless} columns={[
        ["caller", t.advice.caller, ({ caller }) => caller],
        ["program", t.advice.program, ({ user_agent }) => user_agent],
        ["needed", t.advice.neededAcl, ({ needed_acl }) => needed_acl.toLocaleString()],
        ["sent", t.advice.sentAcl, ({ sent_acl }) => sent_acl.toLocaleString()],
        ["refused", t.advice.refused, ({ would_be_refused, examples }) => withExamples(would_be_refused, examples)],
        ["allowed", t.advice.allowed, ({ would_be_allowed }) => would_be_allowed.toLocaleString()],
      ]} />
      <Findings title={t.advice.lost} items={advice.lost} open columns={[
        ["who", t.advice.who, ({ who }) => who],
        ["what", t.advice.what, ({ what }) => what],
        ["why", t.advice.why, ({ why }) => why],
      ]} />
      <Findings title={t.advice.bucketGrants} items={advice.bucket_grants} columns={granted} />
      <Findings title={t.advice.objectGrants} items={advice.object_grants} columns={[...granted, ...counted]} />
      <Findings title={t.advice.foreign} items={advice.foreign_objects} columns={[["owner", t.advice.owner, ({ owner }) => owner], ...counted]} />
      {advice.notes.length > 0 && <Alert type="info" header={t.advice.notes}><Lines lines={advice.notes} /></Alert>}
      {advice.policy ? <PolicyText policy={advice.policy} added={advice.statements_added} /> : <Box>{t.advice.noPolicy}</Box>}
    </SpaceBetween>
  );
}

/** The first one names the row. */
type Column<T> = readonly [id: string, header: string, cell: (item: T) => ReactNode];

const withExamples = (count: number, examples: string[]): string =>
  examples.length ? `${count.toLocaleString()} (${examples.join(", ")})` : count.toLocaleString();

const granted: readonly Column<{ grantee: string; permission: string }>[] = [
  ["grantee", t.advice.grantee, ({ grantee }) => grantee],
  ["permission", t.advice.permission, ({ permission }) => permission],
];

const counted: readonly Column<{ count: number; examples: string[] }>[] = [
  ["count", t.advice.count, ({ count }) => count.toLocaleString()],
  ["examples", t.advice.examples, ({ examples }) => examples.join(", ") || "–"],
];

interface FindingsProps<T> {
  title: string;
  items: T[];
  columns: readonly Column<T>[];
  open?: boolean;
}

function Findings<T>({ title, items, columns, open = false }: FindingsProps<T>) {
  if (items.length === 0) return null;
  return (
    <ExpandableSection headerText={title} defaultExpanded={open}>
      <Table
        variant="embedded"
        wrapLines
        items={items}
        ariaLabels={{ tableLabel: title }}
        columnDefinitions={columns.map(([id, header, cell], index) => ({
          id, header, isRowHeader: index === 0, cell: (item: T) => <span className="break">{cell(item)}</span>,
        }))}
      />
    </ExpandableSection>
  );
}

function Lines({ lines }: { lines: string[] }) {
  return <ul className="lines">{lines.map((line) => <li key={line} className="break">{line}</li>)}</ul>;
}

function PolicyText({ policy, added }: { policy: string; added: number }) {
  return (
    <SpaceBetween size="xs">
      <Header
        variant="h3"
        actions={
          <CopyToClipboard
            textToCopy={policy}
            copyButtonText={t.common.copy(t.advice.policyText)}
            copySuccessText={t.common.copied}
            copyErrorText={t.common.notCopied}
          />
        }
      >
        {t.advice.policy(added)}
      </Header>
      {/* Focusable, because it scrolls. */}
      <pre className="code-text framed" tabIndex={0} aria-label={t.advice.policyText}>{policy}</pre>
    </SpaceBetween>
  );
}

/** How the checks of the operator's watch went: writing and reading back, profile pictures, media, queues. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import type { Level, Watch } from "../../api/grantry";
import { t } from "../../i18n";

const types: Record<Level, StatusIndicatorProps.Type> = { ok: "success", warning: "warning", failing: "error", unknown: "stopped" };
/** The watch writes every fifteen minutes unless it is told otherwise; after four misses nobody should trust it. */
const STALE_MILLIS = 60 * 60 * 1000;

const timeOf = (millis: number | null): string => (millis === null ? "–" : new Date(millis).toLocaleString());
const isStale = ({ writtenMillis }: Watch): boolean => writtenMillis !== null && Date.now() - writtenMillis > STALE_MILLIS;

export function Watches({ watches }: { watches: Watch[] }) {
  const rows = watches.flatMap((watch) => watch.checks.map((check) => ({ ...check, id: `${watch.name}/${check.check}`, watch })));
  const undelivered = watches.reduce((sum, { undeliveredNotices }) => sum + undeliveredNotices, 0);
  const several = watches.length > 1;
  return (
    <SpaceBetween size="s">
      {watches.filter(({ problem }) => problem).map(({ name, problem }) => (
        <Alert key={name} type="warning" header={t.watch.unreadable(name)}>{problem}</Alert>
      ))}
      {watches.filter(isStale).map(({ name, writtenMillis }) => (
        <Alert key={name} type="warning">{t.watch.stale(name, timeOf(writtenMillis))}</Alert>
      ))}
      {undelivered > 0 && <Alert type="warning">{t.watch.undelivered(undelivered)}</Alert>}
      <Table
        wrapLines
        items={rows}
        trackBy="id"
        ariaLabels={{ tableLabel: t.watch.title }}
        header={<Header variant="h2" description={t.watch.note}>{t.watch.title}</Header>}
        empty={<Box color="text-body-secondary" textAlign="center">{t.watch.none}</Box>}
        columnDefinitions={[
          { id: "check", header: t.watch.check, isRowHeader: true, cell: ({ check, watch }) => `${t.watch.checks[check] ?? check}${several ? ` (${watch.name})` : ""}` },
          { id: "level", header: t.common.state, cell: ({ level }) => <StatusIndicator type={types[level]}>{t.watch.levels[level]}</StatusIndicator> },
          { id: "run", header: t.watch.lastRun, cell: ({ lastRunMillis }) => timeOf(lastRunMillis) },
          { id: "success", header: t.watch.lastSuccess, cell: ({ lastSuccessMillis }) => timeOf(lastSuccessMillis) },
          { id: "details", header: t.watch.details, cell: ({ check, counts, watch }) => (check === "write" ? <Steps watch={watch} /> : countsText(counts)) },
        ]}
      />
    </SpaceBetween>
  );
}

const countsText = (counts: Record<string, number>): string =>
  Object.entries(counts).map(([state, count]) => `${count.toLocaleString()} ${state}`).join(", ") || "–";

function Steps({ watch }: { watch: Watch }) {
  if (watch.steps.length === 0) return "–";
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {watch.steps.map(({ step, isOk, tookMillis }) => (
        <StatusIndicator key={step} type={isOk ? "success" : "error"}>{tookMillis === null ? step : `${step} ${tookMillis} ms`}</StatusIndicator>
      ))}
    </SpaceBetween>
  );
}

/** What the server remembers: refusals by rule and what is stored, over up to ninety days; and what the operator's
 * watch found. */
import { useEffect, useState } from "react";
import Alert from "@cloudscape-design/components/alert";
import BarChart from "@cloudscape-design/components/bar-chart";
import Box from "@cloudscape-design/components/box";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { getHealth } from "../../api/grantry";
import { binsOf, refusalsByRule, SPANS, type Bin, type Span } from "../../api/history";
import { sizeText } from "../../api/size";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { t } from "../../i18n";
import { Watches } from "./Watches";

const LOOK_MILLIS = 60_000;
const RULES_MOST = 6;
const HEIGHT = 220;

export function History() {
  const { value, failure, reload } = useLoaded(getHealth, []);
  const [span, setSpan] = useState<Span>("day");
  useEffect(() => {
    const timer = setInterval(reload, LOOK_MILLIS);
    return () => clearInterval(timer);
  }, [reload]);
  if (failure?.code === "AccessDenied") return <Alert type="info" header={t.history.title}>{failure.message}</Alert>;
  if (failure) return <Failed failure={failure} onRetry={reload} header={t.history.title} />;
  const bins = value ? binsOf(value.hours, span, Date.now()) : [];
  const options = (Object.keys(SPANS) as Span[]).map((id) => ({ id, text: t.history.spans[id] }));
  return (
    <SpaceBetween size="l">
      <Header
        variant="h2"
        description={t.history.note}
        actions={<SegmentedControl label={t.history.span} selectedId={span} options={options} onChange={({ detail }) => setSpan(detail.selectedId as Span)} />}
      >
        {t.history.title}
      </Header>
      <ColumnLayout columns={2}>
        <Refusals bins={bins} span={span} loading={!value} />
        <Stored bins={bins} span={span} loading={!value} />
      </ColumnLayout>
      {value && <Watches watches={value.watches} />}
    </SpaceBetween>
  );
}

interface Props {
  bins: Bin[];
  span: Span;
  loading: boolean;
}

const tick = (span: Span) => (time: Date) =>
  span === "day"
    ? time.toLocaleTimeString(undefined, { hour: "numeric", minute: "2-digit" })
    : time.toLocaleDateString(undefined, { month: "short", day: "numeric", ...(span === "week" ? { hour: "numeric" } : {}) });

function Refusals({ bins, ...props }: Props) {
  const lines = refusalsByRule(bins, RULES_MOST, t.history.otherRules);
  const highest = Math.max(1, ...bins.map(({ refused }) => Object.values(refused).reduce((sum, count) => sum + count, 0)));
  return <Bars {...props} bins={bins} title={t.history.refusals} lines={lines.map(({ rule, counts }) => [rule, counts])} highest={highest} empty={t.health.noRefusals} />;
}

/** Bars, because a line needs two points, and a new server has one. */
function Stored({ bins, ...props }: Props) {
  const bytes = bins.map(({ stored }) => stored?.bytes ?? 0);
  const highest = Math.max(1024, ...bytes) * 1.1;
  return <Bars {...props} bins={bins} title={t.history.stored} lines={[[t.health.bytes, bytes]]} highest={highest} format={sizeText} empty={t.health.waiting} />;
}

interface BarsProps extends Props {
  title: string;
  lines: [name: string, values: number[]][];
  highest: number;
  format?: (value: number) => string;
  empty: string;
}

function Bars({ bins, span, loading, title, lines, highest, format, empty }: BarsProps) {
  return (
    <Container header={<Header variant="h3">{title}</Header>}>
      <BarChart
        height={HEIGHT}
        hideFilter
        hideLegend={lines.length === 1 && format !== undefined}
        stackedBars
        statusType={loading ? "loading" : "finished"}
        loadingText={t.common.loading}
        ariaLabel={title}
        xScaleType="categorical"
        xTitle={t.health.timeAxis}
        yTitle=""
        xDomain={bins.map(({ start }) => start)}
        yDomain={[0, highest]}
        xTickFormatter={tick(span)}
        yTickFormatter={format}
        series={lines.map(([name, values]) => ({ title: name, type: "bar", valueFormatter: format, data: bins.map(({ start }, index) => ({ x: start, y: values[index] ?? 0 })) }))}
        empty={<Box>{empty}</Box>}
      />
    </Container>
  );
}

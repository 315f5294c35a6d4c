/** What the server remembers: refusals by rule and what is stored, over up to ninety days; and what the operator's
 * watch found. */
import { useEffect, useState } from "react";
import Alert from "@cloudscape-design/components/alert";
import BarChart from "@cloudscape-design/components/bar-chart";
import Box from "@cloudscape-design/components/box";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import LineChart from "@cloudscape-design/components/line-chart";
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

function Refusals({ bins, span, loading }: Props) {
  const lines = refusalsByRule(bins, RULES_MOST, t.history.otherRules);
  const highest = Math.max(1, ...bins.map(({ refused }) => Object.values(refused).reduce((sum, count) => sum + count, 0)));
  return (
    <Container header={<Header variant="h3">{t.history.refusals}</Header>}>
      <BarChart
        height={HEIGHT}
        hideFilter
        stackedBars
        statusType={loading ? "loading" : "finished"}
        loadingText={t.common.loading}
        ariaLabel={t.history.refusals}
        xScaleType="categorical"
        xTitle={t.health.timeAxis}
        yTitle=""
        xDomain={bins.map(({ start }) => start)}
        yDomain={[0, highest]}
        xTickFormatter={tick(span)}
        series={lines.map(({ rule, counts }) => ({ title: rule, type: "bar", data: bins.map(({ start }, index) => ({ x: start, y: counts[index] ?? 0 })) }))}
        empty={<Box>{t.health.noRefusals}</Box>}
      />
    </Container>
  );
}

function Stored({ bins, span, loading }: Props) {
  const data = bins.flatMap(({ start, stored }) => (stored ? [{ x: start, y: stored.bytes }] : []));
  const [first, last] = [bins.at(0)?.start, bins.at(-1)?.start];
  return (
    <Container header={<Header variant="h3">{t.history.stored}</Header>}>
      <LineChart
        height={HEIGHT}
        hideFilter
        hideLegend
        statusType={loading ? "loading" : "finished"}
        loadingText={t.common.loading}
        ariaLabel={t.history.stored}
        xScaleType="time"
        xTitle={t.health.timeAxis}
        yTitle=""
        xDomain={first && last ? [first, last] : undefined}
        yDomain={[0, Math.max(1, ...data.map(({ y }) => y)) * 1.1]}
        xTickFormatter={tick(span)}
        yTickFormatter={sizeText}
        series={data.length ? [{ title: t.health.bytes, type: "line", data, valueFormatter: sizeText }] : []}
        empty={<Box>{t.health.waiting}</Box>}
      />
    </Container>
  );
}

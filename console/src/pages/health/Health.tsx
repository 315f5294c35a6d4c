import { useEffect, useState } from "react";
import BarChart from "@cloudscape-design/components/bar-chart";
import Box from "@cloudscape-design/components/box";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import LineChart from "@cloudscape-design/components/line-chart";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { failure as failureOf, type Failure } from "../../api/errors";
import { byLabel, metrics, sum, type Sample } from "../../api/metrics";
import { sizeText } from "../../api/size";
import { Failed } from "../../components/Failed";
import { t } from "../../i18n";
import { History } from "./History";

const LOOK_MILLIS = 5_000;
/** Half an hour of looks. */
const LOOKS_MAX = 360;
/** As many as have room for their names. */
const BARS = 8;

interface Look {
  time: Date;
  samples: Sample[];
}

async function isReady(): Promise<boolean> {
  return (await fetch("/_grantry/health/ready", { credentials: "omit", cache: "no-store" })).ok;
}

function useLooks() {
  const [looks, setLooks] = useState<Look[]>([]);
  const [ready, setReady] = useState<boolean | null>(null);
  const [failed, setFailed] = useState<Failure | null>(null);
  useEffect(() => {
    let over = false;
    const look = async () => {
      try {
        const [samples, isUp] = await Promise.all([metrics(), isReady()]);
        if (over) return;
        setLooks((before) => [...before, { time: new Date(), samples }].slice(-LOOKS_MAX));
        setReady(isUp);
        setFailed(null);
      } catch (error) {
        if (!over) setFailed(failureOf(error));
      }
    };
    void look();
    const timer = setInterval(() => void look(), LOOK_MILLIS);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, []);
  return { looks, ready, failed };
}

type Point = { x: Date; y: number };

/** What a counter grew by between looks, for each second. */
function rates(looks: Look[], count: (samples: Sample[]) => number): Point[] {
  return looks.slice(1).flatMap(({ time, samples }, index) => {
    const before = looks[index];
    if (!before) return [];
    const seconds = (time.getTime() - before.time.getTime()) / 1000;
    return [{ x: time, y: Math.max(0, (count(samples) - count(before.samples)) / seconds) }];
  });
}

const requests = (samples: Sample[]) => sum(samples, "grantry_requests_total");
const refused = (samples: Sample[]) => sum(samples, "grantry_requests_total", ({ status = "" }) => /^[45]/.test(status));

function latencies(looks: Look[]): Point[] {
  const spent = rates(looks, (samples) => sum(samples, "grantry_request_duration_seconds_sum"));
  const counted = rates(looks, (samples) => sum(samples, "grantry_request_duration_seconds_count"));
  return spent.map(({ x, y }, index) => ({ x, y: counted[index]?.y ? (y / counted[index].y) * 1000 : 0 }));
}

export default function Health() {
  const { looks, ready, failed } = useLooks();
  const now = looks.at(-1)?.samples;
  if (failed && !now) return <Failed failure={failed} />;
  if (!now) return <Spinner size="large" />;
  const version = now.find(({ labels }) => labels.version)?.labels.version ?? "–";
  const started = sum(now, "process_start_time_seconds");
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={t.health.note}>{t.health.title}</Header>
      {failed && <Failed failure={failed} />}
      <Container>
        <KeyValuePairs
          columns={4}
          items={[
            { label: t.common.state, value: <StatusIndicator type={ready ? "success" : "error"}>{ready ? t.health.ready : t.health.notReady}</StatusIndicator> },
            { label: t.health.version, value: version },
            { label: t.health.uptime, value: started ? new Date(started * 1000).toLocaleString() : "–" },
            { label: t.health.connections, value: sum(now, "grantry_connections_open") },
            { label: t.health.buckets, value: sum(now, "grantry_stored_buckets").toLocaleString() },
            { label: t.health.objects, value: sum(now, "grantry_stored_objects").toLocaleString() },
            { label: t.health.bytes, value: sizeText(sum(now, "grantry_stored_bytes")) },
          ]}
        />
      </Container>
      <ColumnLayout columns={2}>
        <Lines title={t.health.requests} series={[[t.health.all, rates(looks, requests)], [t.health.failed, rates(looks, refused)]]} />
        <Lines title={t.health.latency} series={[[t.health.all, latencies(looks)]]} />
        <Bars title={t.health.refusals} bars={byLabel(now, "grantry_requests_total", "code").slice(0, BARS)} />
        <Bars title={t.health.operations} bars={byLabel(now, "grantry_requests_total", "operation").slice(0, BARS)} />
      </ColumnLayout>
      <History />
    </SpaceBetween>
  );
}

interface LinesProps {
  title: string;
  series: [title: string, points: Point[]][];
}

function Lines({ title, series }: LinesProps) {
  const format = (value: number) => value.toFixed(1);
  const all = series.flatMap(([, points]) => points);
  return (
    <Container header={<Header variant="h2">{title}</Header>}>
      <LineChart
        height={180}
        hideFilter
        hideLegend={series.length === 1}
        ariaLabel={title}
        xScaleType="time"
        xTitle={t.health.timeAxis}
        yTitle=""
        xTickFormatter={(time) => time.toLocaleTimeString()}
        yTickFormatter={format}
        yDomain={[0, Math.max(1, ...all.map(({ y }) => y)) * 1.1]}
        series={all.length === 0 ? [] : series.map(([name, data]) => ({ title: name, type: "line", data, valueFormatter: format }))}
        empty={<Box>{t.health.waiting}</Box>}
      />
    </Container>
  );
}

function Bars({ title, bars }: { title: string; bars: [string, number][] }) {
  return (
    <Container header={<Header variant="h2">{title}</Header>}>
      <BarChart
        height={240}
        hideFilter
        hideLegend
        horizontalBars
        ariaLabel={title}
        xScaleType="categorical"
        xTitle=""
        yTitle={t.health.count}
        xDomain={bars.map(([name]) => name)}
        yDomain={[0, Math.max(1, ...bars.map(([, value]) => value))]}
        series={bars.length === 0 ? [] : [{ title: t.health.count, type: "bar", data: bars.map(([x, y]) => ({ x, y })) }]}
        empty={<Box>{t.health.noRefusals}</Box>}
      />
    </Container>
  );
}

import { useState } from "react";
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { FLAGS, type Blocks } from "../api/access";
import { failure, type Failure } from "../api/errors";
import { t } from "../i18n";
import { BlockPublicAccessFields } from "./BlockPublicAccessFields";
import { Failed } from "./Failed";
import { useNotifications } from "./notifications";
import { Typed } from "./Typed";

interface Props {
  title: string;
  start: Blocks;
  warning: string;
  save: (blocks: Blocks) => Promise<unknown>;
  onLeave: () => void;
}

/** Of a bucket or an account: every change is confirmed in writing, as on Amazon. */
export function BlockPublicAccessForm({ title, start, warning, save, onLeave }: Props) {
  const notify = useNotifications();
  const [blocks, setBlocks] = useState(start);
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failure | null>(null);
  const opens = FLAGS.some((flag) => start[flag] && !blocks[flag]);
  const closes = FLAGS.some((flag) => !start[flag] && blocks[flag]);

  async function store() {
    setBusy(true);
    setFailed(null);
    try {
      await save(blocks);
      notify.success(t.common.saved(t.bpa.title));
      onLeave();
    } catch (error) {
      setFailed(failure(error));
      setBusy(false);
      setAsking(false);
    }
  }

  return (
    <Form
      header={<Header variant="h1" description={t.bpa.note}>{title}</Header>}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="link" onClick={onLeave}>{t.common.cancel}</Button>
          <Button variant="primary" disabled={!opens && !closes} onClick={() => setAsking(true)}>{t.common.saveChanges}</Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        {failed && <Failed failure={failed} />}
        <Container>
          <SpaceBetween size="m">
            <BlockPublicAccessFields value={blocks} onChange={setBlocks} />
            {opens && <Alert type="warning">{t.bpa.openWarning}</Alert>}
          </SpaceBetween>
        </Container>
      </SpaceBetween>
      {asking && (
        <Typed title={title} word="confirm" action={t.common.confirm} busy={busy} onConfirm={() => void store()} onDismiss={() => setAsking(false)}>
          {opens ? t.bpa.openWarning : warning}
        </Typed>
      )}
    </Form>
  );
}

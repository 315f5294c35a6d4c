import { useRef, useState } from "react";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { deleteAllVersions, type Removal } from "../../api/removal";
import { failure, type Failure } from "../../api/errors";
import { Failed } from "../../components/Failed";
import { Typed } from "../../components/Typed";
import { t } from "../../i18n";

const WORD = "permanently delete";

export function EmptyBucket({ name, onClose }: { name: string; onClose: () => void }) {
  const [removal, setRemoval] = useState<Removal | null>(null);
  const [failed, setFailed] = useState<Failure | null>(null);
  const [over, setOver] = useState(false);
  const stop = useRef(new AbortController());
  async function confirm() {
    setRemoval({ deleted: 0, refused: [] });
    try {
      await deleteAllVersions({ bucket: name, prefix: "", signal: stop.current.signal, onProgress: setRemoval });
    } catch (error) {
      if (!stop.current.signal.aborted) setFailed(failure(error));
    }
    setOver(true);
  }
  if (!removal) {
    return (
      <Typed title={t.buckets.emptyTitle(name)} word={WORD} action={t.buckets.empty} onConfirm={() => void confirm()} onDismiss={onClose}>
        {t.buckets.emptyWarning}
      </Typed>
    );
  }
  const close = () => {
    stop.current.abort();
    onClose();
  };
  return (
    <Modal visible header={t.buckets.emptyTitle(name)} onDismiss={close} footer={<Box float="right"><Button onClick={close}>{over ? t.common.close : t.common.stop}</Button></Box>}>
      <SpaceBetween size="m">
        <StatusIndicator type={!over ? "in-progress" : failed || removal.refused.length ? "error" : "success"}>
          {t.buckets.emptied(removal.deleted)}
        </StatusIndicator>
        {failed && <Failed failure={failed} />}
        {removal.refused.length > 0 && (
          <Alert type="error" header={t.buckets.refused(removal.refused.length)}>
            {removal.refused.slice(0, 20).map(({ key, code }) => <div key={key} className="break">{key}: {code}</div>)}
          </Alert>
        )}
      </SpaceBetween>
    </Modal>
  );
}

/** A dialog that does one thing, and stays with the error where it fails. */
import { useState, type ReactNode } from "react";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { failure, type Failure } from "../api/errors";
import { t } from "../i18n";
import { Failed } from "./Failed";

interface Props {
  title: string;
  action: string;
  disabled?: boolean;
  size?: "medium" | "large";
  children: ReactNode;
  onSubmit: () => Promise<void>;
  onClose: () => void;
}

export function FormDialog({ title, action, disabled, size = "medium", children, onSubmit, onClose }: Props) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failure | null>(null);
  async function submit() {
    setBusy(true);
    setFailed(null);
    try {
      await onSubmit();
    } catch (error) {
      setFailed(failure(error));
      setBusy(false);
    }
  }
  return (
    <Modal
      visible
      size={size}
      header={title}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>{t.common.cancel}</Button>
            <Button variant="primary" loading={busy} disabled={disabled} onClick={() => void submit()}>{action}</Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {failed && <Failed failure={failed} />}
        {children}
      </SpaceBetween>
    </Modal>
  );
}

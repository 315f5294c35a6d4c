/** A question whose answer is typed, so that nobody gives it by accident. */
import { useState, type ReactNode } from "react";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { t } from "../i18n";

interface TypedProps {
  title: string;
  children: ReactNode;
  word: string;
  action: string;
  kind?: "warning" | "error" | "info";
  busy?: boolean;
  onConfirm: () => void;
  onDismiss: () => void;
}

export function Typed({ title, children, word, action, kind = "warning", busy, onConfirm, onDismiss }: TypedProps) {
  const [typed, setTyped] = useState("");
  return (
    <Modal
      visible
      header={title}
      onDismiss={onDismiss}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onDismiss}>{t.common.cancel}</Button>
            <Button variant="primary" disabled={typed !== word} loading={busy} onClick={onConfirm}>{action}</Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Alert type={kind}>{children}</Alert>
        <FormField label={t.common.toConfirm(word)} stretch>
          <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} placeholder={word} autoFocus autoComplete={false} spellcheck={false} />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}

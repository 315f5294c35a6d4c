import { useState } from "react";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { failure, type Failure } from "../../api/errors";
import { session } from "../../api/session";
import { assumeRole } from "../../api/sign-in";
import { t } from "../../i18n";

export default function SwitchRole({ onClose }: { onClose: () => void }) {
  const [account, setAccount] = useState(session().identity.account);
  const [role, setRole] = useState("");
  const [name, setName] = useState("console");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failure | null>(null);

  async function submit() {
    setBusy(true);
    setFailed(null);
    try {
      const arn = role.startsWith("arn:") ? role.trim() : `arn:aws:iam::${account.trim()}:role/${role.trim()}`;
      await assumeRole(arn, name.trim());
      onClose();
    } catch (error) {
      setFailed(failure(error));
      setBusy(false);
    }
  }

  return (
    <Modal
      visible
      header={t.role.title}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>{t.common.cancel}</Button>
            <Button variant="primary" loading={busy} disabled={!role.trim()} onClick={() => void submit()}>{t.role.action}</Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {session().identity.kind === "root" && <Alert type="warning">{t.role.root}</Alert>}
        {failed && <Alert type="error" header={failed.code}>{failed.message}</Alert>}
        <FormField label={t.role.account}>
          <Input value={account} onChange={({ detail }) => setAccount(detail.value)} />
        </FormField>
        <FormField label={t.role.role} description={t.role.roleNote}>
          <Input value={role} onChange={({ detail }) => setRole(detail.value)} autoFocus />
        </FormField>
        <FormField label={t.role.name} description={t.role.nameNote}>
          <Input value={name} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}

/** Shows pages of IAM when there are credentials that IAM takes, and asks for them before. */
import { useState, useSyncExternalStore, type ReactNode } from "react";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { failure, type Failure } from "../../api/errors";
import { keysForIam, lockIam, session, snapshot, subscribe } from "../../api/session";
import { unlock } from "../../api/sign-in";
import { t } from "../../i18n";

export function Unlocked({ children }: { children: ReactNode }) {
  useSyncExternalStore(subscribe, snapshot);
  if (!keysForIam()) return <Unlock />;
  if (session().identity.kind === "role") return children;
  return (
    <SpaceBetween size="s">
      {children}
      <Box color="text-body-secondary" fontSize="body-s">
        {t.iam.unlocked} <Button variant="inline-link" onClick={lockIam}>{t.iam.lock}</Button>
      </Box>
    </SpaceBetween>
  );
}

function Unlock() {
  const [secret, setSecret] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failure | null>(null);
  async function submit() {
    setBusy(true);
    setFailed(null);
    try {
      await unlock(secret.trim());
    } catch (error) {
      setFailed(failure(error));
      setBusy(false);
    }
  }
  return (
    <Container header={<Header variant="h1">{t.iam.locked}</Header>}>
      <form
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <SpaceBetween size="m">
          {t.iam.lockedNote}
          {failed && <Alert type="error" header={failed.code}>{failed.message}</Alert>}
          <FormField label={`${t.signIn.secretAccessKey} (${session().accessKeyId})`}>
            <Input type="password" value={secret} onChange={({ detail }) => setSecret(detail.value)} autoComplete={false} />
          </FormField>
          <Button variant="primary" formAction="submit" loading={busy} disabled={!secret.trim()}>{t.iam.unlock}</Button>
        </SpaceBetween>
      </form>
    </Container>
  );
}

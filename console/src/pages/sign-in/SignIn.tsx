import { useState, type FormEvent } from "react";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Ending } from "../../api/session";
import type { Failure } from "../../api/errors";
import { t } from "../../i18n";

const HOURS = [1, 2, 4, 8, 12];

export function SignIn({ ending }: { ending: Ending | null }) {
  const [accessKeyId, setAccessKeyId] = useState("");
  const [secretAccessKey, setSecret] = useState("");
  const [hours, setHours] = useState(1);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failure | null>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setFailed(null);
    const [{ signIn }, { failure }] = await Promise.all([import("../../api/sign-in"), import("../../api/errors")]);
    try {
      await signIn({ accessKeyId: accessKeyId.trim(), secretAccessKey: secretAccessKey.trim(), seconds: hours * 3600 });
    } catch (error) {
      setFailed(failure(error));
      setBusy(false);
    }
  }

  const options = HOURS.map((count) => ({ value: String(count), label: t.signIn.hours(count) }));
  return (
    <main className="sign-in">
      <SpaceBetween size="l">
        <Box variant="h1" textAlign="center">{t.common.product}</Box>
        {ending && ending !== "signed-out" && <Alert type="info">{t.signIn.ended[ending]}</Alert>}
        <form onSubmit={submit} autoComplete="off">
          <Form actions={<Button variant="primary" formAction="submit" loading={busy}>{t.signIn.action}</Button>}>
            <Container header={<Header variant="h2" description={t.signIn.description}>{t.signIn.title}</Header>}>
              <SpaceBetween size="m">
                {failed && <Alert type="error" header={failed.code}>{failed.message}</Alert>}
                <FormField label={t.signIn.accessKeyId}>
                  <Input value={accessKeyId} onChange={({ detail }) => setAccessKeyId(detail.value)} autoFocus autoComplete={false} spellcheck={false} />
                </FormField>
                <FormField label={t.signIn.secretAccessKey}>
                  <Input type="password" value={secretAccessKey} onChange={({ detail }) => setSecret(detail.value)} autoComplete={false} />
                </FormField>
                <FormField label={t.signIn.duration} description={t.signIn.durationNote}>
                  <Select
                    selectedOption={options.find(({ value }) => value === String(hours)) ?? null}
                    options={options}
                    onChange={({ detail }) => setHours(Number(detail.selectedOption.value))}
                  />
                </FormField>
              </SpaceBetween>
            </Container>
          </Form>
        </form>
        <Box color="text-body-secondary" fontSize="body-s">{t.signIn.memory}</Box>
      </SpaceBetween>
    </main>
  );
}

import { useState } from "react";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { createKey, deleteKey, keysOf, setKey } from "../../api/iam";
import { CopyId } from "../../components/CopyId";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { useNotifications } from "../../components/notifications";
import { Typed } from "../../components/Typed";
import { t } from "../../i18n";

interface Fresh {
  id: string;
  secret: string;
}

/** As the IAM console writes it. */
function save(user: string, { id, secret }: Fresh): void {
  const text = `Access key ID,Secret access key\r\n${id},${secret}\r\n`;
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${user}_accessKeys.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 0);
}

export function AccessKeys({ user }: { user: string }) {
  const notify = useNotifications();
  const { value, failure, loading, reload } = useLoaded(() => keysOf(user), [user]);
  const [fresh, setFresh] = useState<Fresh | null>(null);
  const [doomed, setDoomed] = useState<string | null>(null);
  const told = (promise: Promise<unknown>) => promise.then(reload, (error: unknown) => notify.error(error, t.iam.keys));
  if (failure) return <Failed failure={failure} onRetry={reload} header={t.iam.keys} />;
  return (
    <>
      <Table
        items={value ?? []}
        loading={loading}
        loadingText={t.common.loading}
        ariaLabels={{ tableLabel: t.iam.keys }}
        empty={<Box textAlign="center">{t.iam.none(t.iam.keys)}</Box>}
        header={<Header variant="h2" actions={<Button onClick={() => void told(createKey(user).then(setFresh))}>{t.iam.createKey}</Button>}>{t.iam.keys}</Header>}
        columnDefinitions={[
          { id: "id", header: t.iam.keyId, isRowHeader: true, cell: ({ id }) => id },
          { id: "state", header: t.common.state, cell: ({ isActive }) => <StatusIndicator type={isActive ? "success" : "stopped"}>{t.iam.states[isActive ? "Active" : "Inactive"]}</StatusIndicator> },
          { id: "created", header: t.iam.created, cell: ({ created }) => created?.toLocaleString() ?? "–" },
          { id: "used", header: t.iam.lastUsed, cell: ({ lastUsed }) => lastUsed?.toLocaleString() ?? t.iam.never },
          {
            id: "actions",
            header: t.common.actions,
            cell: ({ id, isActive }) => {
              const change = isActive ? t.iam.deactivate : t.iam.activate;
              return (
                <SpaceBetween direction="horizontal" size="s">
                  <Button variant="inline-link" ariaLabel={`${change} ${id}`} onClick={() => void told(setKey(user, id, !isActive))}>{change}</Button>
                  <Button variant="inline-link" ariaLabel={`${t.common.delete} ${id}`} onClick={() => setDoomed(id)}>{t.common.delete}</Button>
                </SpaceBetween>
              );
            },
          },
        ]}
      />
      {fresh && (
        <Modal visible header={t.iam.keyTitle} onDismiss={() => setFresh(null)} footer={<Box float="right"><SpaceBetween direction="horizontal" size="xs"><Button onClick={() => save(user, fresh)}>{t.iam.download}</Button><Button variant="primary" onClick={() => setFresh(null)}>{t.common.close}</Button></SpaceBetween></Box>}>
          <SpaceBetween size="m">
            <Alert type="warning">{t.iam.keyOnce}</Alert>
            <FormField label={t.iam.keyId}><CopyId value={fresh.id} label={t.iam.keyId} /></FormField>
            <FormField label={t.iam.secret}><CopyId value={fresh.secret} label={t.iam.secret} /></FormField>
          </SpaceBetween>
        </Modal>
      )}
      {doomed && (
        <Typed title={t.iam.deleteTitle(doomed)} word="delete" action={t.common.delete} onConfirm={() => { setDoomed(null); void told(deleteKey(user, doomed)); }} onDismiss={() => setDoomed(null)}>
          {t.iam.deleteKeyWarning}
        </Typed>
      )}
    </>
  );
}

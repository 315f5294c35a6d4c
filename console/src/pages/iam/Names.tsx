import { useState } from "react";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import Table from "@cloudscape-design/components/table";
import { Failed } from "../../components/Failed";
import { FormDialog } from "../../components/Form";
import { useLoaded } from "../../components/load";
import { useNotifications } from "../../components/notifications";
import { href } from "../../router";
import { t } from "../../i18n";

interface Props {
  title: string;
  label: string;
  action: string;
  to: "users" | "groups";
  load: () => Promise<string[]>;
  add: (name: string) => Promise<void>;
  remove: (name: string) => Promise<void>;
}

/** Members of a group, or groups of a user. */
export function Names({ title, label, action, to, load, add, remove }: Props) {
  const notify = useNotifications();
  const { value, failure, loading, reload } = useLoaded(load, [title]);
  const [name, setName] = useState<string | null>(null);
  const submit = async () => {
    await add(name ?? "");
    setName(null);
    reload();
  };
  const take = (each: string) => remove(each).then(reload, (error: unknown) => notify.error(error, each));
  if (failure) return <Failed failure={failure} onRetry={reload} header={title} />;
  return (
    <>
      <Table
        items={(value ?? []).map((each) => ({ name: each }))}
        loading={loading}
        loadingText={t.common.loading}
        ariaLabels={{ tableLabel: title }}
        empty={<Box textAlign="center">{t.iam.none(title)}</Box>}
        header={<Header variant="h2" actions={<Button onClick={() => setName("")}>{action}</Button>}>{title}</Header>}
        columnDefinitions={[
          { id: "name", header: t.common.name, isRowHeader: true, cell: (each) => <Link href={href(["iam", to, each.name])}>{each.name}</Link> },
          { id: "actions", header: t.common.actions, cell: (each) => <Button variant="inline-link" ariaLabel={`${t.common.remove} ${each.name}`} onClick={() => void take(each.name)}>{t.common.remove}</Button> },
        ]}
      />
      {name !== null && (
        <FormDialog title={action} action={t.common.add} disabled={!name.trim()} onSubmit={submit} onClose={() => setName(null)}>
          <FormField label={label}><Input value={name} onChange={({ detail }) => setName(detail.value)} autoFocus /></FormField>
        </FormDialog>
      )}
    </>
  );
}

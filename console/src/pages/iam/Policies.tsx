import { useState } from "react";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { attach, deleteInline, detach, inlineOf, policiesOf, putInline } from "../../api/iam";
import { DocumentEditor, indented, problemsOf } from "../../components/DocumentEditor";
import { Failed } from "../../components/Failed";
import { FormDialog } from "../../components/Form";
import { useLoaded } from "../../components/load";
import { useNotifications } from "../../components/notifications";
import { Typed } from "../../components/Typed";
import { href } from "../../router";
import { t } from "../../i18n";

const BEGINNING = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:ListAllMyBuckets", Resource: "*" }] }, null, 2);

type Asked = { kind: "attach"; arn: string } | { kind: "inline"; name: string; document: string; isNew: boolean } | { kind: "delete"; name: string };

export function Policies({ noun, name }: { noun: "users" | "groups" | "roles"; name: string }) {
  const notify = useNotifications();
  const { value, failure, loading, reload } = useLoaded(() => policiesOf(noun, name), [noun, name]);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [busy, setBusy] = useState(false);
  const done = () => {
    setAsked(null);
    setBusy(false);
    reload();
  };
  const told = (promise: Promise<void>, what: string) => promise.catch((error: unknown) => notify.error(error, what)).then(done);
  const edit = (policy: string) =>
    inlineOf(noun, name, policy).then((document) => setAsked({ kind: "inline", name: policy, document: indented(document), isNew: false }), (error: unknown) => notify.error(error, policy));
  if (failure) return <Failed failure={failure} onRetry={reload} />;
  return (
    <SpaceBetween size="l">
      <Table
        items={value?.attached ?? []}
        loading={loading}
        loadingText={t.common.loading}
        ariaLabels={{ tableLabel: t.iam.attached }}
        empty={<Box textAlign="center">{t.iam.none(t.iam.attached)}</Box>}
        header={<Header variant="h2" actions={<Button onClick={() => setAsked({ kind: "attach", arn: "" })}>{t.iam.attach}</Button>}>{t.iam.attached}</Header>}
        columnDefinitions={[
          { id: "name", header: t.common.name, isRowHeader: true, cell: (each) => <Link href={href(["iam", "policies", each.arn])}>{each.name}</Link> },
          { id: "arn", header: t.iam.arn, cell: ({ arn }) => <span className="break">{arn}</span> },
          { id: "actions", header: t.common.actions, cell: (each) => <Button variant="inline-link" ariaLabel={`${t.iam.detach} ${each.name}`} onClick={() => void told(detach(noun, name, each.arn), each.name)}>{t.iam.detach}</Button> },
        ]}
      />
      <Table
        items={(value?.inline ?? []).map((policy) => ({ policy }))}
        loading={loading}
        loadingText={t.common.loading}
        ariaLabels={{ tableLabel: t.iam.inline }}
        empty={<Box textAlign="center">{t.iam.none(t.iam.inline)}</Box>}
        header={<Header variant="h2" actions={<Button onClick={() => setAsked({ kind: "inline", name: "", document: BEGINNING, isNew: true })}>{t.iam.addInline}</Button>}>{t.iam.inline}</Header>}
        columnDefinitions={[
          { id: "name", header: t.common.name, isRowHeader: true, cell: ({ policy }) => policy },
          {
            id: "actions",
            header: t.common.actions,
            cell: ({ policy }) => (
              <SpaceBetween direction="horizontal" size="s">
                <Button variant="inline-link" ariaLabel={`${t.common.edit} ${policy}`} onClick={() => void edit(policy)}>{t.common.edit}</Button>
                <Button variant="inline-link" ariaLabel={`${t.common.delete} ${policy}`} onClick={() => setAsked({ kind: "delete", name: policy })}>{t.common.delete}</Button>
              </SpaceBetween>
            ),
          },
        ]}
      />
      {asked?.kind === "attach" && (
        <FormDialog title={t.iam.attach} action={t.iam.attach} disabled={!asked.arn.trim()} onSubmit={async () => { await attach(noun, name, asked.arn.trim()); done(); }} onClose={() => setAsked(null)}>
          <FormField label={t.iam.policyArn} stretch><Input value={asked.arn} placeholder="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" onChange={({ detail }) => setAsked({ ...asked, arn: detail.value })} autoFocus spellcheck={false} /></FormField>
        </FormDialog>
      )}
      {asked?.kind === "inline" && (
        <FormDialog
          title={asked.isNew ? t.iam.addInline : asked.name}
          action={t.common.saveChanges}
          size="large"
          disabled={!asked.name || problemsOf(asked.document).length > 0}
          onSubmit={async () => { await putInline(noun, name, asked.name, asked.document); done(); }}
          onClose={() => setAsked(null)}
        >
          {asked.isNew && <FormField label={t.iam.policyName}><Input value={asked.name} onChange={({ detail }) => setAsked({ ...asked, name: detail.value })} autoFocus spellcheck={false} /></FormField>}
          <DocumentEditor value={asked.document} label={t.iam.document} of="identity" onChange={(document) => setAsked({ ...asked, document })} />
        </FormDialog>
      )}
      {asked?.kind === "delete" && (
        <Typed title={t.iam.deleteTitle(asked.name)} word="delete" action={t.common.delete} busy={busy} onConfirm={() => { setBusy(true); void told(deleteInline(noun, name, asked.name), asked.name); }} onDismiss={() => setAsked(null)}>
          {t.policy.deleteWarning}
        </Typed>
      )}
    </SpaceBetween>
  );
}

import { useState } from "react";
import { useCollection } from "@cloudscape-design/collection-hooks";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { create, list, NOUNS, remove, type Noun, type Principal } from "../../api/iam";
import { session } from "../../api/session";
import { DocumentEditor, problemsOf } from "../../components/DocumentEditor";
import { Failed } from "../../components/Failed";
import { FormDialog } from "../../components/Form";
import { useLoaded } from "../../components/load";
import { useNotifications } from "../../components/notifications";
import { Typed } from "../../components/Typed";
import { href } from "../../router";
import { t } from "../../i18n";
import type { PageProps } from "../pages";
import { Simulator } from "./Simulator";

const PAGE_ROWS = 25;

export default function Lists({ names: [page = ""] }: PageProps) {
  const noun = NOUNS.find((each) => each === page);
  if (page === "simulator") return <Simulator />;
  if (!noun) return <Alert type="warning" header={t.errors.noPage}>{page}</Alert>;
  return <List noun={noun} />;
}

function List({ noun }: { noun: Noun }) {
  const notify = useNotifications();
  const title = t.nav[noun];
  const { value, failure, loading, reload } = useLoaded(() => list(noun), [noun]);
  const [asked, setAsked] = useState<"create" | "delete" | null>(null);
  const [busy, setBusy] = useState(false);
  const { items, collectionProps, filterProps, paginationProps } = useCollection(value ?? [], {
    filtering: { fields: ["name"], empty: <Box textAlign="center" padding="l">{t.iam.none(title)}</Box>, noMatch: t.common.noMatch },
    pagination: { pageSize: PAGE_ROWS },
    sorting: { defaultState: { sortingColumn: { sortingField: "name" } } },
    selection: { trackBy: "arn" },
  });
  const selected = collectionProps.selectedItems?.[0];
  if (failure) return <Failed failure={failure} onRetry={reload} header={title} />;
  async function confirmDelete(principal: Principal) {
    setBusy(true);
    try {
      await remove(noun, principal);
      notify.success(t.iam.wasDeleted(principal.name));
    } catch (error) {
      notify.error(error, principal.name);
    }
    setBusy(false);
    setAsked(null);
    reload();
  }
  return (
    <>
      <Table
        {...collectionProps}
        variant="container"
        selectionType="single"
        items={items}
        loading={loading}
        loadingText={t.common.loading}
        isItemDisabled={({ isProvided }) => isProvided === true}
        ariaLabels={{ tableLabel: title, selectionGroupLabel: title, itemSelectionLabel: (_, { name }) => name }}
        header={
          <Header
            variant="h1"
            counter={value && `(${value.length})`}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button iconName="refresh" ariaLabel={t.common.refresh} onClick={reload} />
                <Button disabled={!selected} onClick={() => setAsked("delete")}>{t.common.delete}</Button>
                <Button variant="primary" onClick={() => setAsked("create")}>{t.iam.create[noun]}</Button>
              </SpaceBetween>
            }
          >
            {title}
          </Header>
        }
        filter={<TextFilter {...filterProps} filteringPlaceholder={t.iam.find(title)} filteringAriaLabel={t.iam.find(title)} />}
        pagination={<Pagination {...paginationProps} ariaLabels={t.common.pagination} />}
        columnDefinitions={[
          { id: "name", header: t.common.name, sortingField: "name", isRowHeader: true, cell: ({ name, arn }) => <Link href={href(["iam", noun, noun === "policies" ? arn : name])}>{name}</Link> },
          ...(noun === "policies"
            ? [
                { id: "type", header: t.iam.managedBy, cell: ({ isProvided }: Principal) => (isProvided ? t.iam.aws : t.iam.own) },
                { id: "attachments", header: t.iam.attachments, cell: ({ attachments }: Principal) => attachments ?? "–" },
              ]
            : []),
          { id: "path", header: t.iam.path, cell: ({ path }) => path },
          { id: "created", header: t.iam.created, cell: ({ created }) => created?.toLocaleString() ?? "–" },
          { id: "arn", header: t.iam.arn, cell: ({ arn }) => <span className="break">{arn}</span> },
        ]}
      />
      {asked === "create" && <Create noun={noun} onClose={() => setAsked(null)} onDone={() => { setAsked(null); reload(); }} />}
      {asked === "delete" && selected && (
        <Typed title={t.iam.deleteTitle(selected.name)} word={selected.name} action={t.common.delete} busy={busy} onConfirm={() => void confirmDelete(selected)} onDismiss={() => setAsked(null)}>
          {t.iam.deleteWarning}
        </Typed>
      )}
    </>
  );
}

/** What the document of a new role or policy begins with. */
function beginning(noun: Noun): string {
  const statement = noun === "roles"
    ? { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${session().identity.account}:root` }, Action: "sts:AssumeRole" }
    : { Effect: "Allow", Action: ["s3:ListBucket", "s3:GetObject"], Resource: ["arn:aws:s3:::my-bucket", "arn:aws:s3:::my-bucket/*"] };
  return noun === "roles" || noun === "policies" ? JSON.stringify({ Version: "2012-10-17", Statement: [statement] }, null, 2) : "";
}

function Create({ noun, onClose, onDone }: { noun: Noun; onClose: () => void; onDone: () => void }) {
  const notify = useNotifications();
  const [name, setName] = useState("");
  const [document, setDocument] = useState(() => beginning(noun));
  const submit = async () => {
    await create(noun, name, document);
    notify.success(t.iam.wasCreated(name));
    onDone();
  };
  const wrong = document !== "" && problemsOf(document).length > 0;
  return (
    <FormDialog title={t.iam.create[noun]} action={t.common.create} disabled={!name || wrong} size={document ? "large" : "medium"} onSubmit={submit} onClose={onClose}>
      <FormField label={t.common.name}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} autoFocus autoComplete={false} spellcheck={false} />
      </FormField>
      {document !== "" && <DocumentEditor value={document} label={noun === "roles" ? t.iam.trust : t.iam.document} of={noun === "roles" ? "role" : "identity"} onChange={setDocument} />}
    </FormDialog>
  );
}

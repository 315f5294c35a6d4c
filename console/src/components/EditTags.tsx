/** A container with tags that can be edited in place. */
import { useState } from "react";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { t } from "../i18n";
import { Failed } from "./Failed";
import { useLoaded } from "./load";
import { useNotifications } from "./notifications";
import { TagFields, type Pair } from "./TagFields";

interface Props {
  title: string;
  none: string;
  add: string;
  most: number;
  note?: string;
  load: () => Promise<Pair[]>;
  save: (pairs: Pair[]) => Promise<unknown>;
  keys: readonly unknown[];
}

export function EditPairs({ title, none, add, most, note, load, save, keys }: Props) {
  const notify = useNotifications();
  const { value, failure, loading, reload } = useLoaded(load, keys);
  const [edited, setEdited] = useState<Pair[] | null>(null);
  const [busy, setBusy] = useState(false);
  async function store() {
    setBusy(true);
    try {
      await save(edited ?? []);
      notify.success(t.common.saved(title));
      setEdited(null);
      reload();
    } catch (error) {
      notify.error(error, title);
    }
    setBusy(false);
  }
  const actions = edited ? (
    <SpaceBetween direction="horizontal" size="xs">
      <Button variant="link" onClick={() => setEdited(null)}>{t.common.cancel}</Button>
      <Button variant="primary" loading={busy} onClick={() => void store()}>{t.common.save}</Button>
    </SpaceBetween>
  ) : (
    <Button disabled={!value} ariaLabel={`${t.common.edit}: ${title}`} onClick={() => setEdited(value ?? [])}>{t.common.edit}</Button>
  );
  return (
    <Container header={<Header variant="h2" description={note} actions={actions}>{title}</Header>}>
      {failure && <Failed failure={failure} onRetry={reload} />}
      {loading && !value && <Spinner />}
      {edited && <TagFields pairs={edited} most={most} add={add} none={none} onChange={setEdited} />}
      {!edited && value && (value.length === 0 ? none : (
        <KeyValuePairs columns={2} minColumnWidth={240} items={value.map((pair) => ({ label: pair.key, value: <span className="break">{pair.value || "–"}</span> }))} />
      ))}
    </Container>
  );
}

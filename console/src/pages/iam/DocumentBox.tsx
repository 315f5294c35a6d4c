import { useState } from "react";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Spinner from "@cloudscape-design/components/spinner";
import type { PolicyOf } from "../../api/analyzer";
import { DocumentEditor, indented, problemsOf } from "../../components/DocumentEditor";
import { Failed } from "../../components/Failed";
import { FormDialog } from "../../components/Form";
import { useLoaded } from "../../components/load";
import { useNotifications } from "../../components/notifications";
import { t } from "../../i18n";

/** One document, and a dialog to change it where that may be. */
export function DocumentBox({ title, of, load, save }: { title: string; of: PolicyOf; load: () => Promise<string>; save?: (text: string) => Promise<void> }) {
  const notify = useNotifications();
  const { value, failure, reload } = useLoaded(load, [title]);
  const [edited, setEdited] = useState<string | null>(null);
  const submit = async () => {
    await save?.(edited ?? "");
    notify.success(t.common.saved(title));
    setEdited(null);
    reload();
  };
  const actions = save && <Button disabled={value === undefined} ariaLabel={`${t.common.edit}: ${title}`} onClick={() => setEdited(indented(value ?? ""))}>{t.common.edit}</Button>;
  return (
    <Container header={<Header variant="h2" actions={actions}>{title}</Header>}>
      {failure && <Failed failure={failure} onRetry={reload} />}
      {value === undefined && !failure && <Spinner />}
      {value !== undefined && <pre className="code-text" tabIndex={0}>{indented(value)}</pre>}
      {edited !== null && (
        <FormDialog title={title} action={t.common.saveChanges} size="large" disabled={problemsOf(edited).length > 0} onSubmit={submit} onClose={() => setEdited(null)}>
          <DocumentEditor value={edited} label={title} of={of} onChange={setEdited} />
        </FormDialog>
      )}
    </Container>
  );
}

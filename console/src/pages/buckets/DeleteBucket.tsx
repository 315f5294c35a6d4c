import { useState } from "react";
import { DeleteBucketCommand } from "@aws-sdk/client-s3";
import { s3 } from "../../api/clients";
import { useNotifications } from "../../components/notifications";
import { Typed } from "../../components/Typed";
import { t } from "../../i18n";

export function DeleteBucket({ name, onClose, onDone }: { name: string; onClose: () => void; onDone: () => void }) {
  const notify = useNotifications();
  const [busy, setBusy] = useState(false);
  async function confirm() {
    setBusy(true);
    try {
      await s3().send(new DeleteBucketCommand({ Bucket: name }));
      notify.success(t.buckets.deleted(name));
      onDone();
    } catch (error) {
      notify.error(error, t.buckets.notDeleted(name));
    }
    onClose();
  }
  return (
    <Typed title={t.buckets.deleteTitle(name)} word={name} action={t.buckets.delete} busy={busy} onConfirm={() => void confirm()} onDismiss={onClose}>
      {t.buckets.deleteWarning}
    </Typed>
  );
}

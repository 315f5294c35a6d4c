/** What is done to selected objects, each in a dialog. */
import { useRef, useState } from "react";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { s3 } from "../../api/clients";
import { failure, type Failure } from "../../api/errors";
import { copy, folderOf, move, nameOf, presigned } from "../../api/objects";
import { deleteBatch, deletePrefix, type Removal } from "../../api/removal";
import { everyKey } from "../../api/listing";
import { CopyId } from "../../components/CopyId";
import { Failed } from "../../components/Failed";
import { useNotifications } from "../../components/notifications";
import { Typed } from "../../components/Typed";
import { t } from "../../i18n";
import type { Entry } from "./listing";

export type Action = "link" | "copy" | "move" | "rename" | "delete" | "folder";

interface Props {
  action: Action;
  bucket: string;
  prefix: string;
  entries: Entry[];
  onClose: () => void;
  onDone: () => void;
}

export function Actions(props: Props) {
  const entry = props.entries[0];
  switch (props.action) {
    case "folder": return <CreateFolder {...props} />;
    case "delete": return <Delete {...props} />;
    case "copy": case "move": return <Transfer {...props} />;
    case "rename": return entry ? <Rename {...props} entry={entry} /> : null;
    case "link": return entry ? <ShareLink {...props} entry={entry} /> : null;
  }
}

interface AskProps {
  title: string;
  label: string;
  note?: string;
  start: string;
  action: string;
  onClose: () => void;
  onAnswer: (answer: string) => Promise<void>;
}

/** One question with one line as its answer. */
function Ask({ title, label, note, start, action, onClose, onAnswer }: AskProps) {
  const [answer, setAnswer] = useState(start);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failure | null>(null);
  async function submit() {
    setBusy(true);
    setFailed(null);
    try {
      await onAnswer(answer);
    } catch (error) {
      setFailed(failure(error));
      setBusy(false);
    }
  }
  return (
    <Modal
      visible
      header={title}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>{t.common.cancel}</Button>
            <Button variant="primary" loading={busy} disabled={!answer} onClick={() => void submit()}>{action}</Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {failed && <Failed failure={failed} />}
        <FormField label={label} description={note} stretch>
          <Input value={answer} onChange={({ detail }) => setAnswer(detail.value)} autoFocus autoComplete={false} spellcheck={false} />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}

function CreateFolder({ bucket, prefix, onClose, onDone }: Props) {
  const notify = useNotifications();
  const create = async (name: string) => {
    const Key = `${prefix}${name.replace(/\/+$/, "")}/`;
    await s3().send(new PutObjectCommand({ Bucket: bucket, Key, Body: "" }));
    notify.success(t.objects.folderCreated(name));
    onDone();
  };
  return <Ask title={t.objects.createFolder} label={t.objects.folderName} note={t.objects.folderNote} start="" action={t.objects.createFolder} onClose={onClose} onAnswer={create} />;
}

function Rename({ bucket, entry, onClose, onDone }: Props & { entry: Entry }) {
  const notify = useNotifications();
  const rename = async (name: string) => {
    const { key, versionId } = entry;
    const to = folderOf(key) + name;
    if (to !== key) await move({ bucket, key, versionId }, { bucket, key: to });
    notify.success(t.objects.renamed(nameOf(key), name));
    onDone();
  };
  return <Ask title={t.objects.rename} label={t.objects.newName} note={t.objects.copyNote} start={nameOf(entry.key)} action={t.objects.rename} onClose={onClose} onAnswer={rename} />;
}

function Transfer({ action, bucket, prefix, entries, onClose, onDone }: Props) {
  const notify = useNotifications();
  const moves = action === "move";
  const transfer = async (target: string) => {
    const match = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(target);
    if (!match?.[1]) throw Object.assign(new Error(t.objects.badTarget), { name: "InvalidTarget" });
    const [, to, folder = ""] = match;
    const base = folder && !folder.endsWith("/") ? `${folder}/` : folder;
    let count = 0;
    for (const entry of entries) {
      // A folder must not be copied into itself while it is listed.
      if (entry.isFolder && to === bucket && base.startsWith(entry.key)) throw Object.assign(new Error(t.objects.intoItself), { name: "InvalidTarget" });
      for await (const key of entry.isFolder ? everyKey(bucket, entry.key) : [entry.key]) {
        const name = { bucket: to, key: base + key.slice(prefix.length) };
        if (name.bucket === bucket && name.key === key) throw Object.assign(new Error(t.objects.intoItself), { name: "InvalidTarget" });
        const from = { bucket, key, versionId: entry.isFolder ? undefined : entry.versionId };
        await (moves ? move(from, name) : copy(from, name));
        count += 1;
      }
    }
    notify.success(moves ? t.objects.moved(count) : t.objects.copied(count));
    onDone();
  };
  return (
    <Ask
      title={moves ? t.objects.move : t.objects.copy}
      label={t.objects.target}
      note={t.objects.copyNote}
      start={`s3://${bucket}/${prefix}`}
      action={moves ? t.objects.move : t.objects.copy}
      onClose={onClose}
      onAnswer={transfer}
    />
  );
}

function Delete({ bucket, entries, onClose, onDone }: Props) {
  const notify = useNotifications();
  const [removal, setRemoval] = useState<Removal | null>(null);
  const [failed, setFailed] = useState<Failure | null>(null);
  const stop = useRef(new AbortController());
  const forGood = entries.some(({ versionId }) => versionId);
  async function confirm() {
    let all: Removal = { deleted: 0, refused: [] };
    setRemoval(all);
    try {
      const keys = entries.filter(({ isFolder }) => !isFolder).map(({ key, versionId }) => ({ Key: key, VersionId: versionId }));
      all = await deleteBatch(bucket, keys, all);
      for (const { key } of entries.filter(({ isFolder }) => isFolder)) {
        const before = all;
        const add = ({ deleted, refused }: Removal) => ({ deleted: before.deleted + deleted, refused: [...before.refused, ...refused] });
        all = add(await deletePrefix({ bucket, prefix: key, signal: stop.current.signal, onProgress: (now) => setRemoval(add(now)) }));
      }
      setRemoval(all);
      if (all.refused.length) return;
      notify.success(t.objects.deleted(all.deleted));
      onDone();
    } catch (error) {
      if (!stop.current.signal.aborted) setFailed(failure(error));
    }
  }
  if (!removal) {
    return (
      <Typed title={t.objects.deleteTitle(entries.length)} word={forGood ? t.objects.forGoodWord : t.objects.deleteWord} action={t.common.delete} onConfirm={() => void confirm()} onDismiss={onClose}>
        {forGood ? t.objects.forGoodWarning : t.objects.deleteWarning}
        <ul>{entries.slice(0, 10).map(({ id, key, versionId }) => <li key={id} className="break">{key}{versionId ? ` (${versionId})` : ""}</li>)}</ul>
        {entries.length > 10 && t.common.more(entries.length - 10)}
      </Typed>
    );
  }
  const close = () => {
    stop.current.abort();
    onDone();
  };
  return (
    <Modal visible header={t.objects.deleteTitle(entries.length)} onDismiss={close} footer={<Box float="right"><Button onClick={close}>{t.common.close}</Button></Box>}>
      <SpaceBetween size="m">
        <StatusIndicator type={failed || removal.refused.length ? "error" : "in-progress"}>{t.buckets.emptied(removal.deleted)}</StatusIndicator>
        {failed && <Failed failure={failed} />}
        {removal.refused.length > 0 && (
          <Alert type="error" header={t.buckets.refused(removal.refused.length)}>
            {removal.refused.slice(0, 20).map(({ key, code }) => <div key={key} className="break">{key}: {code}</div>)}
          </Alert>
        )}
      </SpaceBetween>
    </Modal>
  );
}

const MINUTES = [5, 15, 60, 360, 720];

export function ShareLink({ bucket, entry, onClose }: Pick<Props, "bucket" | "onClose"> & { entry: Pick<Entry, "key" | "versionId"> }) {
  const [minutes, setMinutes] = useState(15);
  const [link, setLink] = useState("");
  const [failed, setFailed] = useState<Failure | null>(null);
  const make = () =>
    presigned({ bucket, ...entry }, minutes * 60, false).then(setLink, (error: unknown) => setFailed(failure(error)));
  const options = MINUTES.map((count) => ({ value: String(count), label: t.objects.minutes(count) }));
  return (
    <Modal visible header={t.objects.link} onDismiss={onClose} footer={<Box float="right"><Button onClick={onClose}>{t.common.close}</Button></Box>}>
      <SpaceBetween size="m">
        <Alert type="info">{t.objects.linkNote}</Alert>
        {failed && <Failed failure={failed} />}
        <FormField label={t.objects.linkDuration}>
          <Select selectedOption={options.find(({ value }) => value === String(minutes)) ?? null} options={options} onChange={({ detail }) => { setMinutes(Number(detail.selectedOption.value)); setLink(""); }} />
        </FormField>
        {link ? <CopyId value={link} label={t.objects.link} /> : <Button onClick={() => void make()}>{t.objects.makeLink}</Button>}
      </SpaceBetween>
    </Modal>
  );
}

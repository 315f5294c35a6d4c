/** The page on which an ACL is edited: nothing is stored until it is saved as a whole. */
import { useState } from "react";
import type { Grant } from "@aws-sdk/client-s3";
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { grantsOf, isPublicRow, problemsOf, rowsOf, type Resource } from "../api/acl";
import { failure, type Failure } from "../api/errors";
import { t } from "../i18n";
import { AclTable } from "./AclTable";
import { Failed } from "./Failed";

interface Props {
  resource: Resource;
  title: string;
  owner: string;
  grants: readonly Grant[];
  /** The owner of the bucket that an object is in. */
  bucketOwner?: string;
  /** Public grants are stored, but Block Public Access lets nobody use them. */
  ignored: boolean;
  save: (grants: Grant[]) => Promise<unknown>;
  onDone: () => void;
  onCancel: () => void;
}

export function AclForm({ resource, title, owner, grants, bucketOwner, ignored, save, onDone, onCancel }: Props) {
  const [original] = useState(() => rowsOf(grants, owner, resource));
  const [rows, setRows] = useState(original);
  const [acknowledged, setAcknowledged] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failure | null>(null);
  const isPublic = rows.some(isPublicRow);
  const publicWrite = rows.some((row) => isPublicRow(row) && (row.permissions.includes("WRITE") || row.permissions.includes("WRITE_ACP")));
  const others = rows.some(({ kind, permissions }) => kind === "account" && permissions.length > 0);
  const combined = rows.some((row) => row.grants.length > new Set(row.grants.map(({ Permission }) => Permission)).size);
  const wrong = problemsOf(rows, resource).size > 0;

  async function store() {
    setBusy(true);
    setFailed(null);
    try {
      await save(rows.flatMap((row) => grantsOf(row, resource)));
      onDone();
    } catch (error) {
      setFailed(failure(error));
      setBusy(false);
    }
  }

  return (
    <Form
      header={<Header variant="h1" description={t.acl.note}>{title}</Header>}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="link" onClick={onCancel}>{t.common.cancel}</Button>
          <Button variant="primary" loading={busy} disabled={wrong || (isPublic && !acknowledged)} onClick={() => void store()}>{t.common.saveChanges}</Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        {failed && <Failed failure={failed} header={t.acl.notSaved} />}
        <Container header={<Header variant="h2">{t.acl.title}</Header>}>
          <SpaceBetween size="m">
            <AclTable resource={resource} rows={rows} original={original} bucketOwner={bucketOwner} onChange={setRows} />
            {combined && <Alert type="info">{t.acl.combined}</Alert>}
          </SpaceBetween>
        </Container>
        {others && <Alert type="info">{t.acl.othersWarning}</Alert>}
        {isPublic && ignored && <Alert type="info">{t.acl.ignored}</Alert>}
        {isPublic && (
          <Alert type="warning" header={t.acl.publicTitle}>
            <SpaceBetween size="s">
              {resource === "bucket" ? t.acl.bucketPublicWarning : t.acl.objectPublicWarning}
              {publicWrite && (resource === "bucket" ? t.acl.bucketWriteWarning : t.acl.objectWriteWarning)}
              <Checkbox checked={acknowledged} onChange={({ detail }) => setAcknowledged(detail.checked)}>{t.acl.acknowledge}</Checkbox>
            </SpaceBetween>
          </Alert>
        )}
      </SpaceBetween>
    </Form>
  );
}

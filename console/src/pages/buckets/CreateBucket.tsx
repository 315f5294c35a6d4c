import { useState } from "react";
import {
  CreateBucketCommand, DeletePublicAccessBlockCommand, PutBucketEncryptionCommand, PutBucketVersioningCommand,
  PutPublicAccessBlockCommand, type ObjectOwnership, type ServerSideEncryption,
} from "@aws-sdk/client-s3";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { FLAGS, type Blocks } from "../../api/access";
import { s3 } from "../../api/clients";
import { failure, type Failure } from "../../api/errors";
import { session } from "../../api/session";
import { BlockPublicAccessFields, EVERYTHING_BLOCKED } from "../../components/BlockPublicAccessFields";
import { Failed } from "../../components/Failed";
import { useNotifications } from "../../components/notifications";
import { OwnershipFields } from "../../components/OwnershipFields";
import { href, navigate } from "../../router";
import { t } from "../../i18n";

interface Wanted {
  name: string;
  ownership: ObjectOwnership;
  blocks: Blocks;
  versioning: boolean;
  encryption: ServerSideEncryption | "default";
}

/** Creates the bucket and then its settings; says which of them failed. */
async function create({ name, ownership, blocks, versioning, encryption }: Wanted): Promise<void> {
  const Bucket = name;
  const { region } = session();
  const CreateBucketConfiguration = region === "us-east-1" ? undefined : { LocationConstraint: region as never };
  await s3().send(new CreateBucketCommand({ Bucket, ObjectOwnership: ownership, CreateBucketConfiguration }));
  if (FLAGS.some((flag) => blocks[flag])) {
    await s3().send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: blocks }));
  } else {
    await s3().send(new DeletePublicAccessBlockCommand({ Bucket }));
  }
  if (versioning) {
    await s3().send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  }
  if (encryption !== "default") {
    const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: encryption } }];
    await s3().send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
  }
}

export default function CreateBucket() {
  const notify = useNotifications();
  const [name, setName] = useState("");
  const [ownership, setOwnership] = useState<ObjectOwnership>("BucketOwnerEnforced");
  const [aclsAcknowledged, setAclsAcknowledged] = useState(false);
  const [blocks, setBlocks] = useState<Blocks>(EVERYTHING_BLOCKED);
  const [openAcknowledged, setOpenAcknowledged] = useState(false);
  const [versioning, setVersioning] = useState(false);
  const [encryption, setEncryption] = useState<Wanted["encryption"]>("default");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failure | null>(null);
  const isOpen = FLAGS.some((flag) => !blocks[flag]);
  const missing = (isOpen && !openAcknowledged) || (ownership !== "BucketOwnerEnforced" && !aclsAcknowledged);

  async function submit() {
    setBusy(true);
    setFailed(null);
    try {
      await create({ name, ownership, blocks, versioning, encryption });
      notify.success(t.buckets.wasCreated(name));
      navigate(href(["buckets", name, "objects"]));
    } catch (error) {
      setFailed(failure(error));
      setBusy(false);
    }
  }

  return (
    <Form
      header={<Header variant="h1" description={t.buckets.createNote}>{t.buckets.create}</Header>}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="link" onClick={() => navigate(href(["buckets"]))}>{t.common.cancel}</Button>
          <Button variant="primary" loading={busy} disabled={!name || missing} onClick={() => void submit()}>{t.buckets.create}</Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        {failed && <Failed failure={failed} header={t.buckets.notCreated} />}
        <Container header={<Header variant="h2">{t.buckets.general}</Header>}>
          <FormField label={t.buckets.name} constraintText={t.buckets.nameRules}>
            <Input value={name} onChange={({ detail }) => setName(detail.value)} placeholder="my-bucket" autoFocus autoComplete={false} spellcheck={false} />
          </FormField>
        </Container>
        <Container header={<Header variant="h2" description={t.ownership.note}>{t.ownership.title}</Header>}>
          <OwnershipFields value={ownership} onChange={setOwnership} acknowledged={aclsAcknowledged} onAcknowledge={setAclsAcknowledged} />
        </Container>
        <Container header={<Header variant="h2" description={t.bpa.note}>{t.bpa.ofBucket}</Header>}>
          <SpaceBetween size="m">
            <BlockPublicAccessFields value={blocks} onChange={setBlocks} />
            {isOpen && (
              <Alert type="warning">
                <SpaceBetween size="s">
                  {t.bpa.openWarning}
                  <Checkbox checked={openAcknowledged} onChange={({ detail }) => setOpenAcknowledged(detail.checked)}>{t.bpa.acknowledge}</Checkbox>
                </SpaceBetween>
              </Alert>
            )}
          </SpaceBetween>
        </Container>
        <Container header={<Header variant="h2" description={t.versioning.note}>{t.versioning.title}</Header>}>
          <RadioGroup
            ariaLabel={t.versioning.title}
            value={versioning ? "on" : "off"}
            onChange={({ detail }) => setVersioning(detail.value === "on")}
            items={[{ value: "off", label: t.versioning.disable }, { value: "on", label: t.versioning.enable }]}
          />
        </Container>
        <Container header={<Header variant="h2" description={t.encryption.note}>{t.encryption.title}</Header>}>
          <RadioGroup
            ariaLabel={t.encryption.title}
            value={encryption}
            onChange={({ detail }) => setEncryption(detail.value as Wanted["encryption"])}
            items={[
              { value: "default", label: t.encryption.default, description: t.encryption.defaultNote },
              { value: "AES256", label: t.encryption.s3 },
              { value: "aws:kms", label: t.encryption.kms, description: t.encryption.kmsNote },
            ]}
          />
        </Container>
        <Box color="text-body-secondary">{t.buckets.afterwards}</Box>
      </SpaceBetween>
    </Form>
  );
}

import { useState } from "react";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { t } from "../../i18n";

const OBJECT_ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion", "s3:DeleteObjectVersion", "s3:GetObjectAcl", "s3:PutObjectAcl", "s3:GetObjectTagging", "s3:PutObjectTagging", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];
const BUCKET_ACTIONS = ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation", "s3:GetBucketAcl", "s3:GetBucketPolicy", "s3:GetBucketVersioning", "s3:PutBucketVersioning"];

interface Props {
  bucket: string;
  disabled: boolean;
  onAdd: (statement: object) => void;
}

/** Makes a statement of choices; the resources follow from the actions. */
export function StatementBuilder({ bucket, disabled, onAdd }: Props) {
  const [effect, setEffect] = useState("Allow");
  const [principal, setPrincipal] = useState("*");
  const [actions, setActions] = useState<string[]>([]);
  const [prefix, setPrefix] = useState("");
  const choice = (value: string) => ({ value, label: value });
  const groups = [
    { label: t.builder.objectActions, options: OBJECT_ACTIONS.map(choice) },
    { label: t.builder.bucketActions, options: BUCKET_ACTIONS.map(choice) },
  ];
  function add() {
    const arn = `arn:aws:s3:::${bucket}`;
    const resources = [
      ...(actions.some((each) => BUCKET_ACTIONS.includes(each)) ? [arn] : []),
      ...(actions.some((each) => OBJECT_ACTIONS.includes(each)) ? [`${arn}/${prefix}*`] : []),
    ];
    const one = (all: string[]) => (all.length === 1 ? all[0] : all);
    const who = principal.trim() === "*" ? "*" : { AWS: one(principal.split(/[\s,]+/).filter(Boolean)) };
    onAdd({ Effect: effect, Principal: who, Action: one(actions), Resource: one(resources) });
    setActions([]);
  }
  return (
    <ExpandableSection variant="container" headerText={t.builder.title} headerDescription={t.builder.note}>
      <SpaceBetween size="m">
        <FormField label={t.builder.effect}>
          <Select selectedOption={choice(effect)} options={["Allow", "Deny"].map(choice)} onChange={({ detail }) => setEffect(detail.selectedOption.value ?? "Allow")} />
        </FormField>
        <FormField label={t.builder.principal} description={t.builder.principalNote}>
          <Input value={principal} onChange={({ detail }) => setPrincipal(detail.value)} spellcheck={false} />
        </FormField>
        <FormField label={t.builder.actions}>
          <Multiselect
            selectedOptions={actions.map(choice)}
            options={groups}
            filteringType="auto"
            placeholder={t.builder.chooseActions}
            onChange={({ detail }) => setActions(detail.selectedOptions.map(({ value }) => value ?? ""))}
          />
        </FormField>
        <FormField label={t.builder.prefix} description={t.builder.prefixNote}>
          <Input value={prefix} onChange={({ detail }) => setPrefix(detail.value)} placeholder="public/" spellcheck={false} />
        </FormField>
        <Button disabled={disabled || actions.length === 0 || !principal.trim()} onClick={add}>{t.builder.add}</Button>
      </SpaceBetween>
    </ExpandableSection>
  );
}

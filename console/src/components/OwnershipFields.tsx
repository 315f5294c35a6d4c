/** Object Ownership: ACLs disabled, or enabled with who owns what others write. */
import type { ObjectOwnership } from "@aws-sdk/client-s3";
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import { t } from "../i18n";

interface Props {
  value: ObjectOwnership;
  onChange: (value: ObjectOwnership) => void;
  acknowledged: boolean;
  onAcknowledge: (acknowledged: boolean) => void;
}

export function OwnershipFields({ value, onChange, acknowledged, onAcknowledge }: Props) {
  const enabled = value !== "BucketOwnerEnforced";
  return (
    <SpaceBetween size="m">
      <Tiles
        ariaLabel={t.ownership.title}
        value={enabled ? "enabled" : "disabled"}
        onChange={({ detail }) => onChange(detail.value === "enabled" ? "BucketOwnerPreferred" : "BucketOwnerEnforced")}
        items={[
          { value: "disabled", label: t.ownership.disabled, description: t.ownership.disabledNote },
          { value: "enabled", label: t.ownership.enabled, description: t.ownership.enabledNote },
        ]}
      />
      {enabled && (
        <Alert type="warning">
          <SpaceBetween size="s">
            {t.ownership.enabledWarning}
            <Checkbox checked={acknowledged} onChange={({ detail }) => onAcknowledge(detail.checked)}>
              {t.ownership.acknowledge}
            </Checkbox>
          </SpaceBetween>
        </Alert>
      )}
      {enabled && (
        <FormField label={t.ownership.title}>
          <RadioGroup
            value={value}
            onChange={({ detail }) => onChange(detail.value as ObjectOwnership)}
            items={[
              { value: "BucketOwnerPreferred", label: t.ownership.preferred, description: t.ownership.preferredNote },
              { value: "ObjectWriter", label: t.ownership.writer, description: t.ownership.writerNote },
            ]}
          />
        </FormField>
      )}
      {value === "BucketOwnerPreferred" && <Alert type="info">{t.ownership.preferredHint}</Alert>}
    </SpaceBetween>
  );
}

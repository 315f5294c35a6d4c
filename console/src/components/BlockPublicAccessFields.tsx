/** The four settings of Block Public Access, and all of them in one. */
import Box from "@cloudscape-design/components/box";
import Checkbox from "@cloudscape-design/components/checkbox";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { FLAGS, type Blocks } from "../api/access";
import { t } from "../i18n";

export const NOTHING_BLOCKED: Blocks = {
  BlockPublicAcls: false, IgnorePublicAcls: false, BlockPublicPolicy: false, RestrictPublicBuckets: false,
};

export const EVERYTHING_BLOCKED: Blocks = {
  BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true,
};

interface Props {
  value: Blocks;
  onChange: (value: Blocks) => void;
}

export function BlockPublicAccessFields({ value, onChange }: Props) {
  const on = FLAGS.filter((flag) => value[flag]).length;
  return (
    <SpaceBetween size="s">
      <Checkbox
        checked={on === FLAGS.length}
        indeterminate={on > 0 && on < FLAGS.length}
        onChange={({ detail }) => onChange(detail.checked ? EVERYTHING_BLOCKED : NOTHING_BLOCKED)}
        description={t.bpa.allNote}
      >
        <b>{t.bpa.all}</b>
      </Checkbox>
      <Box padding={{ left: "xl" }}>
        <SpaceBetween size="s">
          {FLAGS.map((flag) => (
            <Checkbox
              key={flag}
              checked={value[flag]}
              onChange={({ detail }) => onChange({ ...value, [flag]: detail.checked })}
              description={t.bpa.notes[flag]}
            >
              {t.bpa.flags[flag]}
            </Checkbox>
          ))}
        </SpaceBetween>
      </Box>
    </SpaceBetween>
  );
}

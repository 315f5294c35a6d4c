/** Pairs of key and value: tags, and metadata. */
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Input from "@cloudscape-design/components/input";
import { t } from "../i18n";

export interface Pair {
  key: string;
  value: string;
}

interface Props {
  pairs: Pair[];
  most: number;
  add: string;
  none: string;
  onChange: (pairs: Pair[]) => void;
}

export function TagFields({ pairs, most, add, none, onChange }: Props) {
  const change = (index: number, part: Partial<Pair>) =>
    onChange(pairs.map((pair, at) => (at === index ? { ...pair, ...part } : pair)));
  return (
    <AttributeEditor
      items={pairs}
      addButtonText={add}
      empty={none}
      removeButtonText={t.common.remove}
      removeButtonAriaLabel={(pair: Pair) => `${t.common.remove} ${pair.key}`}
      disableAddButton={pairs.length >= most}
      onAddButtonClick={() => onChange([...pairs, { key: "", value: "" }])}
      onRemoveButtonClick={({ detail }) => onChange(pairs.filter((_, at) => at !== detail.itemIndex))}
      definition={[
        {
          label: t.common.key,
          control: ({ key }: Pair, index: number) => (
            <Input value={key} ariaLabel={`${t.common.key} ${index + 1}`} onChange={({ detail }) => change(index, { key: detail.value })} />
          ),
        },
        {
          label: t.common.value,
          control: ({ value }: Pair, index: number) => (
            <Input value={value} ariaLabel={`${t.common.value} ${index + 1}`} onChange={({ detail }) => change(index, { value: detail.value })} />
          ),
        },
      ]}
    />
  );
}

export const fromRecord = (record: Record<string, string> | undefined): Pair[] =>
  Object.entries(record ?? {}).map(([key, value]) => ({ key, value }));

export const toRecord = (pairs: Pair[]): Record<string, string> =>
  Object.fromEntries(pairs.filter(({ key }) => key).map(({ key, value }) => [key, value]));

export const toTags = (pairs: Pair[]) => pairs.filter(({ key }) => key).map(({ key, value }) => ({ Key: key, Value: value }));

export const fromTags = (tags: { Key?: string; Value?: string }[] | undefined): Pair[] =>
  (tags ?? []).map(({ Key = "", Value = "" }) => ({ key: Key, value: Value }));

/** The table of an ACL, to read and to edit, with the words of the S3 console. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { ACCOUNTS_MAX, isOffered, PERMISSIONS, problemsOf, type AclRow, type Resource, type Single } from "../api/acl";
import { t } from "../i18n";

interface Props {
  resource: Resource;
  rows: AclRow[];
  /** As it is stored; only with it are the boxes editable. */
  original?: AclRow[];
  /** The owner of the bucket that an object is in. */
  bucketOwner?: string;
  onChange?: (rows: AclRow[]) => void;
}

const columnsOf = { bucket: [["READ", "WRITE"], ["READ_ACP", "WRITE_ACP"]], object: [["READ"], ["READ_ACP", "WRITE_ACP"]] } as const;

export function AclTable({ resource, rows, original, bucketOwner, onChange }: Props) {
  const problems = onChange ? problemsOf(rows, resource) : new Map();
  const accounts = rows.filter(({ kind }) => kind === "account").length;
  const change = (index: number, part: Partial<AclRow>) =>
    onChange?.(rows.map((row, at) => (at === index ? { ...row, ...part } : row)));
  const add = () => onChange?.([...rows, { kind: "account", id: "", permissions: [], grants: [] }]);
  const indexed = rows.map((row, index) => ({ row, index }));
  type Item = (typeof indexed)[number];

  const grantee = ({ row, index }: Item) => {
    const isNew = row.kind === "account" && row.grants.length === 0;
    const problem = problems.get(index);
    return (
      <SpaceBetween size="xxs">
        <b>{t.acl.grantees[resource][row.kind]}</b>
        {isNew && onChange ? (
          <FormField errorText={problem && problem !== "no-id" ? t.acl.problems[problem as "bad-id"] : undefined} stretch>
            <Input value={row.id} ariaLabel={t.acl.canonicalId} placeholder={t.acl.canonicalId} onChange={({ detail }) => change(index, { id: detail.value.trim() })} autoComplete={false} spellcheck={false} />
          </FormField>
        ) : (
          <Box color="text-body-secondary" fontSize="body-s">
            <span className="break">{row.kind === "owner" || row.kind === "account" ? `${t.acl.canonicalId}: ${row.id}` : t.acl.groupNotes[row.kind]}</span>
          </Box>
        )}
        {row.kind === "account" && onChange && (
          <Button variant="inline-link" ariaLabel={`${t.common.remove} ${row.id}`} onClick={() => onChange(rows.filter((_, at) => at !== index))}>{t.common.remove}</Button>
        )}
      </SpaceBetween>
    );
  };
  const box = ({ row, index }: Item, permission: Single) => {
    const label = t.acl.words[resource][permission as keyof (typeof t.acl.words)[typeof resource]] as string;
    const before = original?.find(({ kind, id }) => kind === row.kind && id === row.id);
    const offered = isOffered(row, permission, resource, onChange ? before : row, bucketOwner);
    // Write for other accounts is a box that cannot be ticked, for groups there is none (CON-3, CON-4).
    if (!offered && row.kind !== "account") return <Box key={permission} color="text-status-inactive">{`${label}: ${t.acl.notOffered}`}</Box>;
    const checked = row.permissions.includes(permission);
    if (!onChange) return <div key={permission}>{`${checked ? "✓" : "–"} ${label}`}</div>;
    const next = checked ? row.permissions.filter((each) => each !== permission) : PERMISSIONS[resource].filter((each) => each === permission || row.permissions.includes(each));
    const aria = `${t.acl.grantees[resource][row.kind]}${row.kind === "account" ? ` ${row.id}` : ""}: ${t.acl.full[resource][permission as "READ"]}`;
    return <Checkbox key={permission} checked={checked} disabled={!offered} ariaLabel={aria} onChange={() => change(index, { permissions: next })}>{label}</Checkbox>;
  };
  const column = (id: string, header: string, permissions: readonly Single[]): TableProps.ColumnDefinition<Item> => ({
    id, header, minWidth: 130, cell: (item) => <SpaceBetween size="xxs">{permissions.map((permission) => box(item, permission))}</SpaceBetween>,
  });
  return (
    <SpaceBetween size="s">
      <Table
        variant="embedded"
        wrapLines
        items={indexed}
        trackBy={({ index }) => String(index)}
        ariaLabels={{ tableLabel: t.acl.title }}
        columnDefinitions={[
          { id: "grantee", header: t.acl.grantee, isRowHeader: true, cell: grantee, minWidth: 220 },
          column("data", t.acl.columns[resource].data, columnsOf[resource][0]),
          column("acl", t.acl.columns[resource].acl, columnsOf[resource][1]),
        ]}
      />
      <ExpandableSection headerText={t.acl.meaningTitle}>
        <SpaceBetween size="xs">
          <dl className="meanings">
            {PERMISSIONS[resource].map((permission) => (
              <div key={permission}>
                <dt>{t.acl.full[resource][permission as "READ"]}</dt>
                <dd>{t.acl.meanings[resource][permission as "READ"]}</dd>
              </div>
            ))}
          </dl>
          <Box color="text-body-secondary" fontSize="body-s">{t.acl.ownerNote}</Box>
          {onChange && <Box color="text-body-secondary" fontSize="body-s">{t.acl.writeNote[resource]}</Box>}
        </SpaceBetween>
      </ExpandableSection>
      {problems.has(-1) && <Alert type="error">{t.acl.problems["too-many-grants"]}</Alert>}
      {onChange && (
        <SpaceBetween size="xxs">
          <Button iconName="add-plus" disabled={accounts >= ACCOUNTS_MAX} onClick={add}>{resource === "bucket" ? t.acl.addGrantee : t.acl.addAccount}</Button>
          <Box color="text-body-secondary" fontSize="body-s">{t.acl.accountsLeft(ACCOUNTS_MAX - accounts)}</Box>
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}

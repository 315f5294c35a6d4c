import { GetObjectAclCommand, PutObjectAclCommand } from "@aws-sdk/client-s3";
import Alert from "@cloudscape-design/components/alert";
import Spinner from "@cloudscape-design/components/spinner";
import { bucketFacts } from "../../api/access";
import { s3 } from "../../api/clients";
import { AclForm } from "../../components/AclForm";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { useNotifications } from "../../components/notifications";
import { href, navigate } from "../../router";
import { t } from "../../i18n";
import type { PageProps } from "../pages";

export default function EditObjectAcl({ names: [Bucket = ""], query }: PageProps) {
  const notify = useNotifications();
  const Key = query.get("key") ?? "";
  const VersionId = query.get("versionId") ?? undefined;
  const at = { Bucket, Key, VersionId };
  const { value, failure, reload } = useLoaded(async () => {
    const [facts, acl] = await Promise.all([bucketFacts(Bucket), s3().send(new GetObjectAclCommand(at))]);
    return { facts, acl };
  }, [Bucket, Key, VersionId]);
  const back = () => navigate(href(["buckets", Bucket, "object"], { key: Key, versionId: VersionId, tab: "permissions" }));
  if (failure) return <Failed failure={failure} onRetry={reload} />;
  if (!value) return <Spinner size="large" />;
  if (value.facts.ownership === "BucketOwnerEnforced") return <Alert type="info">{t.acl.disabled}</Alert>;
  const Owner = value.acl.Owner;
  return (
    <AclForm
      resource="object"
      title={t.acl.editOf(VersionId ? `${Key} (${VersionId})` : Key)}
      owner={Owner?.ID ?? ""}
      grants={value.acl.Grants ?? []}
      bucketOwner={value.facts.owner}
      ignored={value.facts.blocks.IgnorePublicAcls}
      save={(Grants) => s3().send(new PutObjectAclCommand({ ...at, AccessControlPolicy: { Owner, Grants } }))}
      onDone={() => {
        notify.success(t.common.saved(t.acl.title));
        back();
      }}
      onCancel={back}
    />
  );
}

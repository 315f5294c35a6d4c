import { PutPublicAccessBlockCommand } from "@aws-sdk/client-s3";
import Spinner from "@cloudscape-design/components/spinner";
import { blocksOf, bucketBlocks } from "../../api/access";
import { s3 } from "../../api/clients";
import { BlockPublicAccessForm } from "../../components/BlockPublicAccessForm";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { href, navigate } from "../../router";
import { t } from "../../i18n";
import type { PageProps } from "../pages";

export default function EditBlockPublicAccess({ names: [Bucket = ""] }: PageProps) {
  const { value, failure, reload } = useLoaded(async () => blocksOf(await bucketBlocks(Bucket)), [Bucket]);
  if (failure) return <Failed failure={failure} onRetry={reload} />;
  if (!value) return <Spinner size="large" />;
  return (
    <BlockPublicAccessForm
      title={t.bpa.editOf(Bucket)}
      start={value}
      warning={t.bpa.bucketConfirm}
      save={(blocks) => s3().send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: blocks }))}
      onLeave={() => navigate(href(["buckets", Bucket, "permissions"]))}
    />
  );
}

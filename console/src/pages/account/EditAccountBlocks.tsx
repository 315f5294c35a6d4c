import { PutPublicAccessBlockCommand } from "@aws-sdk/client-s3-control";
import Spinner from "@cloudscape-design/components/spinner";
import { accountBlocks, blocksOf } from "../../api/access";
import { s3control } from "../../api/clients";
import { session } from "../../api/session";
import { BlockPublicAccessForm } from "../../components/BlockPublicAccessForm";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { href, navigate } from "../../router";
import { t } from "../../i18n";

export default function EditAccountBlocks() {
  const { account } = session().identity;
  const { value, failure, reload } = useLoaded(async () => blocksOf(await accountBlocks()), [account]);
  if (failure) return <Failed failure={failure} onRetry={reload} />;
  if (!value) return <Spinner size="large" />;
  return (
    <BlockPublicAccessForm
      title={t.bpa.editOf(account)}
      start={value}
      warning={t.bpa.accountConfirm}
      save={async (PublicAccessBlockConfiguration) => (await s3control()).send(new PutPublicAccessBlockCommand({ AccountId: account, PublicAccessBlockConfiguration }))}
      onLeave={() => navigate(href(["account"]))}
    />
  );
}

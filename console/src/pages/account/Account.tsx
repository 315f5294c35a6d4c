import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { accountBlocks, blocksOf, FLAGS } from "../../api/access";
import { session } from "../../api/session";
import { CopyId } from "../../components/CopyId";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { href, navigate } from "../../router";
import { t } from "../../i18n";

export default function Account() {
  const { identity, canonicalId, expires } = session();
  const { value, failure, reload } = useLoaded(async () => blocksOf(await accountBlocks()), [identity.account]);
  const edit = <Button ariaLabel={`${t.common.edit}: ${t.bpa.title}`} onClick={() => navigate(href(["account", "block-public-access"]))}>{t.common.edit}</Button>;
  return (
    <SpaceBetween size="l">
      <Header variant="h1">{t.account.title}</Header>
      <Container>
        <KeyValuePairs
          columns={2} minColumnWidth={240}
          items={[
            { label: t.account.id, value: <CopyId value={identity.account} label={t.account.id} /> },
            { label: t.account.canonicalId, value: canonicalId ? <CopyId value={canonicalId} label={t.account.canonicalId} /> : t.account.unknownId },
            { label: t.account.arn, value: <CopyId value={identity.arn} label={t.account.arn} /> },
            { label: t.account.until, value: expires.toLocaleString() },
          ]}
        />
      </Container>
      <Container header={<Header variant="h2" description={t.account.blocksNote} actions={edit}>{t.bpa.ofAccount}</Header>}>
        {failure && <Failed failure={failure} onRetry={reload} />}
        {!failure && !value && <Spinner />}
        {value && FLAGS.map((flag) => (
          <div key={flag}>
            <StatusIndicator type={value[flag] ? "success" : "info"}>{`${t.bpa.flags[flag]}: ${value[flag] ? t.common.on : t.common.off}`}</StatusIndicator>
          </div>
        ))}
      </Container>
    </SpaceBetween>
  );
}

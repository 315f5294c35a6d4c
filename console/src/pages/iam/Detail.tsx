import Alert from "@cloudscape-design/components/alert";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { documentOf, groupsOf, join, leave, membersOf, NOUNS, setDocument, setTrust, trustOf, type Noun } from "../../api/iam";
import { t } from "../../i18n";
import type { PageProps } from "../pages";
import { AccessKeys } from "./AccessKeys";
import { DocumentBox } from "./DocumentBox";
import { Names } from "./Names";
import { Policies } from "./Policies";

export default function Detail({ names: [page = "", name = ""] }: PageProps) {
  const noun = NOUNS.find((each) => each === page);
  if (!noun) return <Alert type="warning" header={t.errors.noPage}>{page}</Alert>;
  return <One noun={noun} name={name} />;
}

function One({ noun, name }: { noun: Noun; name: string }) {
  const title = noun === "policies" ? (name.split("/").at(-1) ?? name) : name;
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={noun === "policies" && <span className="break">{name}</span>}><span className="break">{title}</span></Header>
      {noun === "policies" && (
        <DocumentBox title={t.iam.document} of="identity" load={() => documentOf(name)} save={name.startsWith("arn:aws:iam::aws:") ? undefined : (text) => setDocument(name, text)} />
      )}
      {noun === "roles" && <DocumentBox title={t.iam.trust} of="role" load={() => trustOf(name)} save={(text) => setTrust(name, text)} />}
      {noun !== "policies" && <Policies noun={noun} name={name} />}
      {noun === "users" && <AccessKeys user={name} />}
      {noun === "users" && <Names title={t.iam.groupsOf} label={t.iam.groupName} action={t.iam.addToGroup} to="groups" load={() => groupsOf(name)} add={(group) => join(group, name)} remove={(group) => leave(group, name)} />}
      {noun === "groups" && <Names title={t.iam.members} label={t.iam.userName} action={t.iam.addUser} to="users" load={() => membersOf(name)} add={(user) => join(name, user)} remove={(user) => leave(name, user)} />}
    </SpaceBetween>
  );
}

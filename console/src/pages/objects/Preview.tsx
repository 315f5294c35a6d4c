/**
 * Looks into an object. What somebody uploaded never becomes a document of our origin: text is shown as
 * text, whatever it says of itself, and pictures as pictures, in which scripts do not run.
 */
import { useEffect, useState } from "react";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { s3 } from "../../api/clients";
import { head, nameOf, type ObjectName } from "../../api/objects";
import { previewKind, TEXT_BYTES_MAX, PICTURE_BYTES_MAX, type PreviewKind } from "../../api/preview";
import { Failed } from "../../components/Failed";
import { useLoaded } from "../../components/load";
import { t } from "../../i18n";

interface Shown {
  kind: PreviewKind;
  size: number;
  text?: string;
  bytes?: Uint8Array<ArrayBuffer>;
}

async function look({ bucket, key, versionId }: ObjectName): Promise<Shown> {
  const about = await head({ bucket, key, versionId });
  const size = about.ContentLength ?? 0;
  const kind = previewKind(about.ContentType ?? "", nameOf(key));
  if (kind.as === "nothing" || size === 0 || (kind.as === "picture" && size > PICTURE_BYTES_MAX)) return { kind, size };
  const Range = kind.as === "text" ? `bytes=0-${TEXT_BYTES_MAX - 1}` : undefined;
  const answer = await s3().send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId, Range, IfMatch: about.ETag }));
  const bytes = (await answer.Body?.transformToByteArray()) as Uint8Array<ArrayBuffer> | undefined;
  if (kind.as === "picture") return { kind, size, bytes };
  return { kind, size, text: new TextDecoder("utf-8", { fatal: false }).decode(bytes) };
}

export default function Preview({ name }: { name: ObjectName }) {
  const { value, failure, reload } = useLoaded(() => look(name), [name.bucket, name.key, name.versionId]);
  if (failure) return <Failed failure={failure} onRetry={reload} />;
  if (!value) return <Spinner />;
  return (
    <Container header={<Header variant="h2" description={t.preview.note}>{t.preview.title}</Header>}>
      <Content shown={value} alt={nameOf(name.key)} />
    </Container>
  );
}

function Content({ shown: { kind, size, text, bytes }, alt }: { shown: Shown; alt: string }) {
  if (size === 0) return <Box>{t.preview.empty}</Box>;
  if (text !== undefined) {
    return (
      <SpaceBetween size="s">
        {size > TEXT_BYTES_MAX && <Alert type="info">{t.preview.beginning}</Alert>}
        <pre className="code-text" tabIndex={0}>{text}</pre>
      </SpaceBetween>
    );
  }
  if (bytes && kind.as === "picture") return <Picture bytes={bytes} type={kind.type} alt={alt} />;
  return <Alert type="info">{kind.as === "picture" ? t.preview.tooLarge : t.preview.none}</Alert>;
}

function Picture({ bytes, type, alt }: { bytes: Uint8Array<ArrayBuffer>; type: string; alt: string }) {
  const [address, setAddress] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes], { type }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes, type]);
  return address ? <img className="preview-picture" src={address} alt={alt} /> : <Spinner />;
}

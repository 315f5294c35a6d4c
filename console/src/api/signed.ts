/** Requests to those of the server's APIs that need no SDK of their own, signed like everything else. */
import { session } from "./session";

interface Request {
  /** What the signature is scoped to. */
  service: string;
  path: string;
  /** The type of the body. */
  type: string;
  headers?: Record<string, string>;
}

export async function post<T>({ service, path, type, headers = {} }: Request, body: object): Promise<T> {
  const [{ SignatureV4 }, { Sha256 }] = await Promise.all([import("@smithy/signature-v4"), import("@aws-crypto/sha256-browser")]);
  const { keys, region } = session();
  const signer = new SignatureV4({ service, region, credentials: keys, sha256: Sha256 });
  const text = JSON.stringify(body);
  const signed = await signer.sign({
    method: "POST", protocol: location.protocol, hostname: location.hostname, path, query: {}, body: text,
    headers: { host: location.host, "content-type": type, ...headers },
  });
  const { host: _, ...sent } = signed.headers;
  const answer = await fetch(path, { method: "POST", headers: sent, body: text, credentials: "omit" });
  const content = await answer.text();
  if (answer.ok) return JSON.parse(content) as T;
  throw refusal(content, answer);
}

/** An error of the JSON protocol, or of S3 where the server has no such API. */
function refusal(content: string, answer: Response): Error {
  let code = /<Code>([^<]*)<\/Code>/.exec(content)?.[1];
  let message = /<Message>([^<]*)<\/Message>/.exec(content)?.[1];
  try {
    const known = JSON.parse(content) as { __type?: string; message?: string; Message?: string };
    code = known.__type?.split("#").at(-1) ?? code;
    message = known.message ?? known.Message ?? message;
  } catch {
    // Not JSON: what was found above is all there is.
  }
  const requestId = answer.headers.get("x-amz-request-id") ?? answer.headers.get("x-amzn-requestid") ?? undefined;
  return Object.assign(new Error(message ?? answer.statusText), { name: code ?? "Error", $metadata: { httpStatusCode: answer.status, requestId } });
}

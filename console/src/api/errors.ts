/** Errors of the server as a person reads them. */
import { t } from "../i18n";

export interface Failure {
  code: string;
  message: string;
  status?: number;
  requestId?: string;
}

interface SdkError {
  name?: string;
  Code?: string;
  message?: string;
  RequestId?: string;
  $metadata?: { httpStatusCode?: number; requestId?: string };
}

export function failure(error: unknown): Failure {
  const { name, Code, message, RequestId, $metadata } = (error ?? {}) as SdkError;
  const status = $metadata?.httpStatusCode;
  const requestId = $metadata?.requestId ?? RequestId;
  // The answer to HEAD has no body, so that the SDK knows no code.
  const unnamed = !name || name === "Error" || name === "Unknown" || /^\d+$/.test(name);
  const code = Code ?? (unnamed && status ? (t.errors.byStatus[status] ?? String(status)) : (name ?? "Error"));
  if (error instanceof TypeError && /fetch|network/i.test(error.message)) return { code: t.errors.network, message: t.errors.networkText };
  return { code, message: message && message !== "UnknownError" ? message : code, status, requestId };
}

export const isCode = (error: unknown, ...codes: string[]): boolean => codes.includes(failure(error).code);

/** The value, or undefined where the server says that there is none. */
export async function orNone<T>(promise: Promise<T>, ...codes: string[]): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isCode(error, ...codes)) return undefined;
    throw error;
  }
}

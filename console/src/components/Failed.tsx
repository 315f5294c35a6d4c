import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import type { Failure } from "../api/errors";
import { href } from "../router";
import { t } from "../i18n";

/** An answer of the server that stands in the place of what was asked for. */
export function Failed({ failure, onRetry, header }: { failure: Failure; onRetry?: () => void; header?: string }) {
  const { code, message, status, requestId } = failure;
  return (
    <Alert
      type="error"
      header={header ? `${header}: ${code}` : code}
      action={onRetry && <Button onClick={onRetry}>{t.common.tryAgain}</Button>}
    >
      <div className="break">{message}</div>
      {(status || requestId) && (
        <Box fontSize="body-s" color="text-body-secondary">
          {status ? `HTTP ${status} · ` : ""}
          {requestId && `${t.errors.requestId} ${requestId} · `}
          {requestId && <Link href={href(["why"], { id: requestId })} fontSize="body-s">{t.errors.why}</Link>}
        </Box>
      )}
    </Alert>
  );
}

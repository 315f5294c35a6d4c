import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { AccessLevel } from "../api/access";
import { t } from "../i18n";

const types: Record<AccessLevel, StatusIndicatorProps.Type> = {
  public: "warning",
  "objects-can-be-public": "info",
  "not-public": "success",
  "authorized-only": "info",
  error: "error",
};

export function AccessLabel({ level }: { level: AccessLevel }) {
  return <StatusIndicator type={types[level]}>{t.access[level]}</StatusIndicator>;
}

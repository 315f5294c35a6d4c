import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import { t } from "../i18n";

export function CopyId({ value, label }: { value: string; label: string }) {
  return (
    <CopyToClipboard
      variant="inline"
      textToCopy={value}
      textToDisplay={value}
      copyButtonAriaLabel={t.common.copy(label)}
      copySuccessText={t.common.copied}
      copyErrorText={t.common.notCopied}
    />
  );
}

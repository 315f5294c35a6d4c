/** Light and dark. The choice is a preference and no secret, so the browser may keep it. */
import { applyDensity, applyMode as apply, Density, Mode } from "@cloudscape-design/global-styles";

const KEY = "grantry-console-mode";
let chosen: Mode | null = null;

export function isDark(): boolean {
  const stored = chosen ?? localStorage.getItem(KEY);
  if (stored === Mode.Dark || stored === Mode.Light) return stored === Mode.Dark;
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export function applyMode(): void {
  apply(isDark() ? Mode.Dark : Mode.Light);
  applyDensity(Density.Comfortable);
}

export function toggleMode(): void {
  chosen = isDark() ? Mode.Light : Mode.Dark;
  localStorage.setItem(KEY, chosen);
  applyMode();
}

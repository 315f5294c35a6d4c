/** How an object may be shown. The list is of what is safe; everything else is not shown. */

export const TEXT_BYTES_MAX = 256 * 1024;
export const PICTURE_BYTES_MAX = 20 * 1024 * 1024;

export type PreviewKind = { as: "text" } | { as: "picture"; type: string } | { as: "nothing" };

// SVG is not among them: as a picture it is harmless, but the address of the picture, opened in a tab
// of its own, would be a document of our origin. Its source is shown instead.
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"];
const TEXTS = /^(text\/|application\/(json|xml|javascript|x-sh|yaml|x-yaml|toml|sql|x-ndjson)|image\/svg\+xml)|\+(json|xml)/;
const TEXT_ENDINGS = /\.(txt|md|json|xml|html?|svg|csv|tsv|log|js|ts|tsx|css|ya?ml|toml|ini|conf|sh|py|rs|go|rb|java|c|h|sql)$/i;

export function previewKind(contentType: string, name: string): PreviewKind {
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (PICTURES.includes(type)) return { as: "picture", type };
  if (TEXTS.test(type)) return { as: "text" };
  const says = type !== "" && type !== "application/octet-stream" && type !== "binary/octet-stream";
  return !says && TEXT_ENDINGS.test(name) ? { as: "text" } : { as: "nothing" };
}

import { defineConfig } from "vitest/config";
import react from "@vitejs/plugin-react";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Plugin } from "vite";

// `vite preview` stands in front of a running server, so that the page has one origin with it.
const server = process.env.GRANTRY_URL ?? "http://127.0.0.1:9000";
const proxy = { "^/(?!_grantry/console/)": { target: server, changeOrigin: false } };

// Cloudscape has its fonts inside its style sheet. As files they are loaded only where they are used, and
// the page's policy needs no `data:` for fonts.
function fontsAsFiles(): Plugin {
  const directory = new URL("node_modules/.fonts/", import.meta.url).pathname;
  return {
    name: "fonts-as-files",
    enforce: "pre",
    load(id) {
      if (!/global-styles\/index\.css$/.test(id)) return null;
      mkdirSync(directory, { recursive: true });
      return readFileSync(id, "utf8").replace(/data:font\/woff2;base64,([A-Za-z0-9+/=]+)/g, (_, base64: string) => {
        const bytes = Buffer.from(base64, "base64");
        const path = `${directory}open-sans-${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}.woff2`;
        writeFileSync(path, bytes);
        return path;
      });
    },
  };
}

export default defineConfig({
  base: "/_grantry/console/",
  plugins: [react(), fontsAsFiles()],
  server: { proxy },
  preview: { proxy },
  build: {
    outDir: "dist/site",
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    // The policy of the page has no `data:` for fonts, and files are cached one by one.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
  test: { include: ["src/**/*.test.ts"] },
});

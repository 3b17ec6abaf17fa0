import { existsSync, readFileSync, realpathSync } from "node:fs";
import { extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Answerer } from "./http.ts";

/** Where `npm run build:dashboard` writes. */
const BUILT = fileURLToPath(new URL("../../dist/dashboard", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Nothing from elsewhere, nothing to elsewhere, no script in the page itself, no frame around it. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Hashlane</title>
<h1>The pages are not built</h1><p>Run <code>npm run build:dashboard</code> in the repository, then load this page again.</p>
<p>页面尚未构建：请在仓库中运行 <code>npm run build:dashboard</code>，然后重新加载。</p></html>
`;

/** Serves the pages of a directory, at `/` and below `/assets/`; read once a request, so that a new build is seen. */
export function createPages(directory: string = BUILT): Answerer {
  return (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const isPage = pathname === "/" || pathname === "/index.html";
    if (request.method !== "GET" || !(isPage || pathname.startsWith("/assets/"))) return false;
    const file = fileIn(directory, isPage ? "/index.html" : pathname);
    if (file !== null) {
      // Names below /assets/ change with their content.
      const cache = isPage ? "no-cache" : "public, max-age=31536000, immutable";
      const type = TYPES[extname(file)] ?? "application/octet-stream";
      response.writeHead(200, { ...HEADERS, "content-type": type, "cache-control": cache });
      response.end(readFileSync(file));
    } else if (isPage) {
      response.writeHead(503, { ...HEADERS, "content-type": TYPES[".html"] }).end(NOT_BUILT);
    } else response.writeHead(404, { ...HEADERS, "content-type": "text/plain" }).end("no such file\n");
    return true;
  };
}

/** Null if there is none, or if the path leads out of the directory. */
function fileIn(directory: string, pathname: string): string | null {
  const file = join(directory, pathname);
  if (!existsSync(file)) return null;
  return realpathSync(file).startsWith(realpathSync(directory) + sep) ? file : null;
}

import type { Certificate } from "./certificate.ts";

/**
 * How bytes are hidden on the way. `plain` is WebSocket without TLS, with every frame sealed by keys of its own: for
 * several nodes on one machine, and for carriers whose TLS ends before the node.
 */
export type Security =
  { readonly kind: "tls"; readonly certificate: Certificate } | { readonly kind: "plain" };

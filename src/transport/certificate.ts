import { generate } from "selfsigned";

/**
 * For TLS alone: whoever connects does not look at it. Who a node is, is proven by its node key over the session that
 * the certificate opened, so that it can be exchanged at any time and is worth nothing to a thief.
 */
export interface Certificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly privateKey: string;
}

/** Of no importance, and without an end that somebody would have to remember. */
const VALID_YEARS = 100;

/** On the curve P-256, signed by itself. */
export async function createCertificate(): Promise<Certificate> {
  const from = new Date();
  const until = new Date(from);
  until.setUTCFullYear(from.getUTCFullYear() + VALID_YEARS);
  const made = await generate([{ name: "commonName", value: "Hashlane node" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: from,
    notAfterDate: until,
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true },
    ],
  });
  return { certificate: made.cert, privateKey: made.private };
}

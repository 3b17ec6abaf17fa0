import { createPrivateKey, X509Certificate } from "node:crypto";
import { HashlaneError } from "../protocol/error.ts";
import { createCertificate, type Certificate } from "../transport/certificate.ts";
import { readText, writePrivate } from "./directory.ts";

const PART = /-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----/g;

/** The one of a node's directory, made at its first start. */
export async function loadCertificate(file: string): Promise<Certificate> {
  const found = findCertificate(file);
  if (found !== null) return found;
  const made = await createCertificate();
  writePrivate(file, `${made.privateKey.trim()}\n${made.certificate.trim()}\n`);
  return made;
}

/** Null if there is none yet; throws `certificate_bad` if it is of no use. */
export function findCertificate(file: string): Certificate | null {
  const text = readText(file);
  if (text === null) return null;
  const parts = new Map([...text.matchAll(PART)].map(([whole, name = ""]) => [name, whole]));
  const found = { certificate: parts.get("CERTIFICATE") ?? "", privateKey: parts.get("PRIVATE KEY") ?? "" };
  const problem = problemOf(found);
  if (problem === null) return found;
  throw new HashlaneError("certificate_bad", {
    failed: "the certificate for connections with peers cannot be used",
    given: { file, problem },
    next: "Delete the file: the next start makes a new one, and nobody notices, as peers know a node by its key.",
  });
}

function problemOf({ certificate, privateKey }: Certificate): string | null {
  try {
    const belongs = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey));
    return belongs ? null : "the private key is that of another certificate";
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

import { utf8 } from "@scure/base";
import type { Checked } from "./checked.ts";

/**
 * Texts of others are shown in terminals and pages: control characters, line separators and marks that turn the
 * direction of writing would let them fake what stands around them.
 */
const UNSAFE =
  // eslint-disable-next-line no-control-regex -- to find control characters is its purpose
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/u;

/** Text that somebody else wrote, or what is wrong with it: a clause that goes on from what the text is called. */
export function readShownText(bytes: Uint8Array): Checked<string> {
  try {
    const text = utf8.encode(bytes);
    const found = UNSAFE.exec(text)?.[0]?.charCodeAt(0).toString(16).padStart(4, "0");
    if (found === undefined) return { ok: true, value: text };
    return { ok: false, problem: `has a character that must not be shown: U+${found}` };
  } catch {
    return { ok: false, problem: "is not valid UTF-8" };
  }
}

/** Text of ours, as others will take it. */
export function writeShownText(text: string): Checked<Uint8Array> {
  try {
    const bytes = utf8.decode(text);
    const read = readShownText(bytes);
    return read.ok ? { ok: true, value: bytes } : read;
  } catch {
    return { ok: false, problem: "is no well-formed text (it has half of a surrogate pair)" };
  }
}

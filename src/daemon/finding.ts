import type { Finding } from "../api/views.ts";

/** One thing that the doctor looked at. */
export function finding(check: string, level: Finding["level"], found: string, next = ""): Finding {
  return { check, level, found, next };
}

/**
 * What a node can do, as numbers of bits. Two bits make one feature: whoever does not know it must refuse the even
 * one and may overlook the odd one.
 */
export type Features = ReadonlySet<number>;

export const MAX_FEATURE_BYTES = 64;
const MAX_FEATURE = 8 * MAX_FEATURE_BYTES - 1;

/** Shortest; bit 0 is the lowest of the last byte. */
export function encodeFeatures(features: Features): Uint8Array {
  const most = Math.max(-1, ...features);
  if (most > MAX_FEATURE) throw new RangeError(`a feature is at most ${MAX_FEATURE}; given: ${most}`);
  const bytes = new Uint8Array((most + 8) >> 3);
  for (const bit of features) {
    const at = bytes.length - 1 - (bit >> 3);
    bytes[at] = (bytes[at] ?? 0) | (1 << (bit & 7));
  }
  return bytes;
}

export function decodeFeatures(bytes: Uint8Array): Features {
  const features = new Set<number>();
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const byte = bytes[bytes.length - 1 - (bit >> 3)] ?? 0;
    if ((byte & (1 << (bit & 7))) !== 0) features.add(bit);
  }
  return features;
}

/** Those that `theirs` demands and nobody who knows only `ours` understands. */
export function notUnderstood(ours: Features, theirs: Features): readonly number[] {
  const isKnown = (bit: number): boolean => ours.has(bit) || ours.has(bit + 1);
  return [...theirs].filter((bit) => bit % 2 === 0 && !isKnown(bit));
}

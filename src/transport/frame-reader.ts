const LENGTH_BYTES = 4;

/** A frame as it travels: the length of its content as u32, big endian, then the content. */
export function encodeFrame(content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES + content.length);
  new DataView(bytes.buffer).setUint32(0, content.length);
  bytes.set(content, LENGTH_BYTES);
  return bytes;
}

/** Cuts a stream of bytes into frames. Holds no more than one frame and what came behind it in the last chunk. */
export class FrameReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #waiting: Uint8Array[] = [];
  #available = 0;

  push(chunk: Uint8Array): void {
    this.#waiting.push(chunk);
    this.#available += chunk.length;
  }

  /** The next whole frame, null if it is not there yet, or its announced length if that is above the limit. */
  next(limit: number): Uint8Array | number | null {
    if (!this.#gather(LENGTH_BYTES)) return null;
    const length = new DataView(
      this.#bytes.buffer,
      this.#bytes.byteOffset + this.#at,
      LENGTH_BYTES,
    ).getUint32(0);
    if (length > limit) return length;
    if (!this.#gather(LENGTH_BYTES + length)) return null;
    const from = this.#at + LENGTH_BYTES;
    this.#at = from + length;
    this.#available -= LENGTH_BYTES + length;
    return this.#bytes.subarray(from, this.#at);
  }

  /** Brings that many bytes into one piece, if they have arrived. */
  #gather(count: number): boolean {
    if (this.#available < count) return false;
    if (this.#bytes.length - this.#at < count) {
      this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), ...this.#waiting]);
      this.#at = 0;
      this.#waiting = [];
    }
    return true;
  }
}

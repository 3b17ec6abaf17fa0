/** The native half of the package alone: unlike the package's main entry it throws when the binary is missing. */
declare module "secp256k1/bindings.js" {
  interface NativeSecp256k1 {
    privateKeyVerify(key: Uint8Array): boolean;
    publicKeyCreate(key: Uint8Array, compressed: boolean): Uint8Array;
    ecdsaSign(
      digest: Uint8Array,
      key: Uint8Array,
    ): { readonly signature: Uint8Array; readonly recid: number };
    /** Throws if no key can have signed. */
    ecdsaRecover(
      signature: Uint8Array,
      recid: number,
      digest: Uint8Array,
      compressed: boolean,
      output?: Uint8Array,
    ): Uint8Array;
  }
  const bindings: NativeSecp256k1;
  export default bindings;
}

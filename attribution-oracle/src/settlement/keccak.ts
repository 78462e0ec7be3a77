import { createKeccak } from 'hash-wasm'

/** keccak-256 as a synchronous function of bytes; the 32-byte result is the caller's to keep. */
export type Keccak = (bytes: Uint8Array) => Uint8Array

/** One WebAssembly instance, reused for every hash: building it is the only asynchronous step of settlement. */
export async function loadKeccak(): Promise<Keccak> {
  const hasher = await createKeccak(256)
  return bytes => {
    hasher.init()
    hasher.update(bytes)
    return hasher.digest('binary')
  }
}

import { openContent, sealContent, type ClientKey } from '../../../lib/client-keys/seal-content.ts'

/** What sealings are bound to, beside the client: a block opens in its own place only. Never changed. */
function purposeOf(firstOffset: bigint): string {
  return `block ${firstOffset}`
}

/** Encrypts a packed block. */
export function sealBlock(key: ClientKey, firstOffset: bigint, packed: Buffer): Buffer {
  return sealContent(key, purposeOf(firstOffset), packed)
}

/** Decrypts what `sealBlock` gave. Throws as `openContent` does. */
export function openBlock(key: ClientKey, firstOffset: bigint, sealed: Buffer): Buffer {
  return openContent(key, purposeOf(firstOffset), sealed)
}

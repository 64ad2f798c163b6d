import { hkdfSync } from 'node:crypto'
import { sealingKeyBytes, sealSecret } from '../../lib/token/seal-secret.ts'
import type { EndpointSecrets } from '../../workers/push/journal/create-secret-box.ts'

/** The secrets of an endpoint as they were sealed before clients had keys of their own: with the key of push. */
export function sealFormerly(key: Buffer, endpointId: string, secrets: EndpointSecrets): Buffer {
  const sealingKey = Buffer.from(
    hkdfSync('sha256', key, Buffer.alloc(0), 'ips push sealing', sealingKeyBytes),
  )
  const { nonce, tag, content } = sealSecret(sealingKey, JSON.stringify(secrets), endpointId)
  return Buffer.concat([nonce, tag, content])
}

import { openContent, sealContent, type ClientKey } from '../../../lib/client-keys/seal-content.ts'
import type { EndpointSecrets } from './create-secret-box.ts'

/** What sealings are bound to, beside the client. Never changed. */
const purposes = {
  body: 'deliveries.body',
  answer: 'attempts.answer',
  endpoint: (endpointId: string) => `endpoints ${endpointId}`,
} as const

/** Encrypts the body of a webhook, in some microseconds. */
export function sealBody(key: ClientKey, body: string): Buffer {
  return sealContent(key, purposes.body, body)
}

/** Decrypts what `sealBody` gave. Throws as `openContent` does. */
export function openBody(key: ClientKey, sealed: Buffer): string {
  return openContent(key, purposes.body, sealed).toString()
}

/** Encrypts the begin of an endpoint's answer. */
export function sealAnswer(key: ClientKey, answer: string): Buffer {
  return sealContent(key, purposes.answer, answer)
}

/** Decrypts what `sealAnswer` gave. Throws as `openContent` does. */
export function openAnswer(key: ClientKey, sealed: Buffer): string {
  return openContent(key, purposes.answer, sealed).toString()
}

/** Encrypts what of an endpoint is never stored in the clear: it opens for no other endpoint. */
export function sealEndpoint(key: ClientKey, endpointId: string, secrets: EndpointSecrets): Buffer {
  return sealContent(key, purposes.endpoint(endpointId), JSON.stringify(secrets))
}

/** Decrypts what `sealEndpoint` gave. Throws as `openContent` does. */
export function openEndpoint(key: ClientKey, endpointId: string, sealed: Buffer): EndpointSecrets {
  const text = openContent(key, purposes.endpoint(endpointId), sealed).toString()
  return JSON.parse(text) as EndpointSecrets
}

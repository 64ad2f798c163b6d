/** A probe waits for a summary no longer than this after its last message. */
const idleSeconds = 10

/** What the probe's client may do, besides having an endpoint. Its transactions are flagged as synthetic. */
export const probeClaims = {
  'ingest-1.*': { synthetic: true },
  'faceextract-1.*': true,
  'ocr-*': true,
  'summary-1.*': { idleSeconds },
} as const satisfies Readonly<Record<string, unknown>>

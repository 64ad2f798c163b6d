import { IpsError } from '../lib/errors/ips-error.ts'
import { payloadRegistry } from '../lib/envelope/payload-registry.ts'
import { jsonSchemaOf, type JsonSchema } from '../lib/protocol/json-schema.ts'
import { topics } from '../lib/topology.ts'

type WebhookType =
  (typeof topics.vision.payloads)[number] | (typeof topics.summary.payloads)[number]

const summaries: Readonly<Record<WebhookType, string>> = {
  'faceextract.v1m0.ExtractedFace': 'A face was found: its crop',
  'faceextract.v1m1.ExtractedFace': 'A face was found: its crop, box, landmarks and confidence',
  'faceextract.v2m0.ExtractedFaces': 'Faces were found: all those of an image',
  'ocr.v1m0.RecognizedText': 'Text was read, in reading order',
  'vision.v1m0.ImageProcessed': 'A service has ended with an image, after its results',
  'summary.v1m0.TransactionSummary': 'A transaction is complete, or as complete as it gets',
  'summary.v1m1.TransactionSummary': 'The same, and where its images say the same',
}

const description = `
Answer 2xx within 15 seconds. After a time-out, 408, 425, 429 or 5xx the same message comes again later (\`Retry-After\` counts), after 410 the
endpoint is disabled, any other answer refuses this message only. A message may come more than once: with the same \`webhook-id\`.
With \`batch\` in the claim the body is an array of such objects, each with its \`id\`.
`.trim()

const text = { type: 'string' } as const

const headers = [
  header('webhook-id', 'The same on every attempt of a message, and for every copy of it', text),
  header('webhook-timestamp', 'When it was signed, in seconds since the epoch', text),
  header(
    'webhook-signature',
    'By [Standard Webhooks](https://www.standardwebhooks.com/): `v1,…` or `v1a,…`, several separated by spaces',
    text,
  ),
  header('traceparent', 'W3C trace context', text),
]

const responses = {
  '2XX': { description: 'Delivered' },
  '410': { description: 'Send nothing more: an operator has to enable the endpoint again' },
  default: { description: 'Not delivered' },
}

/** The webhooks of the system as OpenAPI 3.1 describes them: one for each type of message, by its name. */
export function describeWebhooks(): Record<string, { post: JsonSchema }> {
  const entries = Object.entries(summaries).map(([type, summary]) => [
    type,
    {
      post: {
        operationId: type,
        summary,
        description,
        tags: ['webhooks'],
        parameters: headers,
        requestBody: {
          required: true,
          content: { 'application/json': { schema: messageSchema(type) } },
        },
        responses,
      },
    },
  ])
  return Object.fromEntries(entries) as ReturnType<typeof describeWebhooks>
}

function messageSchema(type: string): JsonSchema {
  const typeName = `com.reactivearchitecturecookbook.${type}`
  const message = payloadRegistry.getMessage(typeName)
  if (message === undefined) throw new IpsError('payload-unknown', `there is no message ${type}`)
  const data = jsonSchemaOf(message)
  const url = { '@type': { type: 'string', const: `type.googleapis.com/${typeName}` } }
  return {
    type: 'object',
    required: ['type', 'timestamp', 'correlationId', 'data'],
    properties: {
      type: { type: 'string', const: type },
      timestamp: { type: 'string', format: 'date-time' },
      correlationId: { ...text, description: 'The transaction' },
      imageId: { ...text, description: '32 hex digits; absent in a summary' },
      data: { ...data, properties: { ...url, ...data.properties } },
    },
  }
}

function header(name: string, about: string, schema: JsonSchema) {
  return { name, in: 'header', required: true, description: about, schema }
}

import { problemSchema } from '../problem-schema.ts'
import { maxStreamsPerClient } from './create-stream-places.ts'
import {
  highestRate,
  largestBatch,
  longestName,
  mostCorrelationIds,
  mostTypes,
  usualBatch,
} from './read-stream-request.ts'

const statuses = {
  400: 'A malformed member, or an offset from the future',
  401: 'No token, or one that is not valid',
  403: 'A token without a claim to the firehose',
  406: 'Neither of the two media types is acceptable',
  409: `The client has ${maxStreamsPerClient} streams in this process already`,
  410: 'What follows the offset is not kept any more: `oldestOffset` is the first that is',
  413: 'A body over 64 KiB',
  503: 'The stream cannot be read now: see `Retry-After`',
} as const

const text = { type: 'string' } as const
const offset = { type: 'string', pattern: '^[0-9]+$' } as const
const name = { type: 'string', minLength: 1, maxLength: longestName } as const

const requestSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    lastOffset: {
      description:
        'The last offset that the client has. "0", the default, is before the oldest that is kept; "latest" asks for what comes from now on',
      anyOf: [offset, { type: 'integer', minimum: 0 }, { type: 'string', const: 'latest' }],
      default: '0',
    },
    maxRate: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: highestRate,
      description:
        'Messages per second, with bursts of one second’s worth; the claim’s, where that is less',
    },
    maxBatch: { type: 'integer', minimum: 1, maximum: largestBatch, default: usualBatch },
    filters: {
      type: 'object',
      additionalProperties: false,
      description: 'Messages must match each list that is not empty',
      properties: {
        types: { type: 'array', maxItems: mostTypes, items: name },
        correlationIds: { type: 'array', maxItems: mostCorrelationIds, items: name },
      },
    },
  },
} as const

const batchSchema = {
  type: 'object',
  description: 'One line; a heartbeat where it has no messages',
  required: ['messages', 'lastOffset'],
  properties: {
    messages: {
      type: 'array',
      items: {
        type: 'object',
        required: ['offset', 'id', 'type', 'timestamp', 'correlationId', 'data'],
        properties: {
          offset: { ...offset, description: 'From 1, without gaps, but for what is filtered' },
          id: {
            ...text,
            description: 'The same for every copy of a message; a webhook’s webhook-id',
          },
          type: { ...text, description: 'As the webhooks’' },
          timestamp: { type: 'string', format: 'date-time' },
          correlationId: { ...text, description: 'The transaction' },
          imageId: { ...text, description: '32 hex digits; absent in a summary' },
          data: { type: 'object', description: 'As in the webhook of this type' },
        },
      },
    },
    lastOffset: {
      ...offset,
      description: 'Where to go on after this line; past filtered messages too',
    },
    end: {
      ...text,
      description:
        'In the last line only, why the stream ends: `token-expired`, `restart`, `offset-removed` or the code of a failure',
    },
  },
} as const

const curlSample = `
curl --no-buffer -X POST -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/firehose/v1
`.trim()

/** What OpenAPI says of the route; the router itself validates nothing by it. */
export const firehoseSchema = {
  operationId: 'firehose',
  summary: 'Read the messages as one stream',
  description: `
One response without an end: the same messages as the webhooks', each with its offset, in their order, as fast as the client reads.
Whoever was cut off goes on with the \`lastOffset\` of the last complete line. An idle stream has a heartbeat every 10 seconds; a client
that misses some of them should connect again. It ends with its token, with a last line that says so.
`.trim(),
  tags: ['firehose'],
  'x-codeSamples': [{ lang: 'shell', label: 'curl', source: curlSample }],
  security: [{ authorisationToken: [] }],
  body: { content: { 'application/json': { schema: requestSchema } } },
  response: {
    200: {
      description: 'The stream',
      content: {
        'application/x-ndjson': { schema: batchSchema },
        'application/x-protobuf': {
          schema: {
            type: 'string',
            format: 'binary',
            description: '`firehose.v1m0.Batch` messages, each with its size before it as a varint',
          },
        },
      },
    },
    ...Object.fromEntries(
      Object.entries(statuses).map(([status, description]) => [
        status,
        { description, content: { 'application/problem+json': { schema: schemaOf(status) } } },
      ]),
    ),
  },
} as const

function schemaOf(status: string) {
  if (status !== '410') return problemSchema
  const { required, properties } = problemSchema
  return {
    ...problemSchema,
    required: [...required, 'oldestOffset'],
    properties: { ...properties, oldestOffset: offset },
  }
}

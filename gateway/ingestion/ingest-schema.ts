import { problemSchema } from '../problem-schema.ts'

const statuses = {
  400: 'Bad transaction id, bad `images`, an empty, incomplete or malformed body',
  401: 'No token, or one that is not valid',
  403: 'A token without a claim to ingest',
  408: 'The body arrived too slowly',
  413: 'An image over 8 MiB (or the claim’s `maxBytes`) or over 40,000,000 pixels; more than 32 parts or 32 MiB',
  415: 'Not a JPEG, PNG or WebP, or not what its `image/…` type says',
  422: 'A damaged header',
  429: 'Over this client’s rate: see `Retry-After`',
  503: 'The system cannot take more: see `Retry-After`',
} as const

const binary = { schema: { type: 'string', format: 'binary' } } as const

const receiptSchema = {
  type: 'object',
  required: ['transactionId', 'images', 'receivedAt'],
  properties: {
    transactionId: { type: 'string' },
    images: {
      type: 'array',
      items: {
        type: 'object',
        required: ['imageId', 'mimeType', 'width', 'height', 'bytes'],
        properties: {
          imageId: {
            type: 'string',
            description: 'The same for the same client, transaction and bytes',
          },
          mimeType: { type: 'string', enum: ['image/jpeg', 'image/png', 'image/webp'] },
          width: { type: 'integer', description: 'Of the upright image' },
          height: { type: 'integer', description: 'Of the upright image' },
          bytes: { type: 'integer' },
        },
      },
    },
    receivedAt: { type: 'string', format: 'date-time' },
  },
} as const

/** `--data` would take the bytes for text. */
const curlSample = `
curl --data-binary @photo.jpg -H "Authorization: Bearer $TOKEN" \\
  'http://127.0.0.1:8080/ingest/v1/case-17?images=1'
`.trim()

/** What OpenAPI says of the route; the router itself validates nothing by it. */
export const ingestSchema = {
  operationId: 'ingest',
  summary: 'Post an image, or several',
  description:
    'Answers 200 only when the images are stored durably. A repeated POST of the same image is accepted again and gives the same ids.',
  tags: ['ingestion'],
  'x-codeSamples': [{ lang: 'shell', label: 'curl', source: curlSample }],
  security: [{ authorisationToken: [] }],
  params: {
    type: 'object',
    required: ['transactionId'],
    properties: {
      transactionId: {
        type: 'string',
        pattern: '^[A-Za-z0-9._:-]{1,128}$',
        description: 'Not `.` or `..`',
      },
    },
  },
  querystring: {
    type: 'object',
    properties: {
      images: {
        type: 'integer',
        minimum: 1,
        maximum: 1000,
        description: 'How many images the transaction will have; the largest of several counts',
      },
    },
  },
  body: {
    content: {
      'image/jpeg': binary,
      'image/png': binary,
      'image/webp': binary,
      'multipart/form-data': {
        schema: { type: 'object', additionalProperties: { type: 'string', format: 'binary' } },
      },
    },
  },
  response: {
    200: { description: 'Stored', ...receiptSchema },
    ...Object.fromEntries(
      Object.entries(statuses).map(([status, description]) => [
        status,
        { description, content: { 'application/problem+json': { schema: problemSchema } } },
      ]),
    ),
  },
} as const

/** JSON Schema of an RFC 9457 problem document, for OpenAPI. */
export const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'traceId'],
  properties: {
    type: { type: 'string', description: 'A URN that ends in the code' },
    title: { type: 'string', description: 'The same for every occurrence' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is special about this occurrence' },
    code: { type: 'string', description: 'Stable, kebab-case, for programs' },
    traceId: { type: 'string', description: 'Find the request in traces and logs by it' },
  },
} as const

import { z } from 'zod'
import { firehoseProblem } from './firehose-problems.ts'

/** What a client asks for. */
export interface StreamRequest {
  /** The last offset that the client has; `latest` for what is appended from now on. */
  readonly lastOffset: bigint | 'latest'
  /** Messages per second at most; `undefined` for no limit. */
  readonly maxRate: number | undefined
  /** Messages per batch at most. */
  readonly maxBatch: number
  readonly filters: StreamFilters
}

/** Which messages: those that match every filter that is there. */
export interface StreamFilters {
  readonly types?: ReadonlySet<string>
  readonly correlationIds?: ReadonlySet<string>
}

/** As in the claim: more would be no limit any more. */
export const highestRate = 1_000_000
/** A line of so many small messages is already large; more of them would make nothing cheaper. */
export const largestBatch = 1_000
export const usualBatch = 500
/** There are seven types of messages; each may be named a few times over. */
export const mostTypes = 32
/** What a client follows one by one; who wants more of them filters by itself. */
export const mostCorrelationIds = 256
/** Of a type's name and of a transaction id. */
export const longestName = 128

const offsetRule = 'must be a whole number from 0, as a number or a string, or "latest"'
/** The digits of the largest number that the journal can count to. */
const offsetFormat = /^(?:0|[1-9]\d{0,18})$/

const offset = z.union(
  [
    z.literal('latest'),
    z.string().regex(offsetFormat).transform(BigInt),
    z.int().min(0).transform(BigInt),
  ],
  offsetRule,
)
const names = (most: number) => z.array(z.string().min(1).max(longestName)).max(most).optional()

const bodySchema = z.strictObject({
  lastOffset: offset.default(0n),
  maxRate: z.number().positive().max(highestRate).optional(),
  maxBatch: z.int().min(1).max(largestBatch).default(usualBatch),
  filters: z
    .strictObject({ types: names(mostTypes), correlationIds: names(mostCorrelationIds) })
    .default({ types: undefined, correlationIds: undefined }),
})

/**
 * Reads the body of a request for a stream; an absent or empty one asks for everything that is kept. An empty list filters
 * nothing. Throws `stream-request-invalid` with the reason.
 */
export function readStreamRequest(body: string | undefined): StreamRequest {
  const result = bodySchema.safeParse(parse(body))
  if (!result.success) throw firehoseProblem('stream-request-invalid', reasonOf(result.error))
  const { lastOffset, maxRate, maxBatch, filters } = result.data
  const { types = [], correlationIds = [] } = filters
  return {
    ...{ lastOffset, maxRate, maxBatch },
    filters: {
      ...(types.length > 0 && { types: new Set(types) }),
      ...(correlationIds.length > 0 && { correlationIds: new Set(correlationIds) }),
    },
  }
}

function parse(body = ''): unknown {
  if (body.trim() === '') return {}
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw firehoseProblem('stream-request-invalid', 'the body is not JSON', { cause })
  }
}

function reasonOf(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ')
}

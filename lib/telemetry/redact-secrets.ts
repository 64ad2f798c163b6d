import { stdSerializers } from 'pino'

/** Members that are never written, wherever they stand in an event. */
const secretMembers = new Set([
  'authorization',
  'token',
  'secret',
  'password',
  'clientSecret',
  'webhookSecret',
  'privateKey',
])

const censor = '[redacted]'

/** Deeper than any event that makes sense: the end of what refers to itself. */
const maxDepth = 8

/**
 * Replaces the members of an event that are secrets by their names, at any depth, and errors by what is written of them:
 * type, message, stack, and their own members. Copies only where something is replaced, so that an event without secrets
 * costs no more than a look at its members. What is deeper than 8 levels is left out. What says by itself how it is written
 * (`toJSON`: dates, buffers, URLs) stays as it is.
 */
export function redactSecrets(event: Record<string, unknown>): Record<string, unknown> {
  return redactMembers(event, maxDepth)
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return undefined
  if (Error.isError(value)) return redactMembers({ ...stdSerializers.err(value) }, depth)
  return 'toJSON' in value ? value : redactMembers(value as Members, depth)
}

/** Of an object or a list. */
type Members = Record<string, unknown>

function redactMembers(value: Members, depth: number): Members {
  let copy: Members | undefined
  for (const key of Object.keys(value)) {
    const member = value[key]
    const isSecret = secretMembers.has(key) && member !== undefined
    const safe = isSecret ? censor : redact(member, depth - 1)
    if (Object.is(safe, member)) continue
    copy ??= copyOf(value)
    copy[key] = safe
  }
  return copy ?? value
}

function copyOf(value: Members): Members {
  return Array.isArray(value) ? ([...(value as unknown[])] as unknown as Members) : { ...value }
}

/** What an error says beyond its sentence. */
export interface IpsErrorOptions {
  /** True where the same call may succeed later without any change. */
  retryable?: boolean
  cause?: unknown
}

/**
 * Every error that is thrown on purpose. `code` is stable and kebab-case, for programs; `message` is a sentence for
 * people. It is translated only at a border: to a problem document, a dead letter, or a Temporal failure.
 */
export class IpsError extends Error {
  readonly code: string
  readonly retryable: boolean

  constructor(code: string, message: string, options: IpsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'IpsError'
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

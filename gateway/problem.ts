import { IpsError } from '../lib/errors/ips-error.ts'

/** One kind of problem, as data: services list theirs in a catalogue. */
export interface ProblemDefinition {
  readonly status: number
  /** The same for every occurrence; `detail` says what is special about one. */
  readonly title: string
  /** True where the same request may succeed later. */
  readonly retryable?: boolean
}

/** A catalogue of problems by their stable, kebab-case codes. */
export type ProblemCatalogue = Readonly<Record<string, ProblemDefinition>>

/** An RFC 9457 problem document with the members of this system. */
export interface ProblemDocument {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly traceId: string
  /** What a service adds to its own problems. */
  readonly [extension: string]: unknown
}

/** What a single occurrence adds. */
export interface ProblemOccurrence {
  /** Response headers, for example `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Further members of the document. */
  readonly members?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/** Media type of problem documents. */
export const problemMediaType = 'application/problem+json'

/** An error that is answered with a problem document. */
export class Problem extends IpsError {
  readonly status: number
  readonly title: string
  readonly headers: Readonly<Record<string, string>>
  readonly members: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    definition: ProblemDefinition,
    detail: string,
    { headers = {}, members = {}, cause }: ProblemOccurrence = {},
  ) {
    super(code, detail, { retryable: definition.retryable ?? false, cause })
    this.name = 'Problem'
    this.status = definition.status
    this.title = definition.title
    this.headers = headers
    this.members = members
  }
}

/** Makes the function that creates a catalogue's problems: `throw problem('too-large', 'the image has 9 MiB')`. */
export function problemsOf<Catalogue extends ProblemCatalogue>(catalogue: Catalogue) {
  return (
    code: keyof Catalogue & string,
    detail: string,
    occurrence?: ProblemOccurrence,
  ): Problem => {
    const definition: ProblemDefinition = catalogue[code] ?? { status: 500, title: code }
    return new Problem(code, definition, detail, occurrence)
  }
}

/** Renders a problem. */
export function problemDocument(problem: Problem, traceId: string): ProblemDocument {
  return {
    type: `urn:ips:problem:${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    traceId,
    ...problem.members,
  }
}

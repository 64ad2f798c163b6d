/**
 * Classes of SQLSTATE that are about the data: a value that its type cannot hold, a broken constraint, something too large
 * for an index.
 */
const dataErrorClasses: ReadonlySet<string> = new Set(['22', '23', '54'])

/** Whether PostgreSQL refuses the data, and would do so again. */
export function isDataError(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string')
    return false
  // PostgreSQL's own codes have five characters; those of the operating system, ECONNREFUSED and such, have others.
  return error.code.length === 5 && dataErrorClasses.has(error.code.slice(0, 2))
}

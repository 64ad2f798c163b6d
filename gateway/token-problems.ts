import { problemsOf } from './problem.ts'

/** What is wrong with a request's token, the same for every service that takes one. */
export const tokenProblems = {
  'token-missing': { status: 401, title: 'There is no token' },
  'token-invalid': { status: 401, title: 'The token is not valid' },
  'token-expired': { status: 401, title: 'The token has expired' },
  'keys-unavailable': { status: 503, title: 'Tokens cannot be verified now', retryable: true },
} as const

export const tokenProblem = problemsOf(tokenProblems)

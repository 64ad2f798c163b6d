import { problemsOf } from '../problem.ts'

/** What the firehose refuses, in the order of precedence, after what is wrong with the request's token. */
export const firehoseProblems = {
  'firehose-not-authorised': { status: 403, title: 'The token does not allow to read the stream' },
  'not-acceptable': { status: 406, title: 'The stream has no such media type' },
  'stream-request-invalid': { status: 400, title: 'The request for a stream is not valid' },
  'offset-in-future': { status: 400, title: 'There is no such offset yet' },
  'offset-removed': { status: 410, title: 'What follows the offset is not kept any more' },
  'too-many-streams': { status: 409, title: 'The client has too many streams', retryable: true },
  'journal-unavailable': { status: 503, title: 'The stream cannot be read now', retryable: true },
  overloaded: { status: 503, title: 'The process has too many streams', retryable: true },
  restarting: { status: 503, title: 'The process is about to end', retryable: true },
} as const

export const firehoseProblem = problemsOf(firehoseProblems)

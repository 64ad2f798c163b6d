import { problemsOf } from '../problem.ts'

/** What ingestion refuses, in the order of precedence of its statuses. */
export const ingestionProblems = {
  'ingest-not-authorised': { status: 403, title: 'The token does not allow to ingest' },
  'rate-exceeded': { status: 429, title: 'Over the rate of this client', retryable: true },
  overloaded: { status: 503, title: 'The system cannot take more now', retryable: true },
  'kafka-unavailable': { status: 503, title: 'Nothing can be stored now', retryable: true },
  'transaction-id-invalid': { status: 400, title: 'The transaction id is not valid' },
  'images-invalid': { status: 400, title: 'The number of images is not valid' },
  'body-empty': { status: 400, title: 'The body is empty' },
  'body-incomplete': { status: 400, title: 'The body was not sent to its end' },
  'multipart-malformed': { status: 400, title: 'The multipart body is malformed' },
  'upload-too-slow': { status: 408, title: 'The body arrived too slowly', retryable: true },
  'image-too-large': { status: 413, title: 'The image is too large' },
  'multipart-too-large': { status: 413, title: 'The multipart body is too large' },
  'too-many-pixels': { status: 413, title: 'The image has too many pixels' },
  'image-type-unsupported': { status: 415, title: 'The image is not JPEG, PNG or WebP' },
  'image-type-contradicted': { status: 415, title: 'The image is not what its type says' },
  'image-header-damaged': { status: 422, title: 'The header of the image is damaged' },
} as const

export const ingestionProblem = problemsOf(ingestionProblems)

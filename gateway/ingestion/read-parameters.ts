import { ingestionProblem } from './ingestion-problems.ts'

const transactionIdFormat = /^[A-Za-z0-9._:-]{1,128}$/
const maxAnnouncedImages = 1_000

/** Checks a transaction id, decoded. Throws `transaction-id-invalid`. */
export function readTransactionId(text: string): string {
  // The two names that any path library would take for a step.
  if (transactionIdFormat.test(text) && text !== '.' && text !== '..') return text
  throw ingestionProblem(
    'transaction-id-invalid',
    'a transaction id has 1 to 128 characters of A–Z a–z 0–9 . _ - : and is not . or ..',
  )
}

/** Reads `images`; 0 where it is absent. Throws `images-invalid` for what is no number from 1 to 1000, or is given twice. */
export function readAnnouncedImages(value: unknown): number {
  if (value === undefined) return 0
  const images = typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : 0
  if (images >= 1 && images <= maxAnnouncedImages) return images
  throw ingestionProblem('images-invalid', `images is a number from 1 to ${maxAnnouncedImages}`)
}

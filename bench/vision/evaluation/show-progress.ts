import type { EvaluationProgress } from '../../../workflows/evaluation-run.ts'

/** Where nobody watches a terminal, a line now and then is enough. */
const lineMs = 10_000

/** Shows on standard error how far an evaluation is: a line that changes on a terminal, a line every 10 s elsewhere. */
export function createProgressLine(): {
  show(progress: EvaluationProgress): void
  end(): void
} {
  const { isTTY } = process.stderr
  let [shownAtMs, last] = [-Infinity, '']
  const write = (text: string) => process.stderr.write(isTTY ? `\r${text}\u001b[K` : `${text}\n`)
  return {
    show({ chunks, done, images, failed }) {
      const percent = Math.floor((100 * done) / Math.max(1, chunks))
      last = `${done} of ${chunks} chunks (${percent} %), ${images} results, ${failed} failed`
      if (!isTTY && Date.now() - shownAtMs < lineMs) return
      shownAtMs = Date.now()
      write(last)
    },
    end() {
      write(last)
      if (isTTY) process.stderr.write('\n')
    },
  }
}

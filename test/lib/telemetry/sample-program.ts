import { createLogger } from '../../../lib/telemetry/create-logger.ts'

/** Logs more than a pipe holds and ends at once, as its argument says: run as a process of its own by the tests. */
const [end = ''] = process.argv.slice(2)
const logger = createLogger({ role: 'sample', level: 'info' })
for (let number = 1; number <= 3_000; number += 1)
  logger.info({ number, text: 'x'.repeat(200) }, 'sample.logged')
if (end === 'exit') process.exit(0)
if (end === 'throw') throw new Error('unexpected')

import { IpsError } from '../lib/errors/ips-error.ts'
import { createProgram } from './create-program.ts'
import { endWithReader, note } from './terminal.ts'

endWithReader()
try {
  await createProgram(process.env).parseAsync()
} catch (error) {
  // What is thrown on purpose is a sentence for people; anything else is a fault of this program.
  if (!(error instanceof IpsError)) throw error
  if (error.code === 'tool-failed' && error.cause instanceof Error) note(error.cause.message)
  const { code, message } = error
  note(process.argv.includes('--json') ? JSON.stringify({ code, message }) : `racc: ${message}`)
  process.exitCode = 1
}

import { createClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'

// A process of a test, of another user: prints what it finds of each client, `key` or the code of the error.
const [directory = '', ...names] = process.argv.slice(2)
const keys = createClientKeys(directory)
const found: string[] = []
for (const name of names) {
  found.push(
    await keys.keyFor(name).then(
      () => 'key',
      (error: unknown) => (error instanceof IpsError ? error.code : String(error)),
    ),
  )
}
process.stdout.write(JSON.stringify(found))

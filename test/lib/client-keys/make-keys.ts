import { createClientKeys } from '../../../lib/client-keys/create-client-keys.ts'

// A process of a test: makes the keys of the clients that it is told of, one after the other, and answers with them.
const keys = createClientKeys(process.argv[2] ?? '')

process.on('message', (names: readonly string[]) => {
  void make(names).then((made) => process.send?.(made))
})
process.send?.('ready')

async function make(names: readonly string[]): Promise<string[]> {
  const made: string[] = []
  for (const name of names) {
    const { key } = await keys.keyFor(name)
    made.push(key.export().toString('hex'))
  }
  return made
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { readDocument, runBash, type DocumentCommands } from '../support/document-commands.ts'
import { startSystem, type System } from '../support/system.ts'

const timeoutMs = 120_000

describe('the README', () => {
  let system: System
  let readme: DocumentCommands
  let replay: string

  beforeAll(async () => {
    system = await startSystem({ synthetic: true })
    replay = path.join(system.environment['IPS_HOME'] ?? '', 'replay.ndjson')
    readme = await readDocument('README.md', system, { 'replay.ndjson': replay })
  }, timeoutMs)

  afterAll(() => system.stop(), timeoutMs)

  it(
    'shows commands that create a client, get a token and post a photo',
    async () => {
      const output = await runBash(
        system,
        readme.find('client create my-app'),
        'echo',
        readme.find('--data-binary'),
      )
      expect(output).toContain('"transactionId":"case-17"')
    },
    timeoutMs,
  )

  it(
    'shows three ways to read the stream',
    async () => {
      const curl = readme.find('/firehose/v1').replace('curl', 'curl --silent --max-time 2').trim()
      const begin = await runBash(
        system,
        'TOKEN=$(./racc token my-app)',
        `{ ${curl} || true; } | head --lines 1`,
      )
      expect(JSON.parse(begin)).toEqual({ messages: [], lastOffset: '0' })
      const home = system.environment['IPS_HOME'] ?? ''
      const credentials = await readFile(path.join(home, 'clients/my-app.json'), 'utf8')
      const { clientId, clientSecret } = JSON.parse(credentials) as Record<string, string>
      // It has no end: both messages of the image are enough.
      const code = readme.code('ts').replace(/}\n$/, "if (message.offset === '2') break\n}")
      const printed = await runBash(
        system,
        `export CLIENT_ID='${clientId}' CLIENT_SECRET='${clientSecret}'`,
        `node --input-type=module-typescript --eval '${code.replaceAll("'", '"')}'`,
      )
      expect(printed).toMatch(/^1 \S+ case-17\n2 \S+ case-17\n$/)
      await runBash(system, readme.find('racc firehose'))
      const messages = (await readFile(replay, 'utf8')).trimEnd().split('\n')
      expect(messages.map((line) => JSON.parse(line) as unknown)).toContainEqual(
        expect.objectContaining({ type: 'vision.v1m0.ImageProcessed', correlationId: 'case-17' }),
      )
    },
    timeoutMs,
  )

  it(
    'shows the two requests that give a token',
    async () => {
      const created = await runBash(system, './racc client create by-hand --json')
      const { clientId, clientSecret } = JSON.parse(created) as Record<string, string>
      const answer = await runBash(
        system,
        `CLIENT_ID='${clientId}'`,
        `CLIENT_SECRET='${clientSecret}'`,
        readme.find('authorisation/v1/token'),
      )
      expect(JSON.parse(answer)).toMatchObject({
        token_type: 'Bearer',
        access_token: expect.any(String),
      })
    },
    timeoutMs,
  )

  it(
    'shows how to give a client other rights, and how to erase it',
    async () => {
      expect(await runBash(system, readme.find('client create kiosk'))).toContain('kiosk')
      const erased = await runBash(system, readme.find('client erase kiosk'))
      expect(erased).toContain('kiosk is erased')
    },
    timeoutMs,
  )
})

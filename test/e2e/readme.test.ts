import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readDocument, runBash, type DocumentCommands } from '../support/document-commands.ts'
import { startSystem, type System } from '../support/system.ts'

const timeoutMs = 120_000

describe('the README', () => {
  let system: System
  let readme: DocumentCommands

  beforeAll(async () => {
    system = await startSystem({ synthetic: true })
    readme = await readDocument('README.md', system)
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

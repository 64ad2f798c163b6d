import { describe, expect, test } from '@jest/globals'
import { clientRows, withoutUrls } from '../../../cli/clients/format-clients.ts'

const client = (claims: Readonly<Record<string, unknown>>) => ({
  clientId: 'kiosk',
  createdAt: new Date('2026-11-24T06:00:00Z'),
  suspended: false,
  claims,
})

describe('the list of clients', () => {
  test('shows a claim a row, with its value', () => {
    const claims = { 'ocr-*': true, 'ingest-1.*': { imagesPerSecond: 2 } }
    expect(clientRows([client(claims), { ...client({}), suspended: true }])).toEqual([
      ['name', 'state', 'created', 'claim', 'value'],
      ['kiosk', 'active', '2026-11-24T06:00:00.000Z', 'ingest-1.*', '{"imagesPerSecond":2}'],
      ['', '', '', 'ocr-*', 'true'],
      ['kiosk', 'suspended', '2026-11-24T06:00:00.000Z', 'none'],
    ])
  })

  test.each(['https://hooks.example:8443/secret?key=secret', 'https://hooks.example:8443/#secret'])(
    'shows the host of %p only',
    (url) => {
      expect(withoutUrls(client({ 'push-1': url })).claims).toEqual({
        'push-1': { host: 'hooks.example:8443' },
      })
      const claims = { 'ocr-*': true, 'push-1': { url, signature: 'v1a', maxRate: 2 } }
      expect(withoutUrls(client(claims)).claims).toEqual({
        'ocr-*': true,
        'push-1': { host: 'hooks.example:8443', signature: 'v1a', maxRate: 2 },
      })
    },
  )
})

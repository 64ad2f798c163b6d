import { describe, expect, test } from '@jest/globals'
import { readEndpointUrl } from '../../../activities/delivery/read-endpoint-url.ts'

describe('reading the URL of an endpoint', () => {
  test('gives it in one notation', () => {
    expect(readEndpointUrl('https://HOOKS.example/a b', { allowHttp: false }).href).toBe(
      'https://hooks.example/a%20b',
    )
  })

  test.each([
    ['no-url', 'url-malformed'],
    ['https://[fe80::1%25eth0]/', 'url-malformed'],
    ['https://999.1.1.1/', 'url-malformed'],
    ['https://user:secret@hooks.example/', 'url-with-user'],
    ['http://hooks.example/', 'url-not-https'],
    ['https://hooks.example:22/', 'url-port'],
    ['file:///etc/passwd', 'url-scheme'],
  ])('refuses %s, and repeats nothing of it', (text, code) => {
    let thrown: unknown
    try {
      readEndpointUrl(text, { allowHttp: false })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code, retryable: false })
    expect(String(thrown)).not.toContain('secret')
  })
})

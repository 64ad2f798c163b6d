import { describe, expect, test } from '@jest/globals'
import { checkEndpointUrl } from '../../../activities/delivery/check-endpoint-url.ts'

const check = (url: string, allowHttp = false) => checkEndpointUrl(new URL(url), { allowHttp })

describe('the URL of an endpoint', () => {
  test.each([
    'https://hooks.example/a?b=c',
    'https://hooks.example:443/',
    'https://hooks.example:1024/',
    'https://hooks.example:65535/',
  ])('may be %s', (url) => {
    expect(() => check(url)).not.toThrow()
  })

  test.each([
    ['http://hooks.example/', 'url-not-https'],
    ['https://hooks.example:22/', 'url-port'],
    ['https://hooks.example:1023/', 'url-port'],
    ['https://user@hooks.example/', 'url-with-user'],
    ['https://:password@hooks.example/', 'url-with-user'],
    ['ftp://hooks.example/', 'url-scheme'],
  ])('may not be %s', (url, code) => {
    expect(() => check(url)).toThrow(expect.objectContaining({ code, retryable: false }))
  })

  test.each(['http://127.0.0.1:3000/', 'http://hooks.example/', 'https://hooks.example:22/'])(
    'may be %s in development',
    (url) => {
      expect(() => check(url, true)).not.toThrow()
    },
  )
})

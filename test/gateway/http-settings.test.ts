import { expect, test } from '@jest/globals'
import { httpSettings } from '../../gateway/http-settings.ts'
import { readConfig } from '../../lib/config/settings.ts'

test('the public address has no slash at its end, since paths are put behind it', () => {
  const publicUrlOf = (text: string) => readConfig(httpSettings, { PUBLIC_URL: text }).publicUrl
  expect(publicUrlOf('https://ips.example/')).toBe('https://ips.example')
  expect(publicUrlOf('https://ips.example/base//')).toBe('https://ips.example/base')
  expect(publicUrlOf('https://ips.example')).toBe('https://ips.example')
  expect(publicUrlOf('')).toBeUndefined()
  expect(() => publicUrlOf('ips')).toThrow('PUBLIC_URL')
})

test('proxies are trusted by their addresses or networks, and by nothing else', () => {
  const proxiesOf = (text: string) =>
    readConfig(httpSettings, { TRUSTED_PROXIES: text }).trustedProxies
  expect(proxiesOf('')).toEqual([])
  expect(proxiesOf('10.0.0.0/8, 2001:db8::/32,192.0.2.1')).toHaveLength(3)
  for (const text of ['proxy.example', '10.0.0.0/33', '10.0.0.1/8/8', '10.0.0.0/-1', 'true'])
    expect(() => proxiesOf(text)).toThrow('TRUSTED_PROXIES')
})

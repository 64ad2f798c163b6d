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

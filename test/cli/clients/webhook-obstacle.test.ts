import { describe, expect, test } from '@jest/globals'
import { webhookObstacle } from '../../../cli/clients/webhook-obstacle.ts'

const development = { PUSH_ALLOW_ADDRESSES: '127.0.0.0/8,::1/128', PUSH_ALLOW_HTTP: 'true' }

describe('webhookObstacle', () => {
  test.each([
    'http://10.0.0.1/hooks',
    'http://0x0a000001/hooks',
    'http://192.168.1.7:9999/',
    'http://[fd00::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest',
  ])('names the address of %p, which no delivery reaches', (url) => {
    expect(webhookObstacle(url, development)).toContain('is not public')
    expect(webhookObstacle({ url, signature: 'v1' }, development)).toContain('is not public')
  })

  test.each([
    'http://127.0.0.1:9999/',
    'http://[::1]:9999/',
    'http://localhost/',
    'http://2130706433/',
  ])('allows %p in development, and not by default', (url) => {
    expect(webhookObstacle(url, development)).toBeUndefined()
    expect(webhookObstacle(url, {})).toBe('the URL is not HTTPS')
    expect(webhookObstacle(url.replace('http:', 'https:'), {})).toBeDefined()
  })

  test('leaves names to the delivery, which resolves them', () => {
    expect(webhookObstacle('https://hooks.example/x', {})).toBeUndefined()
    expect(webhookObstacle('https://10.example/x', {})).toBeUndefined()
  })

  test('has nothing against claims without a URL', () => {
    expect(webhookObstacle(undefined, {})).toBeUndefined()
    expect(webhookObstacle(true, {})).toBeUndefined()
  })
})

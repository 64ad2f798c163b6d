import { expect, test } from '@jest/globals'
import { defineHttpRole } from '../../gateway/define-http-role.ts'
import { httpSettings } from '../../gateway/http-settings.ts'
import { readConfig } from '../../lib/config/settings.ts'
import { createLogger } from '../../lib/telemetry/create-logger.ts'
import { createMetrics } from '../../lib/telemetry/create-metrics.ts'
import { freePort } from '../cli/stand-in.ts'

test('a role that serves HTTP describes its routes, and closes its service after the last answer', async () => {
  const happened: string[] = []
  const role = defineHttpRole({
    name: 'authentication',
    settings: httpSettings,
    mount(app) {
      app.addHook('onClose', () => void happened.push('closed'))
      app.get('/here', () => 'yes')
      const stop = () => Promise.resolve(void happened.push('stopped'))
      return { readiness: () => ({ service: 'ok' }), stop }
    },
  })
  const port = await freePort()
  const running = await role.start({
    config: readConfig(httpSettings, { HTTP_PORT: String(port) }),
    logger: createLogger({ role: 'authentication', level: 'fatal' }),
    metrics: createMetrics('authentication'),
    fail: () => undefined,
    supervise: () => Promise.reject(new Error('an HTTP role has no components')),
  })
  const url = `http://127.0.0.1:${port}`
  expect(await running.readiness()).toEqual({ service: 'ok' })
  expect(await (await fetch(`${url}/here`)).text()).toBe('yes')
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object }
  expect(Object.keys(document.paths)).toEqual(['/here'])
  expect((await fetch(`${url}/docs`)).status).toBe(200)
  await running.stop()
  expect(happened).toEqual(['closed', 'stopped'])
})

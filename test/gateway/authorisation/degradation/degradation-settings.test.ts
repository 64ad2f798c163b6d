import { expect, test } from '@jest/globals'
import {
  checkDegradation,
  degradationSettings,
} from '../../../../gateway/authorisation/degradation/degradation-settings.ts'
import { readConfig } from '../../../../lib/config/settings.ts'

const check = (environment: Record<string, string>) => () =>
  checkDegradation(readConfig(degradationSettings, environment))

test('the default settings of degradation fit together', () => {
  expect(check({})).not.toThrow()
})

test('degradation can be turned off, whatever the other settings', () => {
  expect(check({ AUTHORISATION_DEGRADED_MAX_SECONDS: '0' })).not.toThrow()
})

test('a cap that leaves no room for tokens is refused with the reason', () => {
  const environment = {
    AUTHORISATION_DEGRADED_TTL_SECONDS: '100',
    AUTHORISATION_GRANTS_REFRESH_SECONDS: '30',
  }
  expect(check({ ...environment, AUTHORISATION_DEGRADED_MAX_SECONDS: '230' })).not.toThrow()
  expect(check({ ...environment, AUTHORISATION_DEGRADED_MAX_SECONDS: '229' })).toThrow(
    expect.objectContaining({
      code: 'config-invalid',
      message: expect.stringContaining('at least twice AUTHORISATION_DEGRADED_TTL_SECONDS'),
    }),
  )
})

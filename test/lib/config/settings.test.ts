import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import {
  boolean,
  describeSettings,
  environmentName,
  integer,
  list,
  readConfig,
  redactConfig,
  setting,
} from '../../../lib/config/settings.ts'

const settings = {
  kafkaBrokers: setting(list().default(['localhost:9092']), 'Kafka’s bootstrap servers'),
  httpPort: setting(integer(1, 65_535), 'The port'),
  synthetic: setting(boolean().default(false), 'Without models'),
  databasePassword: setting(z.string().default('none'), 'The password', { secret: true }),
}

describe('readConfig', () => {
  it('reads each setting from its environment variable', () => {
    const config = readConfig(settings, {
      KAFKA_BROKERS: 'a:1, b:2',
      HTTP_PORT: '80',
      SYNTHETIC: 'true',
    })
    expect(config).toEqual({
      kafkaBrokers: ['a:1', 'b:2'],
      httpPort: 80,
      synthetic: true,
      databasePassword: 'none',
    })
    expect(Object.isFrozen(config)).toBe(true)
  })

  it('takes an empty variable for one that is not set', () => {
    expect(readConfig(settings, { HTTP_PORT: '80', SYNTHETIC: '' }).synthetic).toBe(false)
  })

  it('names every wrong variable at once and never its value', () => {
    const read = () => readConfig(settings, { HTTP_PORT: 'hunter2', SYNTHETIC: 'yes' })
    expect(read).toThrow(expect.objectContaining({ code: 'config-invalid', retryable: false }))
    expect(read).toThrow(/HTTP_PORT: .*; SYNTHETIC: /)
    expect(read).not.toThrow(/hunter2/)
  })
})

describe('redactConfig', () => {
  it('replaces secrets', () => {
    const config = readConfig(settings, { HTTP_PORT: '80', DATABASE_PASSWORD: 'hunter2' })
    expect(JSON.stringify(redactConfig(settings, config))).not.toContain('hunter2')
  })
})

describe('describeSettings', () => {
  it('gives the variable, the default and the description of each', () => {
    expect(describeSettings(settings)).toEqual([
      {
        variable: 'KAFKA_BROKERS',
        fallback: 'localhost:9092',
        description: 'Kafka’s bootstrap servers',
      },
      { variable: 'HTTP_PORT', fallback: 'required', description: 'The port' },
      { variable: 'SYNTHETIC', fallback: 'false', description: 'Without models' },
      { variable: 'DATABASE_PASSWORD', fallback: 'none', description: 'The password' },
    ])
  })
})

describe('environmentName', () => {
  it('is the name in upper snake case', () => {
    expect(environmentName('pushAllowHttp')).toBe('PUSH_ALLOW_HTTP')
  })
})

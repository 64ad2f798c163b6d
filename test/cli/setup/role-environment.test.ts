import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from '@jest/globals'
import {
  ensurePostgresPassword,
  postgresPasswordFile,
  readAddresses,
} from '../../../cli/setup/addresses.ts'
import { readSetup } from '../../../cli/setup/read-setup.ts'
import { roleEnvironment } from '../../../cli/setup/role-environment.ts'

const configured = {
  IPS_HOME: '/somewhere',
  IPS_PORT_BASE: '9000',
  XDG_CACHE_HOME: '/cache',
  KAFKA_BROKERS: 'kafka:1',
  POSTGRES_URL: 'postgres://me:secret@database:2',
  TEMPORAL_ADDRESS: 'temporal:3',
}

test('a role gets its ports, its servers and its folders', () => {
  const setup = readSetup(configured)
  const addresses = readAddresses(setup)
  expect(roleEnvironment('gateway', { setup, addresses, synthetic: false })).toMatchObject({
    HTTP_PORT: '9000',
    HEALTH_PORT: '9010',
    KAFKA_BROKERS: 'kafka:1',
    POSTGRES_URL: 'postgres://me:secret@database:2',
    TEMPORAL_ADDRESS: 'temporal:3',
    IPS_KEYS_DIRECTORY: '/somewhere/keys',
    MODELS_DIRECTORY: '/cache/ips/models',
    PUSH_ALLOW_HTTP: 'true',
  })
})

test('a role that serves no HTTP gets no port for it, and synthetic mode only where it is wished', () => {
  const setup = readSetup(configured)
  const options = { setup, addresses: readAddresses(setup) }
  const plain = roleEnvironment('vision-ocr', { ...options, synthetic: false })
  expect(plain).not.toHaveProperty('HTTP_PORT')
  expect(plain).not.toHaveProperty('SYNTHETIC')
  expect(roleEnvironment('vision-ocr', { ...options, synthetic: true })['SYNTHETIC']).toBe('true')
})

test('what the environment says stands before the defaults of development', () => {
  const setup = readSetup({ ...configured, PUSH_ALLOW_HTTP: 'false', MODELS_DIRECTORY: '/models' })
  const environment = roleEnvironment('push', {
    setup,
    addresses: readAddresses(setup),
    synthetic: false,
  })
  expect(environment).toMatchObject({ PUSH_ALLOW_HTTP: 'false', MODELS_DIRECTORY: '/models' })
})

test('an own PostgreSQL has a password that is drawn once and only its owner can read', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'ips-home-'))
  const setup = readSetup({ IPS_HOME: home, IPS_PORT_BASE: '9000' })
  try {
    expect(() => readAddresses(setup)).toThrow('run ./racc up first')
    ensurePostgresPassword(home)
    const { postgresUrl } = readAddresses(setup)
    ensurePostgresPassword(home)
    expect(readAddresses(setup).postgresUrl).toBe(postgresUrl)
    expect(postgresUrl).toMatch(/^postgres:\/\/ips:[\w-]{32}@127\.0\.0\.1:9005$/)
    expect(statSync(postgresPasswordFile(home)).mode & 0o777).toBe(0o600)
  } finally {
    rmSync(home, { recursive: true })
  }
})

test('a port base that is none is refused in one sentence', () => {
  for (const base of ['80', '70000', 'abc', '9000.5']) {
    expect(() => readSetup({ IPS_PORT_BASE: base })).toThrow(
      /^IPS_PORT_BASE must be a whole number/,
    )
  }
})

test('the Temporal UI is the own one, the configured one, or not known', () => {
  const uiOf = (environment: Record<string, string>) =>
    readAddresses(readSetup({ ...configured, ...environment })).temporalUiUrl
  expect(uiOf({ TEMPORAL_ADDRESS: '' })).toBe('http://127.0.0.1:9001')
  expect(uiOf({ TEMPORAL_UI_URL: 'https://temporal.example/' })).toBe('https://temporal.example')
  expect(uiOf({})).toBeUndefined()
})

import { readFile } from 'node:fs/promises'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { maxRecordBytes, roles, searchAttributes, type Role } from '../../lib/topology.ts'

interface Service {
  readonly image?: string
  readonly command?: string[]
  readonly environment?: Record<string, string>
  readonly ports?: string[]
  readonly depends_on?: Record<string, unknown>
}

async function readServices(): Promise<Record<string, Service>> {
  const text = await readFile('docker-compose.yml', 'utf8')
  return (parse(text, { merge: true }) as { services: Record<string, Service> }).services
}

describe('docker-compose.yml', () => {
  it('runs every role that is started by default, on its own ports', async () => {
    const services = await readServices()
    const expected = Object.entries<Role>(roles).filter(([, role]) => role.startedByDefault)
    for (const [name, role] of expected) {
      const healthPort = String(8080 + role.healthPortOffset)
      expect(services[name]?.command).toEqual([name])
      expect(services[name]?.environment?.['HEALTH_PORT']).toBe(healthPort)
      expect(services[name]?.ports).toContain(`127.0.0.1:${healthPort}:${healthPort}`)
    }
    const ran = Object.keys(services).filter((name) => name in roles)
    expect(ran.sort()).toEqual(expected.map(([name]) => name).sort())
  })

  it('publishes ports on the loopback address only', async () => {
    const ports = Object.values(await readServices()).flatMap((service) => service.ports ?? [])
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
  })

  it('lets Kafka take the largest record', async () => {
    const { kafka } = await readServices()
    expect(kafka?.environment?.['KAFKA_MESSAGE_MAX_BYTES']).toBe(String(maxRecordBytes))
    expect(kafka?.environment?.['KAFKA_REPLICA_FETCH_MAX_BYTES']).toBe(String(maxRecordBytes))
  })

  it('pins every image and contains no password', async () => {
    const text = await readFile('docker-compose.yml', 'utf8')
    const images = Object.values(await readServices()).flatMap((service) => service.image ?? [])
    expect(images.filter((image) => !image.includes(':') || image.endsWith(':latest'))).toEqual([])
    expect(
      text
        .match(/POSTGRES_(PASSWORD|PWD): .*/g)
        ?.every((line) => line.includes('${POSTGRES_PASSWORD:?')),
    ).toBe(true)
  })

  it('starts the roles after the servers, and the servers in the order of their health', async () => {
    const services = await readServices()
    for (const [name, service] of Object.entries(services)) {
      for (const needed of Object.keys(service.depends_on ?? {})) {
        expect({ name, needed, exists: needed in services }).toEqual({ name, needed, exists: true })
      }
      if (name in roles) {
        expect(Object.keys(service.depends_on ?? {}).sort()).toEqual([
          'postgres',
          'setup',
          'temporal-setup',
        ])
      }
    }
  })
})

describe('deploy/temporal-setup.sh', () => {
  it('creates the search attributes of the topology', async () => {
    const script = await readFile('deploy/temporal-setup.sh', 'utf8')
    expect(script).toContain(`for attribute in ${searchAttributes.join(' ')};`)
  })
})

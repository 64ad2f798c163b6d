import fc from 'fast-check'
import { expect, test } from '@jest/globals'
import { healthPortOf, portsOf, portsPerBase } from '../../../cli/setup/ports.ts'
import { roles, type RoleName } from '../../../lib/topology.ts'

const names = Object.keys(roles) as RoleName[]

function allPorts(base: number | undefined): number[] {
  const ports = portsOf(base)
  const { healthBase: _, ...servers } = ports
  return [...Object.values(servers), ...names.map((name) => healthPortOf(ports, name))]
}

test('every port of a set-up is another one, and lies in the range of its base', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1024, max: 60_000 }), (base) => {
      const ports = allPorts(base)
      expect(new Set(ports).size).toBe(ports.length)
      expect(Math.min(...ports)).toBe(base)
      expect(Math.max(...ports)).toBeLessThan(base + portsPerBase)
    }),
  )
})

test('without a base the ports are the usual ones', () => {
  expect(portsOf(undefined)).toMatchObject({
    gateway: 8080,
    temporalUi: 8233,
    temporal: 7233,
    kafka: 9092,
    kafkaController: 9093,
    postgres: 5433,
  })
  expect(healthPortOf(portsOf(undefined), 'gateway')).toBe(8090)
  const ports = allPorts(undefined)
  expect(new Set(ports).size).toBe(ports.length)
})

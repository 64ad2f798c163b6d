import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createAddressPolicy } from '../../../activities/delivery/create-address-policy.ts'

const strict = createAddressPolicy([])

describe('the policy of addresses', () => {
  test.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.254',
    '168.63.129.16',
    '169.254.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '64:ff9b::808:808',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::1',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254',
    'fd12:3456:789a::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    'localhost',
    '',
  ])('denies %s', (address) => {
    expect(strict(address)).toEqual(expect.any(String))
  })

  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '126.255.255.255',
    '128.0.0.1',
    '168.63.129.17',
    '169.253.255.255',
    '169.255.0.1',
    '172.15.255.255',
    '172.32.0.1',
    '192.167.255.255',
    '192.169.0.1',
    '198.17.255.255',
    '198.20.0.1',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:82f::200e',
    '2001:200::1',
    '2003::1',
  ])('lets %s pass', (address) => {
    expect(strict(address)).toBeUndefined()
  })

  test('lets what an operator allows pass, and nothing beside it', () => {
    const policy = createAddressPolicy(['127.0.0.0/8', '::1/128', '10.1.0.0/16'])
    expect(['127.0.0.1', '127.9.9.9', '::1', '10.1.2.3'].map(policy)).toEqual(
      Array(4).fill(undefined),
    )
    expect(policy('10.2.0.1')).toBe('private')
    expect(policy('::ffff:127.0.0.1')).toBe('mapped')
    expect(policy('::2')).toEqual(expect.any(String))
  })

  test('never takes an IPv4 address that it denies in any of its IPv6 disguises', () => {
    const octet = fc.integer({ min: 0, max: 255 })
    fc.assert(
      fc.property(octet, octet, octet, octet, (a, b, c, d) => {
        const high = ((a << 8) | b).toString(16)
        const low = ((c << 8) | d).toString(16)
        for (const disguise of [
          `::ffff:${a}.${b}.${c}.${d}`,
          `::${high}:${low}`,
          `64:ff9b::${high}:${low}`,
          `2002:${high}:${low}::1`,
        ])
          expect(strict(disguise)).toEqual(expect.any(String))
      }),
    )
  })

  test('refuses a malformed range', () => {
    expect(() => createAddressPolicy(['127.0.0.1'])).toThrow(
      expect.objectContaining({ code: 'config-invalid' }),
    )
  })
})

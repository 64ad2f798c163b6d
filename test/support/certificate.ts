import { generateKeyPairSync, sign } from 'node:crypto'

/** A key and a certificate in PEM. */
export interface TestCertificate {
  readonly key: string
  readonly cert: string
}

/** Tags of DER: X.690. */
const tags = {
  integer: 2,
  bits: 3,
  octets: 4,
  oid: 6,
  utf8: 12,
  utcTime: 23,
  sequence: 0x30,
  set: 0x31,
  dnsName: 0x82,
  version: 0xa0,
  extensions: 0xa3,
}
/** ecdsa-with-SHA256, commonName and subjectAltName. */
const ecdsaWithSha256 = Buffer.from('2a8648ce3d040302', 'hex')
const commonName = Buffer.from('550403', 'hex')
const subjectAltName = Buffer.from('551d11', 'hex')
const version3 = 2
const yearMs = 365 * 24 * 60 * 60 * 1_000

/** Makes a certificate for a host, signed by nobody but itself, that is valid from a year ago until `notAfter`. */
export function createTestCertificate(
  host = 'localhost',
  notAfter = Date.now() + yearMs,
): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(tags.sequence, der(tags.oid, ecdsaWithSha256))
  const attribute = der(tags.sequence, der(tags.oid, commonName), der(tags.utf8, Buffer.from(host)))
  const name = der(tags.sequence, der(tags.set, attribute))
  const validity = der(tags.sequence, time(Date.now() - yearMs), time(notAfter))
  const names = der(tags.sequence, der(tags.dnsName, Buffer.from(host)))
  const extension = der(tags.sequence, der(tags.oid, subjectAltName), der(tags.octets, names))
  const content = der(
    tags.sequence,
    der(tags.version, der(tags.integer, Buffer.from([version3]))),
    der(tags.integer, Buffer.from([1])),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(tags.extensions, der(tags.sequence, extension)),
  )
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', content, privateKey)])
  const certificate = der(tags.sequence, content, algorithm, der(tags.bits, signature))
  const body = certificate.toString('base64').replace(/.{64}/g, '$&\n')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`,
  }
}

function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  return der(tags.utcTime, Buffer.from(text.slice(2)))
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const header = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(header), content])
}

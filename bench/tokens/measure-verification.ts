import { compactDecrypt, compactVerify, decodeProtectedHeader } from 'jose'
import { readPrivateKeys, readPublicKeys } from '../../lib/token/key-files.ts'
import { importKey } from '../../lib/token/read-verification-keys.ts'
import { issueTestToken, type TestKeys } from '../../test/support/tokens.ts'
import { measureRate, type Rate } from './measure-rate.ts'

/** Verifications by one process. */
export interface Verification {
  /** The library alone: one decryption and one signature, nothing checked beyond them. */
  readonly bare: Rate
  /** Tokens that were never seen. */
  readonly cold: Rate
  /** Tokens that were seen before. */
  readonly cached: Rate
  /** Of the bare library's rate. */
  readonly coldRatio: number
  readonly tokenBytes: number
}

const options = { calls: 2_000, rounds: 3, concurrency: 1 }
const cachedOptions = { calls: 200_000, rounds: 3, concurrency: 1 }
/** The rights of an ordinary client. */
const rights = {
  ...{ 'ingest-1.*': true, 'faceextract-1.*': true, 'ocr-*': true, 'summary-1.*': true },
  'push-1': {
    url: 'https://example.com/hooks',
    secret: `whsec_${Buffer.alloc(32).toString('base64')}`,
  },
}

/** Verifies tokens of an ordinary client, with keys of the measurement's own. */
export async function measureVerification(keys: TestKeys): Promise<Verification> {
  const tokens = await Promise.all(
    Array.from({ length: options.calls }, () => issueTestToken(keys, { rights })),
  )
  const tokenOf = (call: number) => tokens[call % tokens.length] ?? ''
  const bareKeys = await readBareKeys(keys)
  const bare = await measureRate(options, (call) => verifyBare(tokenOf(call), bareKeys))
  const verifiers = Array.from({ length: options.rounds + 1 }, () =>
    keys.createVerifier(tokens.length),
  )
  const now = new Date()
  const cold = await measureRate(options, async (call) =>
    verifiers[Math.floor(call / options.calls)]?.verify(tokenOf(call), now),
  )
  const [verifier] = verifiers
  const cached = await measureRate(cachedOptions, async (call) =>
    verifier?.verify(tokenOf(call), now),
  )
  return {
    ...{ bare, cold, cached },
    coldRatio: Math.round((cold.perSecond / bare.perSecond) * 100) / 100,
    tokenBytes: tokenOf(0).length,
  }
}

async function readBareKeys({ directory }: TestKeys) {
  const [decryption] = [...(await readPrivateKeys(directory, 'authorisation-encryption')).values()]
  const [signature] = await readPublicKeys(directory, 'authorisation-signature')
  if (decryption === undefined || signature === undefined) throw new Error('there are no keys')
  return {
    decryption: await importKey(decryption, 'authorisation-encryption'),
    signature: await importKey(signature.jwk, 'authorisation-signature'),
  }
}

async function verifyBare(
  token: string,
  keys: Awaited<ReturnType<typeof readBareKeys>>,
): Promise<unknown> {
  decodeProtectedHeader(token)
  const { plaintext } = await compactDecrypt(token, keys.decryption)
  const { payload } = await compactVerify(plaintext, keys.signature)
  return JSON.parse(Buffer.from(payload).toString())
}

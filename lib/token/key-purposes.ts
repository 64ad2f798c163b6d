/** What a pair of keys is for. Each purpose is a folder of its own, so that a process can be given only what it needs. */
export const keyPurposes = {
  'authentication-signature': { use: 'sig', alg: 'EdDSA' },
  'authorisation-signature': { use: 'sig', alg: 'EdDSA' },
  'authorisation-encryption': { use: 'enc', alg: 'ECDH-ES+A256KW' },
} as const

export type KeyPurpose = keyof typeof keyPurposes

/** Their names. */
export const keyPurposeNames = Object.keys(keyPurposes) as readonly KeyPurpose[]

import { expect, test } from '@jest/globals'
import { describeErasure, erase } from '../../../cli/erasure/erase-command.ts'

/** No server answers there: whatever is done fails. */
const nowhere = { POSTGRES_URL: 'postgres://127.0.0.1:1', TEMPORAL_ADDRESS: '127.0.0.1:1' }

test('nothing is done without a confirmation, or for what is no name', async () => {
  await expect(erase(nowhere, 'anna', {})).rejects.toMatchObject({ code: 'erasure-unconfirmed' })
  await expect(erase(nowhere, '../anna', { yes: true })).rejects.toMatchObject({
    code: 'client-name-invalid',
  })
})

test('a report for people says what was done, what remains where, and until when', () => {
  const lines = describeErasure({
    clientId: 'anna',
    erasedAt: new Date('2026-11-24T06:00:00Z'),
    services: [
      { service: 'summary', hadKey: true, rowsRemoved: 12 },
      { service: 'push', hadKey: false, rowsRemoved: 0 },
    ],
    workflowsRemoved: 3,
    remains: [
      { where: 'topic a', what: 'images', until: new Date('2026-11-27T07:00:00Z') },
      { where: 'logs', what: 'ids' },
    ],
  })
  expect(lines.join('\n')).toBe(
    [
      'anna is erased: no rights since 2026-11-24T06:00:00.000Z, and its name is not given again',
      'summary  its key is erased  12 rows removed',
      'push     it has no key      0 rows removed',
      '3 workflows removed',
      'what remains:',
      'topic a  until 2026-11-27T07:00:00.000Z  images',
      'logs                                     ids',
    ].join('\n'),
  )
})

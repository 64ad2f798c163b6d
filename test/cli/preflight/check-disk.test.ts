import { expect, test } from '@jest/globals'
import { checkDisk } from '../../../cli/preflight/check-disk.ts'

test('a disk without the room is refused in one sentence that says how much is missing', () => {
  expect(() => checkDisk('/tmp/does/not/exist/yet', 1e18, 'IPS_HOME')).toThrow(
    /^\/tmp\/does\/not\/exist\/yet needs 1000000000000 MB of disk and has \d+ .B: .*IPS_HOME/,
  )
})

test('a disk with the room passes', () => {
  expect(() => checkDisk('/tmp', 1, 'IPS_HOME')).not.toThrow()
})

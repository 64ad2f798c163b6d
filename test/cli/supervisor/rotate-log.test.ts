import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from '@jest/globals'
import { rotateLog } from '../../../cli/supervisor/rotate-log.ts'

test('a log over its limit moves to a second file and starts again, one below it stays', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'ips-log-'))
  const file = path.join(directory, 'role.log')
  try {
    appendFileSync(file, 'first\n')
    rotateLog(file, 6)
    expect(readFileSync(file, 'utf8')).toBe('first\n')
    appendFileSync(file, 'second\n')
    rotateLog(file, 6)
    appendFileSync(file, 'third\n')
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('first\nsecond\n')
    expect(readFileSync(file, 'utf8')).toBe('third\n')
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('a log starts again even where its content cannot be kept', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'ips-log-'))
  const file = path.join(directory, 'role.log')
  try {
    appendFileSync(file, 'first and second\n')
    // A folder in the way fails the copy as a full disk does.
    mkdirSync(`${file}.1`)
    expect(() => rotateLog(file, 6)).toThrow()
    expect(readFileSync(file, 'utf8')).toBe('')
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('a log that does not exist yet is no error', () => {
  expect(() => rotateLog('/does/not/exist.log')).not.toThrow()
})

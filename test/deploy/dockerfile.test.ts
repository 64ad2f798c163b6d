import { readFile } from 'node:fs/promises'
import { describe, expect, it } from '@jest/globals'
import type { Command } from 'commander'
import { createProgram } from '../../cli/create-program.ts'

/** The program, with commands that do nothing and throw where a command line is wrong. */
function idle(command: Command): Command {
  for (const subcommand of command.commands) idle(subcommand)
  return command
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .action(() => undefined)
}

const parse = (commandLine: string) =>
  idle(createProgram({})).parseAsync(commandLine.split(/\s+/), { from: 'user' })

describe('Dockerfile', () => {
  it('gives racc only command lines that it accepts', async () => {
    const text = await readFile('Dockerfile', 'utf8')
    const commandLines = [...text.matchAll(/\.\/racc ([^\n&|;]+)/g)].map(([, line = '']) => line)
    expect(commandLines).not.toEqual([])
    for (const line of commandLines) await parse(line.trim())
    await expect(parse('install nothing')).rejects.toThrow('Allowed choices are models')
  })
})

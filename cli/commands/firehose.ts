import type { Command } from 'commander'
import { readSetup, type Environment } from '../setup/read-setup.ts'
import type { StreamSelection } from '../firehose/print-firehose.ts'

const notes = `
Each line is one message, a JSON object with its offset. A lost connection is made again, which standard error says.

  racc firehose NAME                                         everything that is kept, and then what comes
  racc firehose NAME --from latest | jq .type                what comes from now on
  racc firehose NAME --from 0 --until latest > file.ndjson   a replay: what there is now, and then it ends

Ends with 0 behind --until, or when nobody reads its output any more; with 1 and the reason where the stream cannot be read.`

/** `racc firehose`: a client's messages as one stream. */
export function registerFirehose(program: Command, environment: Environment): void {
  program
    .command('firehose')
    .argument('<name>', 'a client that racc client create made')
    .description('print a client’s messages, as it reads them from the firehose')
    .option(
      '--from <offset>',
      'begin behind this offset; 0: with the oldest that is kept, latest: with what comes from now on',
      '0',
    )
    .option(
      '--until <offset>',
      'end behind this offset; latest: behind what is the last one when it begins',
    )
    .option(
      '--types <type...>',
      'only messages of these types, for example ocr.v1m0.RecognizedText',
    )
    .option('--correlation <id...>', 'only messages of these transactions')
    .option('--max-rate <n>', 'messages per second at most')
    .addHelpText('after', notes)
    .action(async (name: string, selection: StreamSelection) => {
      const { printFirehose } = await import('../firehose/print-firehose.ts')
      await printFirehose(readSetup(environment), name, selection)
    })
}

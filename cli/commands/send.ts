import type { Command } from 'commander'
import { readSetup, type Environment } from '../setup/read-setup.ts'
import { say } from '../terminal.ts'

/** `racc send`: what a client does with its images. */
export function registerSend(program: Command, environment: Environment): void {
  program
    .command('send')
    .argument('<name>', 'a client that racc client create made')
    .argument('<file...>', 'JPEG, PNG or WebP')
    .description('post images as one transaction, and print the receipts')
    .option('--transaction <id>', 'the transaction that they belong to; a new one by default')
    .option(
      '--images <n>',
      'how many images the transaction will have; of a new one by default as many as there are files',
      Number,
    )
    .option(
      '--wait',
      'show what the services say of them, until all that the token asks for is there; read from Kafka, before it is delivered',
    )
    .action(
      async (
        name: string,
        files: string[],
        options: { transaction?: string; images?: number; wait?: boolean },
      ) => {
        const { sendImages } = await import('../send/send-images.ts')
        await sendImages(readSetup(environment), { name, files, ...options }, say)
      },
    )
}

import { parseArgs } from 'node:util'
import { createTestKeys } from '../test/support/tokens.ts'
import { chooseParts, readMachine, report } from './report.ts'
import { measureIssuing } from './tokens/measure-issuing.ts'
import { measurePosts } from './tokens/measure-posts.ts'
import { measureRefusals } from './tokens/measure-refusals.ts'
import { measureVerification } from './tokens/measure-verification.ts'
import { toTable, type TokenFigures } from './tokens/to-table.ts'
import { withGateway } from './tokens/with-gateway.ts'

/**
 * What tokens cost: verifications in one process, cold and cached, beside the bare library in the same run; refusals of every
 * attack of the tests; tokens by the two endpoints of a gateway process; and the share of a cached verification in a POST.
 */

const parts = ['verification', 'refusals', 'issuing', 'posts'] as const

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: parts.join() },
    json: { type: 'boolean', default: false },
  },
})
const wanted = chooseParts(parts, values.only)
const figures: TokenFigures = {}
const machine = readMachine()
report(`${machine.cores} cores, load ${machine.loadBefore} before`)
const keys = await createTestKeys()
try {
  if (wanted.has('verification')) figures.verification = await measureVerification(keys)
  report(`verification: ${JSON.stringify(figures.verification)}`)
  if (wanted.has('refusals')) figures.refusals = await measureRefusals(keys)
} finally {
  await keys.remove()
}
if (wanted.has('issuing') || wanted.has('posts')) {
  await withGateway(async (gateway) => {
    if (wanted.has('issuing')) figures.issuing = await measureIssuing(gateway)
    report(`issuing: ${JSON.stringify(figures.issuing)}`)
    if (wanted.has('posts')) figures.posts = await measurePosts(gateway)
  })
}
const { verification, posts } = figures
const postMs = posts?.cpuMs['gateway'] ?? 0
if (verification !== undefined && postMs > 0)
  figures.cachedShare = 1_000 / verification.cached.perSecond / postMs
process.stdout.write(`${toTable(figures)}\n`)
if (values.json)
  process.stdout.write(`${JSON.stringify({ bench: 'tokens', machine, ...figures })}\n`)

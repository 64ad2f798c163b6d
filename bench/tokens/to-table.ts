import { alignRows, type Row } from '../align-rows.ts'
import { cpuText, type CpuByProcess } from '../measure-cpu.ts'
import type { Issuing } from './measure-issuing.ts'
import type { Posts } from './measure-posts.ts'
import type { Rate } from './measure-rate.ts'
import type { Refusals } from './measure-refusals.ts'
import type { Verification } from './measure-verification.ts'

/** Everything that was measured. */
export interface TokenFigures {
  verification?: Verification
  refusals?: Refusals
  issuing?: Issuing
  posts?: Posts
  /** The share of a cached verification in what a POST costs the gateway, 0 to 1. */
  cachedShare?: number
}

/** The figures for people: a row each, the names in a column. */
export function toTable(figures: TokenFigures): string {
  const { verification, refusals, issuing, posts, cachedShare } = figures
  const rows: Row[] = []
  if (verification !== undefined) {
    const { bare, cold, cached, coldRatio, tokenBytes } = verification
    rows.push(
      ['the bare library', rateText(bare)],
      ['verification, cold', `${rateText(cold)}; ${coldRatio} of the bare library`],
      ['verification, cached', `${rateText(cached)}; a token of ${tokenBytes} bytes`],
    )
  }
  if (refusals !== undefined) {
    const { attacks, median, slowest, good } = refusals
    const figure = `median ${median} ms, slowest ${slowest.ms} ms (${slowest.attack}); a good one ${good} ms`
    rows.push([`refusal of ${attacks} attacks`, figure])
  }
  if (issuing !== undefined) {
    rows.push(
      ['authentication, new secret', withCpu(issuing.firstAuthentication)],
      ['authentication, known secret', withCpu(issuing.authentication)],
      ['authorisation', withCpu(issuing.authorisation)],
    )
  }
  if (posts !== undefined) rows.push([`POST of ${posts.imageBytes} bytes`, withCpu(posts)])
  if (cachedShare !== undefined)
    rows.push(['cached verification in a POST', `${(cachedShare * 100).toFixed(2)} %`])
  return alignRows(rows)
}

function rateText({ perSecond, ms: { p50, p99, max } }: Rate): string {
  return `${perSecond.toFixed(0)}/s; p50 ${p50} ms, p99 ${p99} ms, at most ${max} ms`
}

function withCpu(rate: Rate & { readonly cpuMs: CpuByProcess }): string {
  return `${rateText(rate)}; ms of CPU each: ${cpuText(rate.cpuMs)}`
}

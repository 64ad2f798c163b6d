import { generateImage } from '../../test/support/generate-image.ts'
import type { CpuByProcess } from '../measure-cpu.ts'
import { authenticate, exchange } from './measure-issuing.ts'
import { measureRate, type Rate } from './measure-rate.ts'
import type { Gateway } from './with-gateway.ts'

/** POSTs of a small image, which cost the least beside the token. */
export interface Posts extends Rate {
  readonly imageBytes: number
  readonly cpuMs: CpuByProcess
}

const options = { calls: 1_000, rounds: 3, concurrency: 16 }

/** POSTs the same small image with the same token, several at once. */
export async function measurePosts(gateway: Gateway): Promise<Posts> {
  const client = await gateway.createClient('posting')
  const token = await exchange(gateway, await authenticate(gateway, client))
  const image = new Uint8Array(await generateImage(1))
  const post = async () => {
    const response = await fetch(`${gateway.url}/ingest/v1/case`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: image,
    })
    if (!response.ok) throw new Error(`a POST is answered with ${response.status}`)
    await response.arrayBuffer()
  }
  const pieces = options.calls * (options.rounds + 1)
  const [rate, cpuMs] = await gateway.measureCpu(pieces, () => measureRate(options, post))
  return { ...rate, imageBytes: image.length, cpuMs }
}

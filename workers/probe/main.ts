import { IpsError } from '../../lib/errors/ips-error.ts'
import { defineRole } from '../../lib/process/run-role.ts'
import { createProbeMetrics } from './probe-metrics.ts'
import { probeSettings } from './probe-settings.ts'
import { runProbe, type ProbeReport } from './run-probe.ts'
import { startProbe } from './start-probe.ts'

export const role = defineRole({
  name: 'probe',
  settings: probeSettings,
  async start({ config, logger, metrics: registry, fail }) {
    const metrics = createProbeMetrics(registry)
    const probe = await startProbe({
      gatewayUrl: config.gatewayUrl,
      port: config.probePort,
      images: config.probeImages,
      timeoutMs: config.probeTimeoutMs,
      identify: () =>
        Promise.resolve({
          clientId: config.probeClientId,
          clientSecret: config.probeClientSecret,
          webhookSecret: config.probeWebhookSecret,
        }),
      onAnswer: metrics.answered,
      onOutcome(outcome) {
        metrics.ended(outcome)
        if (outcome.failure === undefined) logger.info(outcome, 'transaction.probed')
        else logger.warn(outcome, 'transaction.probed')
      },
    })
    const stopping = new AbortController()
    const plan = {
      transactionsPerSecond: config.probeRate,
      durationMs: (config.probeDurationSeconds ?? Infinity) * 1000,
      maxTransactions: config.probeOnce ? 1 : Infinity,
    }
    const end = (report: ProbeReport) => {
      logger.info(report, 'probe.ended')
      if (stopping.signal.aborted) return
      if (report.failed > 0) fail(new IpsError('probe-failed', 'not every transaction came back'))
      // The plan has ended: stop in order, like every process.
      else process.kill(process.pid, 'SIGTERM')
    }
    const done = runProbe(plan, () => probe.transaction(stopping.signal), stopping.signal).then(
      end,
      fail,
    )
    return {
      readiness: () => ({}),
      async stop() {
        stopping.abort()
        await done
        await probe.close()
      },
    }
  },
})

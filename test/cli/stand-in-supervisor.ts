import { supervise } from '../../cli/supervisor/supervise.ts'
import { standIn } from './stand-in.ts'

/* Supervises stand-ins below the home that is its argument, until it is killed. */
const [home = ''] = process.argv.slice(2)
await supervise(
  {
    home,
    serversOnly: false,
    configured: [],
    servers: [await standIn('server', 'sound', { kind: 'server' })],
    roles: [await standIn('role', 'parent')],
    prepareServers: () => Promise.resolve(),
  },
  { signal: new AbortController().signal, onEvent: () => undefined },
)

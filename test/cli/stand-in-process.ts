import { createServer } from 'node:http'
import { spawn } from 'node:child_process'

/*
 * Stands in for a role, so that supervision is tested without one: `node stand-in-process.ts PORT [BEHAVIOUR]` serves its
 * readiness on PORT. `fails` ends it with an error at once; `stubborn` ignores SIGTERM; `parent` starts a child that
 * would live for ever.
 */
const [port = '0', behaviour = 'sound'] = process.argv.slice(2)

if (behaviour === 'fails') {
  process.stderr.write('some noise\nError: the stand-in cannot start\n    at nowhere\n')
  process.exit(3)
}
if (behaviour === 'stubborn') process.on('SIGTERM', () => undefined)
if (behaviour === 'parent') {
  spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' })
}
createServer((_request, response) => response.end('ok')).listen(Number(port), '127.0.0.1')

import type { FastifyInstance } from 'fastify'

/** An HTTP server under construction; services add their routes to it. */
export type App = FastifyInstance

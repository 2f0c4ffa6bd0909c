// Accepts notifications: the shared secret, a JSON object, one transaction, 202.
import cluster from 'node:cluster'
import { createHash, timingSafeEqual } from 'node:crypto'
import Fastify from 'fastify'
import pg from 'pg'
import { queue } from './queues.js'
import { settings } from './settings.js'

const ANSWER = {
  type: 'object',
  properties: { status: { type: 'string' } },
}

function isSecret (given) {
  const [left, right] = [Buffer.from(given ?? ''), Buffer.from(settings.secret)]
  return left.length === right.length && timingSafeEqual(left, right)
}

async function serve () {
  const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: settings.poolSize })
  const keep = await queue.open(pool)
  const app = Fastify({ logger: false, bodyLimit: 8 * 1024 * 1024 })
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    try {
      done(null, { text: body, value: JSON.parse(body) })
    } catch (error) {
      error.statusCode = 400
      done(error)
    }
  })
  app.addHook('onRequest', async (request, reply) => {
    if (request.method === 'POST' && !isSecret(request.headers['x-amsync-secret'])) {
      return reply.code(401).send()
    }
  })
  app.get('/readyz', async () => ({ status: 'ready' }))
  app.post('/webhooks/acumatica/orders', {
    schema: { response: { 200: ANSWER, 202: ANSWER } },
  }, async (request, reply) => {
    const { text, value } = request.body
    const orderNbr = value?.Inserted?.[0]?.OrderNbr
    if (typeof orderNbr !== 'string') return reply.code(400).send()
    const dedup = createHash('sha256').update(text).digest()
    const isNew = await keep(dedup, orderNbr, text)
    return reply.code(isNew ? 202 : 200).send({ status: isNew ? 'accepted' : 'duplicate' })
  })
  await app.listen({ host: '127.0.0.1', port: settings.port, backlog: 1024 })
}

if (cluster.isPrimary && settings.servers > 1) {
  for (let i = 0; i < settings.servers; i++) cluster.fork()
} else {
  await serve()
}
